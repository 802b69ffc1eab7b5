"""A document as an editor keeps it: a list of units, edited at any of them, and nothing clever."""

from __future__ import annotations

from dataclasses import dataclass

CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def joined(text: str) -> str:
    """Return ``text`` as JSON carries it: two halves of a surrogate pair that meet are one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@dataclass
class ClientText:
    """Units are bytes, UTF-16 code units or code points.

    As in vscode-languageserver-textdocument: a range that runs backwards is turned round, a position past the end of its
    line is before the line's end. A client that counts UTF-16 units may edit inside of a surrogate pair, because its strings
    are made of them; one that counts bytes has no such strings, and a position inside of a character is before it.
    """

    units: list[bytes]
    encoding: str

    @classmethod
    def of(cls, text: str, encoding: str) -> ClientText:
        """Return the document with ``text``."""
        return cls(cls.split(text, encoding), encoding)

    @staticmethod
    def split(text: str, encoding: str) -> list[bytes]:
        """Return the units of ``text``."""
        codec, size = CODECS[encoding]
        encoded = joined(text).encode(codec, "surrogatepass")
        return [encoded[at : at + size] for at in range(0, len(encoded), size)]

    @property
    def text(self) -> str:
        """The text; two halves of a surrogate pair that have met are one character."""
        return b"".join(self.units).decode(CODECS[self.encoding][0], "surrogatepass")

    def before(self, line: int, character: int) -> str:
        """The text before a position; it may end in half of a character."""
        return ClientText(self.units[: self.index(line, character)], self.encoding).text

    def index(self, line: int, character: int) -> int:
        """The index of the unit at a position, clamped to its line and to the text."""
        at = 0
        for _ in range(line):
            while at < len(self.units) and not self._ends_line(at):
                at += 1
            if at == len(self.units):
                return at
            at += 1
        for _ in range(character):
            if at == len(self.units) or self._letter(at) in ("\n", "\r"):
                break
            at += 1
        while self._is_inside(at):
            at -= 1
        return at

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """Replace the range between two positions by ``text``."""
        first, last = sorted((self.index(*start), self.index(*end)))
        self.units[first:last] = self.split(text, self.encoding)

    def replace_all(self, text: str) -> None:
        """Replace everything by ``text``."""
        self.units = self.split(text, self.encoding)

    def _letter(self, at: int) -> str:
        """The ASCII character of a unit; empty for any other."""
        number = int.from_bytes(self.units[at], "little")
        return chr(number) if number < 0x80 else ""

    def _ends_line(self, at: int) -> bool:
        letter = self._letter(at)
        before_newline = at + 1 < len(self.units) and self._letter(at + 1) == "\n"
        return letter == "\n" or (letter == "\r" and not before_newline)

    def _is_inside(self, at: int) -> bool:
        if self.encoding != "utf-8" or at >= len(self.units):
            return False
        return 0x80 <= self.units[at][0] < 0xC0
