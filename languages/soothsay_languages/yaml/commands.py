"""Commands in YAML: the steps of workflows and pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from soothsay_languages.commands import UNKNOWN, ShellPart
from soothsay_languages.scan import indentation

_STEP = re.compile(r"([ \t]*(?:-[ \t]+)*)(?:run|script|before_script|after_script):(?=[ \t]|$)[ \t]*")
_ITEM = re.compile(r"[ \t]*-(?=[ \t])[ \t]+")
_BLOCK = re.compile(r"([|>])[-+\d]*[ \t]*(?:#.*)?")
_EXPRESSION = re.compile(r"\$\{\{[^\n}]*(?:\}\}|$)", re.MULTILINE)


def shell_parts(text: str) -> Iterator[ShellPart]:
    """Yield the commands behind the keys whose values are read by a shell: in their line, in a block or in a list."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    at = 0
    while at < len(lines):
        step = _STEP.match(lines[at])
        if step is None:
            at += 1
            continue
        column = len(step[1])
        if lines[at][step.end() :].strip():
            part, at = _value(lines, starts, at, step.end(), column)
            if part is not None:
                yield part
            continue
        at += 1
        while at < len(lines) and (item := _ITEM.match(lines[at])) and indentation(lines[at]) >= column:
            if _STEP.match(lines[at]):
                break
            part, at = _value(lines, starts, at, item.end(), indentation(lines[at]))
            if part is not None:
                yield part


def _value(
    lines: Sequence[str], starts: Sequence[int], at: int, begin: int, column: int
) -> tuple[ShellPart | None, int]:
    """Return the value that begins in the line ``at`` at ``begin``, and the line behind it.

    A block is indented further than ``column``.
    """
    written = lines[at][begin:]
    block = _BLOCK.fullmatch(written)
    if block is None:
        return _scalar(written, starts[at] + begin), at + 1
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or indentation(lines[end]) > column):
        end += 1
    if end == at + 1:
        return None, end
    body = "\n".join(lines[at + 1 : end])
    if block[1] == ">":  # folded: its lines are one
        body = body.replace("\n", " ")
    return ShellPart(starts[at + 1], _known(body)), end


def _scalar(written: str, start: int) -> ShellPart | None:
    """Return a value that is written in one line; None for one that is no text."""
    quote = written[:1]
    if quote in ("'", '"'):
        end = written.find(quote, 1)
        return ShellPart(start + 1, _known(written[1 : end if end >= 0 else len(written)]))
    return None if quote in ("[", "{", "&", "*", "!") else ShellPart(start, _known(written))


def _known(text: str) -> str:
    """Return ``text`` without the expressions that a workflow puts values in place of."""
    return _EXPRESSION.sub(lambda found: UNKNOWN * len(found[0]), text)
