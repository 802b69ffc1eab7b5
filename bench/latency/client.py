"""The little of an editor's LSP client that the benchmark needs, so that measuring costs next to nothing."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_LONGEST = 1 << 26  # bytes of a message
_NOTHING: frozenset[str] = frozenset({"window/workDoneProgress/create", "client/registerCapability"})


class LspError(Exception):
    """The server has answered with an error, or has gone."""


class Client:
    """Talks to one server over stdio."""

    def __init__(
        self, process: asyncio.subprocess.Process, on_notification: Callable[[str, Any], None]
    ) -> None:
        self.process = process
        self._on_notification = on_notification
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls, command: Sequence[str], log: Path, on_notification: Callable[[str, Any], None], **options: Any
    ) -> Client:
        """Start ``command``; what it writes to stderr goes to ``log``."""
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                limit=_LONGEST,
                **options,
            )
        return cls(process, on_notification)

    def notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Any) -> tuple[int, asyncio.Future[Any]]:
        """The request's id, and its result to be awaited."""
        number = next(self._ids)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number, future

    async def ask(self, method: str, params: Any) -> Any:
        return await self.request(method, params)[1]

    def cancel(self, number: int) -> None:
        """The request may still be answered; nobody waits for it any more."""
        self.notify("$/cancelRequest", {"id": number})
        if (future := self._waiting.pop(number, None)) is not None:
            future.cancel()

    async def stop(self) -> None:
        """Shut the server down, and see that it ends."""
        with contextlib.suppress(LspError, TimeoutError):
            await asyncio.wait_for(self.ask("shutdown", None), 10)
            self.notify("exit", None)
        try:
            await asyncio.wait_for(self.process.wait(), 15)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        if self.process.stdin.is_closing():
            raise LspError("the server has gone; its log says why")
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        try:
            while True:
                length = 0
                while (line := await stream.readline()).strip():
                    name, _, value = line.decode("ascii").partition(":")
                    length = int(value) if name.lower() == "content-length" else length
                if not line:
                    break
                self._take(json.loads(await stream.readexactly(length)))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LspError("the server has gone; its log says why"))

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            future = self._waiting.pop(message["id"], None)
            if future is None or future.done():
                return
            if "error" in message:
                future.set_exception(LspError(str(message["error"].get("message"))))
            else:
                future.set_result(message.get("result"))
        elif "id" in message:
            known = method in _NOTHING or method.endswith("/refresh")
            answer = {"result": None} if known else {"error": {"code": -32601, "message": "not here"}}
            self._send({"jsonrpc": "2.0", "id": message["id"], **answer})
        else:
            self._on_notification(method, message.get("params"))
