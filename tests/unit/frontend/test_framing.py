"""Messages are found in the stream, whatever stands between them."""

from __future__ import annotations

import asyncio
import os

import pytest

from soothsay.frontend.framing import LONGEST_BODY, LONGEST_LINE, read_body
from soothsay.frontend.transport import _ThreadReader  # pyright: ignore[reportPrivateUsage]

GOOD = b"Content-Length: 4\r\n\r\ngood"


def bodies(*data: bytes) -> list[bytes]:
    """Return what is read from a client that writes ``data`` and leaves."""
    out, into = os.pipe()

    async def read() -> list[bytes]:
        reader = _ThreadReader(os.fdopen(out, "rb"))
        writing = asyncio.get_running_loop().run_in_executor(None, write)
        found: list[bytes] = []
        while (body := await read_body(reader)) is not None:
            found.append(body)
        await writing
        return found

    def write() -> None:
        with os.fdopen(into, "wb") as stream:
            stream.write(b"".join(data))

    return asyncio.run(read())


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: abc\r\n\r\n",
        b"Content-Length: -4\r\n\r\n",
        b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"Content-Length: %d\r\n\r\n" % (LONGEST_BODY + 1),
        b"Content-Type: x\r\n\r\n",
        b"\r\n\r\n",
        b"x" * (3 * LONGEST_LINE) + b"\r\n\r\n",
        b"\x00\xff\r\n",
        b"the rest of a body that was longer than it said",
    ],
    ids=lambda header: repr(header[:24]),
)
def test_what_is_no_header_is_skipped(header: bytes) -> None:
    assert bodies(GOOD, header, GOOD) == [b"good", b"good"]


@pytest.mark.parametrize(
    "frame",
    [
        b"content-length:4\r\n\r\ngood",
        b"Content-Length: 4 \n\ngood",
        b"Content-Type: x\r\nContent-Length: 4\r\nMore: y\r\n\r\ngood",
    ],
)
def test_headers_may_be_written_in_any_way(frame: bytes) -> None:
    assert bodies(frame, GOOD) == [b"good", b"good"]


def test_an_empty_body_is_a_body_and_half_a_body_is_none() -> None:
    assert bodies(b"Content-Length: 0\r\n\r\n", GOOD, b"Content-Length: 9\r\n\r\nhalf") == [b"", b"good"]
