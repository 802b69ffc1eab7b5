"""The lines of a text: offsets in code points to positions in any encoding's units, or to bytes, and back."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")  # what LSP calls a line end; str.splitlines knows more
_BLOCK = 4096  # code points; what stands before a block is counted once
_CONTINUATION = bytes(range(0x80, 0xC0))  # bytes that begin no code point


@dataclass(frozen=True)
class LineTable:
    """The lines of ``text``. Lines and columns are 0-based, as in LSP.

    Line ends are counted a block at a time when they are first needed: 2 ms for 5 million characters, where a list of all
    lines takes 40.
    """

    text: str

    def start(self, line: int) -> int | None:
        """Return the offset at which ``line`` begins; None when there is no such line."""
        if self._starts is not None:
            return self._starts[line] if line < len(self._starts) else None
        if line == 0:
            return 0
        block = bisect_left(self._lines_before, line) - 1
        start = block * _BLOCK
        for _ in range(line - self._lines_before[block]):
            start = self.text.find("\n", start) + 1
            if start == 0:
                return None
        return start

    def position(self, offset: int, encoding: Encoding = "utf-32") -> tuple[int, int]:
        """Return line and column of ``offset`` (code points), the column in units of ``encoding``."""
        if self._starts is not None:
            line = bisect_right(self._starts, offset) - 1
            start = self._starts[line]
        else:
            block = min(offset // _BLOCK, len(self._lines_before) - 1)
            line = self._lines_before[block] + self.text.count("\n", block * _BLOCK, offset)
            start = self.text.rfind("\n", 0, offset) + 1
        return line, units(self.text[start:offset], encoding)

    def offset(self, line: int, column: int, encoding: Encoding = "utf-32") -> int:
        """Return the offset of a position; one past the end of its line, or of the text, is pulled back to it."""
        start = self.start(line)
        if start is None:
            return len(self.text)
        end = _LINE_END.search(self.text, start)
        return start + code_points(self.text[start : end.start() if end else None], column, encoding)

    def to_bytes(self, offset: int) -> int:
        """Return the byte (UTF-8) at which the code point ``offset`` begins."""
        if self.text.isascii():
            return min(offset, len(self.text))
        block = min(offset // _BLOCK, len(self._bytes_before) - 1)
        return self._bytes_before[block] + units(self.text[block * _BLOCK : offset], "utf-8")

    def to_code_points(self, byte: int) -> int:
        """Return how many code points end before ``byte`` (UTF-8)."""
        if self.text.isascii():
            return min(byte, len(self.text))
        block = bisect_right(self._bytes_before, byte) - 1
        start = block * _BLOCK
        return start + code_points(
            self.text[start : start + _BLOCK], byte - self._bytes_before[block], "utf-8"
        )

    @cached_property
    def _starts(self) -> list[int] | None:
        """Where lines begin, for a text in which a mere carriage return ends some; else None."""
        text = self.text
        if "\r" not in text or text.count("\r") == text.count("\r\n"):
            return None
        return [0, *(match.end() for match in _LINE_END.finditer(text))]

    @cached_property
    def _lines_before(self) -> list[int]:
        """How many lines end before each block."""
        return list(accumulate((self.text.count("\n", at, at + _BLOCK) for at in self._blocks), initial=0))

    @cached_property
    def _bytes_before(self) -> list[int]:
        """How many bytes (UTF-8) stand before each block."""
        sizes = (units(self.text[at : at + _BLOCK], "utf-8") for at in self._blocks)
        return list(accumulate(sizes, initial=0))

    @property
    def _blocks(self) -> range:
        """Where the blocks begin, without the last one."""
        return range(0, len(self.text) - _BLOCK, _BLOCK)


def units(text: str, encoding: Encoding) -> int:
    """Return the length of ``text`` in units of ``encoding``."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_points(text: str, count: int, encoding: Encoding) -> int:
    """Return how many code points of ``text`` fit into ``count`` units of ``encoding``; a split one does not."""
    if encoding == "utf-32" or text.isascii():
        return min(count, len(text))
    if encoding == "utf-8":
        data = text.encode("utf-8", "surrogatepass")
        begun = len(data[:count].translate(None, _CONTINUATION))
        return begun - (count < len(data) and data[count] in _CONTINUATION)
    if units(text[:count], encoding) == len(text[:count]):
        return min(count, len(text))
    for at, char in enumerate(text):
        count -= units(char, encoding)
        if count < 0:
            return at
    return len(text)
