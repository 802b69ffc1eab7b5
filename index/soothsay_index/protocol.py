"""What client and worker say to each other: one JSON object a line.

A request is ``{"id": 1, "method": "search", "params": {…}}``; its answer ``{"id": 1, "result": …}`` or
``{"id": 1, "error": "one line"}``. While a build runs, ``{"progress": {…}, "id": 1}`` comes in between.
"""

from __future__ import annotations

import json
from typing import Any


def encode_line(message: dict[str, Any]) -> bytes:
    """A message as a line of bytes."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def decode_line(line: bytes) -> dict[str, Any] | None:
    """The message in a line; None for anything else."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
