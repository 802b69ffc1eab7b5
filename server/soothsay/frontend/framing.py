"""The messages in a stream of bytes: the headers of LSP, however they are written, and what is no message left out."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygls.io_ import AsyncReader

logger = logging.getLogger(__name__)

LONGEST_BODY = 1 << 28  # bytes; a longer one is not believed: a client that says so has lost count
LONGEST_LINE = 1 << 16  # bytes; what is longer is no header

# At the end of a line, not only in a line of its own: after a body that is longer than was said comes the next header.
_LENGTH = re.compile(rb"content-length:[ \t]*([0-9]{1,12})[ \t]*\r?\n\Z", re.IGNORECASE)


async def read_body(reader: AsyncReader) -> bytes | None:
    """Return the body of the next message; None at the end of the stream.

    Lines that are no headers are skipped until a header says how long a message is.
    """
    length: int | None = None
    while line := await reader.readline():
        if found := _LENGTH.search(line):
            length = int(found[1])
            if length > LONGEST_BODY:
                logger.error("a message of %d bytes is not read", length)
                length = None
        elif length is not None and not line.strip():
            body = await reader.readexactly(length)
            return body if len(body) == length else None
    return None
