"""Convert offsets in code points to positions in the units that a language server counts in, and back."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]
OFFERED: tuple[Encoding, ...] = (
    "utf-32",
    "utf-16",
)  # the first needs no conversion; every server has the second

_LINE_END = re.compile(r"\r\n|\n|\r")  # what LSP calls a line end; str.splitlines knows more


class Positions:
    """Converts for one text. The table of lines is made when first needed."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        self._text = text
        self._encoding: Encoding = encoding

    def position(self, offset: int) -> dict[str, int]:
        """Return the LSP position of ``offset``."""
        line = bisect_right(self._starts, offset) - 1
        return {"line": line, "character": units(self._text[self._starts[line] : offset], self._encoding)}

    def offset(self, position: dict[str, int]) -> int:
        """Return the offset of an LSP position; one beyond the end of its line or of the text is pulled back to it."""
        line, character = position["line"], position["character"]
        if line >= len(self._starts):
            return len(self._text)
        start = self._starts[line]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
        content = self._text[start:end].rstrip("\r\n") if line + 1 < len(self._starts) else self._text[start:]
        return start + code_points(content, character, self._encoding)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self._text))]


def units(text: str, encoding: Encoding) -> int:
    """Return how long ``text`` is in units of ``encoding``."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_points(text: str, count: int, encoding: Encoding) -> int:
    """Return how many code points of ``text`` the first ``count`` units of ``encoding`` hold."""
    if encoding == "utf-32" or text.isascii():
        return min(count, len(text))
    for at, char in enumerate(text):
        if count <= 0:
            return at
        count -= units(char, encoding)
    return len(text)
