"""A language server as a child process: requests with futures, notifications, and no call that blocks."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

from soothsay.oracle import jsonrpc
from soothsay.oracle.jsonrpc import Message
from soothsay_common.pending import PendingRequests

log = logging.getLogger(__name__)


class NoAnswer(Exception):  # noqa: N818 - it is no error: callers turn it into None
    """The server did not answer in time, answered with an error, or is gone."""


class UnknownMethodError(Exception):
    """The server has asked the client for something that the client does not do."""


class Client(Protocol):
    """What the server may ask and tell. Called on the thread that reads its messages."""

    def on_request(self, method: str, params: Any) -> Any:
        """Return the result of the server's request. Raises `UnknownMethodError`."""
        ...

    def on_notification(self, method: str, params: Any) -> None:
        """Take a notification of the server."""
        ...


class ServerProcess:
    """One process. A thread reads from it; another writes to it, for a stopped process's full pipe blocks the writer."""

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        client: Client,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Start it. Raises `OSError` when it cannot be."""
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._client = client
        self._pending: PendingRequests[None] = PendingRequests()
        self._gone = False
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        for work in (self._read, self._write):
            threading.Thread(target=work, name=f"oracle-{work.__name__.strip('_')}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs and its output is open."""
        return not self._gone and self._process.poll() is None

    def notify(self, method: str, params: Any) -> None:
        """Send a notification; returns at once."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> Future[Any]:
        """Send a request; returns at once. The future raises `NoAnswer` when the server answers with an error or dies."""
        try:
            request = self._pending.add(None)
        except NoAnswer as gone:
            future: Future[Any] = Future()
            future.set_exception(gone)
            return future
        self._send({"id": request.number, "method": method, "params": params})
        return request.future

    def kill(self) -> None:
        """End it now (a stopped process, too)."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._gone = True
        self._pending.close(NoAnswer("the server is gone"))
        self._outbox.put(None)

    def close(self, seconds: float = 0.5) -> None:
        """Ask it to end, and kill it after ``seconds``. Returns when it is gone."""
        self.request("shutdown", None)
        self.notify("exit", None)
        self._outbox.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)

    def _send(self, message: Message) -> None:
        self._outbox.put(jsonrpc.encode(message))

    def _write(self) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError, ValueError):
            while (data := self._outbox.get()) is not None:
                stdin.write(data)
                stdin.flush()
        with contextlib.suppress(OSError, ValueError):
            stdin.close()

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            while (message := jsonrpc.read(stdout)) is not None:
                self._receive(message)
        except (OSError, ValueError) as error:
            log.debug("the language server wrote what is no message: %s", error)
        finally:
            # nothing more can come from it: a process that only closed its output is of no use either
            self.kill()
            self._process.wait()
            stdout.close()

    def _receive(self, message: Message) -> None:
        if "method" not in message:
            self._receive_answer(message)
        elif "id" in message:
            self._send({"id": message["id"], **self._answer(str(message["method"]), message.get("params"))})
        else:
            try:
                self._client.on_notification(str(message["method"]), message.get("params"))
            except Exception:
                # a notification of a shape that was not foreseen must not end the connection
                log.exception("the language server's %s", message["method"])

    def _receive_answer(self, message: Message) -> None:
        number = message.get("id")
        if isinstance(number, str) and number.isdecimal():  # some servers answer in strings
            number = int(number)
        if not isinstance(number, int):
            return
        if "error" in message:
            self._pending.fail(number, NoAnswer(str(message["error"])))
        else:
            self._pending.resolve(number, message.get("result"))

    def _answer(self, method: str, params: Any) -> Message:
        try:
            return {"result": self._client.on_request(method, params)}
        except UnknownMethodError:
            return {"error": {"code": jsonrpc.METHOD_NOT_FOUND, "message": f"{method} is not supported"}}
        except Exception:
            log.exception("the language server's request %s", method)
            return {"result": None}
