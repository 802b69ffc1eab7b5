"""The line protocol of client and worker: one JSON object a line.

A request is ``{"id": 1, "method": "search", "params": {…}}``; its answer ``{"id": 1, "result": …}`` or
``{"id": 1, "error": "one line"}``. While a build runs, ``{"progress": {…}, "id": 1}`` comes in between.
A worker that cannot open the index says ``{"failed": "one line"}``, and ends.
"""

from __future__ import annotations

import json
import os
from typing import Any, BinaryIO


def encode_line(message: dict[str, Any]) -> bytes:
    """Return ``message`` as one line of JSON."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def decode_line(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object in ``line``, or None if there is none."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def take_over_stdout() -> BinaryIO:
    """Return the real standard output, and send what else is printed to standard error."""
    real = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(real, "wb")
