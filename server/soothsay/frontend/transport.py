"""Transports: standard input and output, or TCP on a loopback address."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from contextlib import suppress
from io import BufferedReader
from typing import TYPE_CHECKING, Any, BinaryIO

from soothsay.errors import SoothsayError
from soothsay.frontend.admission import AdmissionToken, admit, new_token
from soothsay.frontend.editor_session import SessionFactory, open_session
from soothsay.frontend.framing import LONGEST_LINE, read_body
from soothsay.frontend.server import SoothsayServer, create_server
from soothsay_common.priority import shorten_switch_interval
from soothsay_common.threads import SerialExecutor

if TYPE_CHECKING:
    from pygls.io_ import AsyncReader

logger = logging.getLogger(__name__)

LOG_LEVELS = ("debug", "info", "warning", "error")

_READ_SIZE = 1 << 16  # bytes
_MOST_UNREAD = 1 << 26  # bytes that wait for a client that does not read
_LAST_WORDS_S = 2.0  # a client that reads nothing is left after so many seconds


def configure_logging(level: str | None = None) -> None:
    """Log to stderr; ``level`` is one of `LOG_LEVELS`, else ``SOOTHSAY_LOG`` or ``warning`` is used.

    No text of documents is logged but with ``SOOTHSAY_LOG_CONTENT`` and level ``debug``.
    """
    name = (level or os.environ.get("SOOTHSAY_LOG") or "warning").lower()
    if name not in LOG_LEVELS:
        raise SoothsayError(f"unknown log level {name!r}; use one of {', '.join(LOG_LEVELS)}")
    logging.basicConfig(
        stream=sys.stderr,
        level=name.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )
    # At level info pygls logs the full text of every message.
    with_content = name == "debug" and bool(os.environ.get("SOOTHSAY_LOG_CONTENT"))
    logging.getLogger("pygls").setLevel(logging.DEBUG if with_content else logging.WARNING)


def run_stdio(session_factory: SessionFactory = open_session, *, log_level: str | None = None) -> int:
    """Serve the client on stdin and stdout until it sends ``exit``; return the process's exit code."""
    configure_logging(log_level)
    stdin, stdout = _take_stdio()
    server = create_server(session_factory)
    reader = _ThreadReader(stdin)
    server.protocol.set_writer(_ThreadWriter(stdout))
    return _serve(server, _listen(server, reader))


def run_tcp(
    host: str, port: int, session_factory: SessionFactory = open_session, *, log_level: str | None = None
) -> int:
    """Serve the first client that knows the token, at ``host:port`` (0: a free port); return the exit code.

    Port and token are named on stderr. Raises `SoothsayError` when the address cannot be used.
    """
    configure_logging(log_level)
    address = _loopback(host)
    try:
        listener = socket.create_server(
            (address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
    except (OSError, OverflowError) as error:
        raise SoothsayError(f"cannot listen on {host}:{port}: {error}") from error
    chosen = listener.getsockname()[1]
    token = new_token(chosen)
    print(f"soothsay: listening on {host}:{chosen}", file=sys.stderr)
    print(
        f"soothsay: initializationOptions.token must be that of {token.where()}", file=sys.stderr, flush=True
    )
    server = create_server(session_factory)
    try:
        return _serve(server, _accept(server, listener, token))
    finally:
        token.discard()


def _loopback(host: str) -> str:
    address = {"localhost": "127.0.0.1", "": "127.0.0.1"}.get(host, host.strip("[]"))
    try:
        local = ipaddress.ip_address(address).is_loopback
    except ValueError:
        local = False
    if not local:
        raise SoothsayError(f"refusing to listen on {host}: only this machine may connect; use 127.0.0.1")
    return address


async def _accept(server: SoothsayServer, listener: socket.socket, token: AdmissionToken) -> None:
    # one editor, one server: a second client is refused
    opening, reader, writer = await admit(listener, token.text)
    token.discard()
    server.protocol.set_writer(_StreamWriter(writer))
    await _listen(server, _StreamReader(reader, opening))


async def _listen(server: SoothsayServer, reader: AsyncReader) -> None:
    while (body := await read_body(reader)) is not None:
        try:
            server.protocol.receive(body)
        except Exception as error:
            logger.exception("a message could not be handled")
            server.report_server_error(error, _listen)


def _serve(server: SoothsayServer, main: Coroutine[Any, Any, None]) -> int:
    code = 1  # for a client that disconnects without ``exit``
    shorten_switch_interval()  # threads alternate often between the event loop and the workers
    try:
        asyncio.run(main)
    except SystemExit as end:  # raised by pygls when the client sends ``exit``
        code = int(end.code or 0)
    except KeyboardInterrupt:
        code = 130
    except ConnectionError as error:
        logger.warning("the client has disconnected: %s", error)
    if not server.stop():
        logger.error("the model or the index does not stop; exiting anyway")
        logging.shutdown()
        os._exit(code)  # a thread in native code would block or crash the interpreter's exit
    return code


def _take_stdio() -> tuple[BufferedReader, BinaryIO]:
    """Move stdin and stdout to new descriptors for the protocol.

    Native libraries that print and child processes that read use stderr and an empty stdin instead.
    """
    stdin, stdout = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stdin, stdout


class _BufferedStream(ABC):
    """Lines and bodies of a stream that gives what is there. At its end, less than requested is returned."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @abstractmethod
    async def _read(self) -> bytes:
        """Wait for data and return it; nothing at the end of the stream."""

    async def readline(self) -> bytes:
        """Return the next line with its end, or a piece of a line that is too long to be a header."""
        while (end := self._buffer.find(b"\n", 0, LONGEST_LINE)) < 0:
            if len(self._buffer) >= LONGEST_LINE or not await self._more():
                return self._take(min(len(self._buffer), LONGEST_LINE))
        return self._take(end + 1)

    async def readexactly(self, n: int) -> bytes:
        """Return the next ``n`` bytes; fewer at the end of the stream."""
        while len(self._buffer) < n and await self._more():
            pass
        return self._take(n)

    async def _more(self) -> bool:
        """Wait for more data; return False at the end of the stream."""
        data = await self._read()
        self._buffer += data
        return bool(data)

    def _take(self, length: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken


class _ThreadReader(_BufferedStream):
    """Reads in a daemon thread, so that a blocked read does not keep the process alive.

    All available data is read at once: a switch to the thread for each header line would be slow.
    """

    def __init__(self, stream: BufferedReader) -> None:
        super().__init__()
        self._stream = stream
        self._worker = SerialExecutor("soothsay-stdin")

    async def _read(self) -> bytes:
        return await self._worker.run(self._stream.read1, _READ_SIZE)


class _ThreadWriter:
    """pygls' writer in a daemon thread: a client that sends much before it reads would wait for us, and we for it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._worker = SerialExecutor("soothsay-stdout")
        self._given = self._written = 0  # bytes; each is counted on one thread

    def write(self, data: bytes) -> None:
        """Send ``data``, soon; at once where the client has left very much unread."""
        self._given += len(data)
        sent = self._worker.submit(self._write, data)
        if self._given - self._written > _MOST_UNREAD:
            sent.result()

    def close(self) -> None:
        """Send what is left, if the client reads it."""
        self._worker.stop(_LAST_WORDS_S)

    def _write(self, data: bytes) -> None:
        with suppress(OSError):  # the client has gone: then its end of stdin is closed, too
            self._stream.write(data)
            self._stream.flush()
        self._written += len(data)


class _StreamReader(_BufferedStream):
    """Reads an asyncio stream, of which ``opening`` has been read already."""

    def __init__(self, reader: asyncio.StreamReader, opening: bytes = b"") -> None:
        super().__init__()
        self._reader = reader
        self._buffer += opening

    async def _read(self) -> bytes:
        return await self._reader.read(_READ_SIZE)


class _StreamWriter:
    """pygls' writer over an asyncio stream."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Send ``data``."""
        self._writer.write(data)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()
