"""How the file writes long calls, and moving tab stops with the text that they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from soothsay.engine.types import TabStop
from soothsay_languages.base import Language
from soothsay_languages.cells import Edit
from soothsay_languages.scan import indentation

_SHORTEST, _LONGEST = 79, 120  # characters of a line, where only the file's own lines say how long it may be
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is written: the length of its lines, one step of indentation, and the quote of its strings."""

    line: int
    indent: str
    quote: str


def style_of(text: str, language: Language, workspace: Path) -> Style:
    """Return how ``text``, a file of ``workspace``, is written."""
    lines = text.split("\n")
    longest = min(_LONGEST, max(_SHORTEST, *(len(line) for line in lines)))
    steps = [line[: indentation(line)] for line in lines if line[:1] in (" ", "\t") and line.strip()]
    said = language.line_length(workspace) if language.line_length is not None else 0
    lexis = language.lexis
    quotes = [each for each in lexis.strings if each not in lexis.multiline_strings]
    return Style(
        said or longest, min(steps, key=len, default=_INDENT), max(quotes, key=text.count, default="")
    )


def moved(stops: Sequence[TabStop], edits: Sequence[Edit]) -> tuple[TabStop, ...]:
    """Return ``stops`` where they stand after ``edits``, none of which touches the inside of one."""
    return tuple(
        replace(stop, start=stop.start + shift, end=stop.end + shift)
        for stop in stops
        for shift in (sum(len(e.text) - e.end + e.start for e in edits if e.end <= stop.start),)
    )


def still_inside(stops: Sequence[TabStop], before: str, after: str) -> tuple[TabStop, ...]:
    """Return those of ``stops``, which were in the text ``before``, that are as they were in what became of it."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    return tuple(stop for stop in stops if stop.end <= same)
