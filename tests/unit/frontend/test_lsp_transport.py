"""Reading messages from a pipe."""

from __future__ import annotations

import asyncio
import os

from soothsay.frontend.transport import _ThreadReader  # pyright: ignore[reportPrivateUsage]


def test_messages_come_whole_however_they_were_cut() -> None:
    out, into = os.pipe()

    async def read() -> list[bytes]:
        reader = _ThreadReader(os.fdopen(out, "rb"))
        os.write(into, b"Content-Length: 5\r\n\r\nfirstContent-Le")
        found = [await reader.readline(), await reader.readline(), await reader.readexactly(5)]
        os.write(into, b"ngth: 6\r\n\r\nsec")
        found += [await reader.readline(), await reader.readline()]
        os.write(into, b"ond")
        found.append(await reader.readexactly(6))
        os.write(into, b"no end")
        os.close(into)
        return [*found, await reader.readline(), await reader.readline(), await reader.readexactly(3)]

    head = [b"Content-Length: 5\r\n", b"\r\n"]
    again = [b"Content-Length: 6\r\n", b"\r\n"]
    assert asyncio.run(read()) == [*head, b"first", *again, b"second", b"no end", b"", b""]
