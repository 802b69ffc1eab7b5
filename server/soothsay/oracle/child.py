"""A language server as a child process: requests with a deadline, notifications, and nothing that blocks for good."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from soothsay.oracle import framing
from soothsay.oracle.framing import Message

log = logging.getLogger(__name__)

AnswerServer = Callable[[str, Any], Any]
"""Takes the method and the parameters of a request that the *server* makes; returns the result."""


class NoAnswer(Exception):  # noqa: N818 - it is no error: callers turn it into None
    """The server did not answer in time, answered with an error, or is gone."""


class Child:
    """One process. A thread reads it; another writes to it, for a stopped child's full pipe blocks the writer."""

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        answer: AnswerServer,
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
        self._answer = answer
        self._lock = threading.Lock()
        self._pending: dict[int, Future[Any]] = {}
        self._last_id = 0
        self._gone = False
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        for work in (self._read, self._write):
            threading.Thread(target=work, name=f"oracle-{work.__name__.strip('_')}", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._gone and self._process.poll() is None

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> Future[Any]:
        """Ask. The future's exception is `NoAnswer` when the server answers with an error or dies."""
        future: Future[Any] = Future()
        with self._lock:
            if self._gone:
                future.set_exception(NoAnswer("the server is gone"))
                return future
            self._last_id += 1
            number = self._last_id
            self._pending[number] = future
        self._send({"id": number, "method": method, "params": params})
        return future

    def kill(self) -> None:
        """End it now (a stopped process, too)."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._bury()

    def close(self, patience: float = 0.5) -> None:
        """Ask it to end, and make it after ``patience`` seconds. Returns when it is gone."""
        self.request("shutdown", None)
        self.notify("exit", None)
        self._outbox.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)

    def _send(self, message: Message) -> None:
        self._outbox.put(framing.encode(message))

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
            while (message := framing.read(stdout)) is not None:
                self._receive(message)
        except (OSError, ValueError) as error:
            log.debug("the language server wrote what is no message: %s", error)
        finally:
            # nothing more can come from it: a process that only closed its output is of no use either
            self.kill()
            self._process.wait()
            stdout.close()

    def _receive(self, message: Message) -> None:
        if "method" in message:
            if "id" in message:
                result = self._answer(str(message["method"]), message.get("params"))
                self._send({"id": message["id"], "result": result})
            return
        with self._lock:
            future = self._pending.pop(message.get("id", -1), None)
        if future is None:
            return
        if "error" in message:
            future.set_exception(NoAnswer(str(message["error"])))
        else:
            future.set_result(message.get("result"))

    def _bury(self) -> None:
        with self._lock:
            self._gone = True
            pending, self._pending = self._pending, {}
        for future in pending.values():
            future.set_exception(NoAnswer("the server is gone"))
        self._outbox.put(None)
