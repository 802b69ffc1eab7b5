"""LSP positions in a text, in the encoding that was agreed on with the server."""

from __future__ import annotations

from soothsay_languages.lines import Encoding, LineTable

OFFERED: tuple[Encoding, ...] = (
    "utf-32",
    "utf-16",
)  # the first needs no conversion; every server has the second


class Positions:
    """Converts between offsets in one text (code points) and a server's positions.

    ``above`` are lines that the server sees above the text.
    """

    def __init__(self, text: str, encoding: Encoding, above: str = "") -> None:
        self._lines = LineTable(text)
        self._encoding: Encoding = encoding
        self._above = above.count("\n")

    def position(self, offset: int) -> dict[str, int]:
        """Return the LSP position of ``offset``."""
        line, character = self._lines.position(offset, self._encoding)
        return {"line": line + self._above, "character": character}

    def offset(self, position: dict[str, int]) -> int:
        """Return the offset of an LSP position; one past the end of its line, or of the text, is pulled back to it."""
        line = position["line"] - self._above
        return self._lines.offset(line, position["character"], self._encoding) if line >= 0 else 0
