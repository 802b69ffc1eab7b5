"""How the file writes long calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from soothsay_languages.base import Language
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
