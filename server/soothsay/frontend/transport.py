"""Transports: standard input and output, or TCP on a loopback address."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import sys
from collections.abc import Coroutine
from io import BufferedReader
from threading import Event
from typing import TYPE_CHECKING, Any, BinaryIO

from pygls.io_ import StdoutWriter, run_async

from soothsay.errors import SoothsayError
from soothsay.frontend.admission import AdmissionToken, admit, new_token
from soothsay.frontend.editor_session import SessionFactory, open_session
from soothsay.frontend.server import SoothsayServer, create_server
from soothsay_common.priority import shorten_switch_interval
from soothsay_common.threads import SerialExecutor

if TYPE_CHECKING:
    from pygls.io_ import AsyncReader

logger = logging.getLogger(__name__)

LOG_LEVELS = ("debug", "info", "warning", "error")

_READ_SIZE = 1 << 16  # bytes


def configure_logging(level: str | None = None) -> None:
    """Log to stderr; ``level`` is one of `LOG_LEVELS`, else ``SOOTHSAY_LOG`` or ``warning`` is used."""
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
    logging.getLogger("pygls").setLevel(logging.DEBUG if name == "debug" else logging.WARNING)


def run_stdio(session_factory: SessionFactory = open_session, *, log_level: str | None = None) -> int:
    """Serve the client on stdin and stdout until it sends ``exit``; return the process's exit code."""
    configure_logging(log_level)
    stdin, stdout = _take_stdio()
    server = create_server(session_factory)
    reader = _ThreadReader(stdin)
    server.protocol.set_writer(StdoutWriter(stdout))
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
    reader, writer = await admit(listener, token.text)  # one editor, one server: a second client is refused
    token.discard()
    server.protocol.set_writer(_StreamWriter(writer))
    await _listen(server, reader)


async def _listen(server: SoothsayServer, reader: AsyncReader) -> None:
    await run_async(
        stop_event=Event(),
        reader=reader,
        protocol=server.protocol,
        error_handler=server.report_server_error,
    )


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


class _ThreadReader:
    """Reads in a daemon thread, so that a blocked read does not keep the process alive.

    All available data is read at once: a switch to the thread for each header line would be slow. At the end of the stream,
    less than requested is returned.
    """

    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._worker = SerialExecutor("soothsay-stdin")
        self._buffer = bytearray()

    async def readline(self) -> bytes:
        """Return the next line with its end; what is left at the end of the stream."""
        while (end := self._buffer.find(b"\n")) < 0:
            if not await self._more():
                return self._take(len(self._buffer))
        return self._take(end + 1)

    async def readexactly(self, n: int) -> bytes:
        """Return the next ``n`` bytes; fewer at the end of the stream."""
        while len(self._buffer) < n and await self._more():
            pass
        return self._take(n)

    async def _more(self) -> bool:
        """Wait for more data; return False at the end of the stream."""
        data = await self._worker.run(self._stream.read1, _READ_SIZE)
        self._buffer += data
        return bool(data)

    def _take(self, length: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken


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
