"""The notification about cursor moves, which LSP lacks and our editor plugins send."""

from __future__ import annotations

from typing import Any

from lsprotocol.types import Position

DID_MOVE_CURSOR = "soothsay/didMoveCursor"


def parse_cursor_move(params: Any) -> tuple[str, Position] | None:
    """Return URI and position of ``{textDocument: {uri}, position: {line, character}}``; None for malformed parameters."""
    uri = getattr(getattr(params, "textDocument", None), "uri", None)
    position = getattr(params, "position", None)
    line, character = getattr(position, "line", None), getattr(position, "character", None)
    if not isinstance(uri, str) or not isinstance(line, int) or not isinstance(character, int):
        return None
    return (uri, Position(line, character)) if min(line, character) >= 0 else None
