"""LSP positions in a text, in the encoding that was agreed on with the server."""

from __future__ import annotations

from soothsay_languages.lines import Encoding, LineTable

OFFERED: tuple[Encoding, ...] = (
    "utf-32",
    "utf-16",
)  # the first needs no conversion; every server has the second


class Positions:
    """Converts between offsets in one text (code points) and a server's positions."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        self._lines = LineTable(text)
        self._encoding: Encoding = encoding

    def position(self, offset: int) -> dict[str, int]:
        """Return the LSP position of ``offset``."""
        line, character = self._lines.position(offset, self._encoding)
        return {"line": line, "character": character}

    def offset(self, position: dict[str, int]) -> int:
        """Return the offset of an LSP position; one past the end of its line, or of the text, is pulled back to it."""
        return self._lines.offset(position["line"], position["character"], self._encoding)
