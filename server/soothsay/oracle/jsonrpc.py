"""JSON-RPC messages on a byte stream, with the headers of LSP.

Messages are plain dictionaries, not lsprotocol's classes: structuring 700 completion items costs more than asking for them.
"""

from __future__ import annotations

import json
from typing import IO, Any

_LONGEST_HEADER = 4096
_LONGEST_BODY = 256 * 1024 * 1024

METHOD_NOT_FOUND = -32601

Message = dict[str, Any]


def encode(message: Message) -> bytes:
    """Return ``message`` with its header."""
    body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def read(stream: IO[bytes]) -> Message | None:
    """Return the next message (blocking), None at the end of the stream. Raises `ValueError` on anything else."""
    length = -1
    while True:
        line = stream.readline(_LONGEST_HEADER)
        if not line:
            return None
        if line in (b"\r\n", b"\n"):
            break
        name, colon, value = line.partition(b":")
        if not colon or not line.endswith(b"\n"):
            raise ValueError(f"not a header: {line[:60]!r}")
        if name.strip().lower() == b"content-length":
            length = int(value)
    if not 0 <= length <= _LONGEST_BODY:
        raise ValueError(f"a message of {length} bytes")
    body = stream.read(length)
    if len(body) < length:
        return None
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a message that is no object")
    return message
