"""Only a client that knows the token is served over TCP: any process of the machine, and any web page, can connect."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import os
import re
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soothsay.errors import SoothsayError
from soothsay.frontend.settings import unwrap
from soothsay_common.private import write_private

logger = logging.getLogger(__name__)

TOKEN_VARIABLE = "SOOTHSAY_TOKEN"
_SHORTEST_TOKEN = 16  # characters
_LONGEST_OPENING = 1 << 20  # bytes of the first message
_OPENING_S = 10.0  # for the first message
_REFUSAL = "the token is missing or wrong: give initializationOptions.token what the server has been given, or has written"
_LENGTH = re.compile(rb"^Content-Length: (\d{1,9})\r$", re.MULTILINE)

Client = tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]
"""What has been read already, and the streams."""


class AdmissionToken:
    """What a client must say first: ``given``, or a new one in ``file``, which only this user may read."""

    def __init__(self, given: str, file: Path) -> None:
        """Raises `SoothsayError`."""
        if given and len(given) < _SHORTEST_TOKEN:
            raise SoothsayError(f"{TOKEN_VARIABLE} is too short: it needs {_SHORTEST_TOKEN} characters")
        self.text = given or secrets.token_hex(16)
        self._file = None if given else file
        if self._file is not None:
            try:
                write_private(self._file, self.text + "\n")
            except OSError as error:
                raise SoothsayError(f"cannot write {file}: {error.strerror}") from error

    def where(self) -> str:
        """Return where a person finds it, for the end of a sentence."""
        return f"the environment variable {TOKEN_VARIABLE}" if self._file is None else str(self._file)

    def discard(self) -> None:
        """Remove the file."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def new_token(port: int, environ: Mapping[str, str] = os.environ) -> AdmissionToken:
    """Return the token for the server at ``port``. Raises `SoothsayError`."""
    from soothsay.backend.address import runtime_folder

    return AdmissionToken(environ.get(TOKEN_VARIABLE, ""), runtime_folder() / f"tcp-{port}.token")


async def admit(listener: socket.socket, token: str) -> Client:
    """Return the first client that begins with the ``token``, and close ``listener``; refuse the others."""
    admitted: asyncio.Future[Client] = asyncio.get_running_loop().create_future()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opening = await _first_message(reader)
        if _token_in(opening, token) and not admitted.done():
            admitted.set_result((opening, reader, writer))
            return
        logger.warning("a client without the token was refused")
        with contextlib.suppress(OSError):
            writer.write(_refusal(opening))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(meet, sock=listener)
    try:
        return await admitted
    finally:
        server.close()


async def _first_message(reader: asyncio.StreamReader) -> bytes:
    """Return the first message with its header; b"" if none comes in time, or it is none of LSP."""
    try:
        async with asyncio.timeout(_OPENING_S):
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            if length is None or int(length[1]) > _LONGEST_OPENING:
                return b""
            return head + await reader.readexactly(int(length[1]))
    except (OSError, EOFError, asyncio.LimitOverrunError):  # TimeoutError is an OSError
        return b""


def _token_in(opening: bytes, token: str) -> bool:
    """Return whether the message ``opening`` is the request `initialize` with ``token``."""
    message = _decoded(opening)
    params = message.get("params")
    options = unwrap(params.get("initializationOptions")) if isinstance(params, dict) else None
    given = options.get("token") if isinstance(options, dict) else None
    is_known = isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), token.encode()
    )
    return is_known and message.get("method") == "initialize"


def _refusal(opening: bytes) -> bytes:
    """Return the answer to a client that does not know the token."""
    number = _decoded(opening).get("id")
    error = {"code": -32600, "message": f"soothsay: {_REFUSAL}"}
    body = json.dumps({"jsonrpc": "2.0", "id": number, "error": error}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _decoded(opening: bytes) -> dict[str, Any]:
    try:
        message = json.loads(opening.partition(b"\r\n\r\n")[2])
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
