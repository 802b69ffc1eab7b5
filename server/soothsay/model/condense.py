"""What a prompt leaves out of a text: the middle of long lines, of long comments, and of data. A mark keeps their place.

What is cut depends on the text alone, not on where the cursor is in it: prompts for places near each other begin alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from soothsay_languages.base import Language

MARK = "…"
_LONGEST_LINE = 400  # characters of a line that is shown whole
_LINE_HEAD, _LINE_TAIL = 160, 60  # of one that is not
_LONGEST_RUN = 16  # lines of comment, or of data, that are shown whole
_RUN_HEAD, _RUN_TAIL = 3, 3
_STRING = re.compile(r"""\w{0,2}(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_NUMBER = re.compile(r"\b\d[\w.]*")
_NAME = re.compile(r"[^\W\d]")
_ENCODED = re.compile(r"[\w+/=-]{40,}")  # base64, hexadecimal digits

_Kind = Literal["comment", "data", ""]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what is shown: ``text`` stands for what begins at ``offset``."""

    offset: int
    text: str


def condensed(text: str, language: Language, offset: int = 0) -> list[Piece]:
    """Return what is shown of ``text``, whose first character has the ``offset``: a piece for each line, or for a mark."""
    comment = language.lexis.line_comment
    lines: list[Piece] = []
    for line in text.splitlines(keepends=True):
        lines.append(Piece(offset, line))
        offset += len(line)
    pieces: list[Piece] = []
    for kind, group in groupby(_kinds(lines, comment), key=lambda each: each[0]):
        run = [line for _, line in group]
        pieces += _run(run, comment) if kind and len(run) > _LONGEST_RUN else run
    return [Piece(each.offset, short_line(each.text)) for each in pieces]


def short_line(line: str) -> str:
    """Return ``line``, without its middle if it is long."""
    if len(line) <= _LONGEST_LINE:
        return line
    return f"{line[:_LINE_HEAD]} {MARK} {line[-_LINE_TAIL:]}"


def _run(lines: Sequence[Piece], comment: str) -> list[Piece]:
    first = lines[_RUN_HEAD]
    indent = first.text[: len(first.text) - len(first.text.lstrip())]
    mark = f"{indent}{comment} {MARK}\n" if comment else f"{indent}{MARK}\n"
    return [*lines[:_RUN_HEAD], Piece(first.offset, mark), *lines[-_RUN_TAIL:]]


def _kinds(lines: Sequence[Piece], comment: str) -> Iterator[tuple[_Kind, Piece]]:
    above = ""
    for line in lines:
        code = line.text.strip()
        if comment and code.startswith(comment):
            yield "comment", line
            continue
        shape = _shape(code)
        yield "data" if _is_data(shape, above) else "", line
        above = shape


def _shape(code: str) -> str:
    """Return ``code`` with one sign for every string and number."""
    return _NUMBER.sub("0", _STRING.sub("0", _ENCODED.sub("0", code)))


def _is_data(shape: str, above: str) -> bool:
    return "0" in shape and (shape == above or not _NAME.search(shape))
