"""A table of the lines of a text: offsets in code points to positions in any encoding's units, and back."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")  # what LSP calls a line end; str.splitlines knows more


@dataclass(frozen=True)
class LineTable:
    """The lines of ``text``. Lines and columns are 0-based, as in LSP. The table is made when it is first needed."""

    text: str

    def position(self, offset: int, encoding: Encoding = "utf-32") -> tuple[int, int]:
        """Return line and column of ``offset`` (code points), the column in units of ``encoding``."""
        line = bisect_right(self._starts, offset) - 1
        return line, units(self.text[self._starts[line] : offset], encoding)

    def offset(self, line: int, column: int, encoding: Encoding = "utf-32") -> int:
        """Return the offset of a position; one past the end of its line, or of the text, is pulled back to it."""
        if line >= len(self._starts):
            return len(self.text)
        start, last = self._starts[line], line + 1 == len(self._starts)
        content = self.text[start:] if last else self.text[start : self._starts[line + 1]].rstrip("\r\n")
        return start + code_points(content, column, encoding)

    def to_bytes(self, offset: int) -> int:
        """Return the byte (UTF-8) at which the code point ``offset`` begins."""
        if self.text.isascii():
            return min(offset, len(self.text))
        line = bisect_right(self._starts, offset) - 1
        return self._start_bytes[line] + units(self.text[self._starts[line] : offset], "utf-8")

    def to_code_points(self, byte: int) -> int:
        """Return how many code points begin before ``byte`` (UTF-8)."""
        if self.text.isascii():
            return min(byte, len(self.text))
        line = max(0, bisect_right(self._start_bytes, byte) - 1)
        start = self._starts[line]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        return start + code_points(self.text[start:end], byte - self._start_bytes[line], "utf-8")

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def _start_bytes(self) -> list[int]:
        found, before = [0], 0
        for start in self._starts[1:]:
            found.append(found[-1] + units(self.text[before:start], "utf-8"))
            before = start
        return found


def units(text: str, encoding: Encoding) -> int:
    """Return the length of ``text`` in units of ``encoding``."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_points(text: str, count: int, encoding: Encoding) -> int:
    """Return how many code points of ``text`` its first ``count`` units of ``encoding`` touch."""
    if encoding == "utf-32" or text.isascii():
        return min(count, len(text))
    for at, char in enumerate(text):
        if count <= 0:
            return at
        count -= units(char, encoding)
    return len(text)
