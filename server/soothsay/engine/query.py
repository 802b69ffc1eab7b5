"""What to ask the index: the intent, and the draft without the names the model was guessing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from soothsay.model.types import Token

MASK_BELOW = 0.4  # FLARE (Jiang et al. 2023): tokens less probable than this are masked out of the query
_IDENTIFIER = re.compile(rb"[A-Za-z_]\w*")
_DOCSTRING_MARKS = ('"""', "'''")
_TARGET = re.compile(r"^\s*+[\w.,\s]+?(?::[^=]+)?=(?!=)\s*")
_LOOK_BACK = 20  # lines above the cursor searched for the comment that says what is wanted
_LONGEST = 400  # characters of a comment or a statement that are asked for: more of them say less
_LONGEST_LINE = 200  # characters of a line of code that others are compared with


def masked(tokens: Sequence[Token], typed: int, below: float = MASK_BELOW) -> str:
    """Return the drafted text without identifiers that hold a token of probability under ``below``.

    A whole identifier goes when a part of it is doubtful: half a hallucinated name is still poison.
    """
    data = b"".join(token.data for token in tokens)
    doubtful: list[tuple[int, int]] = []
    at = 0
    for token in tokens:
        if token.probability < below:
            doubtful.append((at, at + len(token.data)))
        at += len(token.data)

    def blank(match: re.Match[bytes]) -> bytes:
        hit = any(start < match.end() and end > match.start() for start, end in doubtful)
        return b" " * len(match.group()) if hit else match.group()

    return _IDENTIFIER.sub(blank, data)[typed:].decode("utf-8", errors="replace")


def without_target(statement: str) -> str:
    """Return ``statement`` without the names it assigns to: a result's name says little about the call that makes it."""
    return _TARGET.sub("", statement, count=1)


def intent(text: str, offset: int, mark: str) -> str:
    """Return the comment (``mark`` begins one) or docstring that the line at ``offset`` answers, "" for none.

    Of a long comment it is the end, which is the nearest, of a docstring the beginning.
    """
    comment = comment_above(text, offset, mark)
    if comment:
        return comment
    return " ".join(_docstring_at_end("\n".join(_lines_above(text, offset))).split())[:_LONGEST]


def _docstring_at_end(text: str) -> str:
    text = text.rstrip()
    mark = text[-3:]
    opening = text.rfind(mark, 0, -3) if mark in _DOCSTRING_MARKS else -1
    return text[opening + 3 : -3] if opening >= 0 else ""


def comment_above(text: str, offset: int, mark: str) -> str:
    """Return the comment (``mark`` begins one) that the line at ``offset`` answers or is, "" for none."""
    lines = _lines_above(text, offset)
    current = text[text.rfind("\n", 0, offset) + 1 : offset]
    if mark and current.lstrip().startswith(mark):
        lines.append(current)
    comment: list[str] = []
    for line in reversed(lines):
        stripped = line.strip()
        if mark and stripped.startswith(mark):
            comment.append(stripped.lstrip(f"{mark} "))
        elif comment or stripped:
            break
    return nearest(" ".join(reversed(comment)))


def _lines_above(text: str, offset: int) -> list[str]:
    """Return the lines above the one of ``offset``, as many as are looked at."""
    return text[: text.rfind("\n", 0, offset) + 1].splitlines()[-_LOOK_BACK:]


def nearest(text: str) -> str:
    """Return the end of ``text``: whole words of it if it is long."""
    if len(text) <= _LONGEST:
        return text
    return text[-_LONGEST:].split(maxsplit=1)[-1]


def lines_before(text: str, offset: int, lines: int) -> str:
    """Return the code up to ``offset``, the last ``lines`` of it; of a long line the end."""
    return "\n".join(line[-_LONGEST_LINE:] for line in text[:offset].split("\n")[-lines:])
