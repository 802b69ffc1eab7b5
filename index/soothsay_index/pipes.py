"""What client and worker say to each other: one JSON object a line.

A request is ``{"id": 1, "method": "search", "params": {…}}``; its answer ``{"id": 1, "result": …}`` or
``{"id": 1, "error": "one line"}``. While a build runs, ``{"progress": {…}, "id": 1}`` comes in between.
"""

from __future__ import annotations

import json
import os
from typing import Any, BinaryIO


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


def take_over_stdout() -> BinaryIO:
    """The real standard output, taken away from everyone else: a stray print must not break the protocol."""
    real = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(real, "wb")
