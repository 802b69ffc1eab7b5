"""A language server's process, spoken to over its standard streams, in bytes that need not be a message."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0  # for an answer, on a machine that does other things

Message = dict[str, Any]
Answerer = Callable[[Message], Message | None]


def frame(message: object) -> bytes:
    """Return ``message`` as an editor sends it."""
    return frame_body(json.dumps(message).encode("ascii"))


def frame_body(body: bytes) -> bytes:
    """Return ``body`` behind the header that it needs."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def accept(request: Message) -> Message:
    """Answer a request of the server as an editor does that has no settings."""
    is_configuration = request["method"] == "workspace/configuration"
    return {"jsonrpc": "2.0", "id": request["id"], "result": [None] if is_configuration else None}


class Wire:
    """A process and what it has said. ``answer`` makes the answer to a request of the server; None: there is none."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        answer: Answerer = accept,
    ) -> None:
        self.log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=dict(environment),
                start_new_session=True,
            )
        self.answer = answer
        self.asked: set[str | int] = set()
        self.answers: dict[str | int, list[Message]] = {}
        self.notified: dict[str, Any] = {}  # the last parameters, by method
        self.unaddressed: list[Message] = []  # answers to what had no id
        self.sent = 0
        self.reads = threading.Event()  # cleared: the client leaves what comes unread
        self.reads.set()
        self._heard = threading.Condition()
        self._writing = threading.Lock()
        self._last_id = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def next_id(self) -> int:
        """Return an id for a request."""
        self._last_id += 1
        return self._last_id

    def send_bytes(self, data: bytes, messages: int = 1) -> None:
        """Send ``data``, which is counted as so many messages."""
        assert self.process.stdin is not None
        self.sent += messages
        with self._writing:
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def notify(self, method: str, params: object = None) -> None:
        """Send a notification."""
        self.send_bytes(frame({"jsonrpc": "2.0", "method": method, "params": params}))

    def request(self, method: str, params: object = None) -> int:
        """Send a request and return its id."""
        number = self.next_id()
        self.expect(number)
        self.send_bytes(frame({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
        return number

    def expect(self, number: str | int) -> None:
        """Note that the request ``number`` must be answered."""
        self.asked.add(number)

    def ask(self, method: str, params: object = None, patience: float = PATIENCE_S) -> Message:
        """Send a request and return its answer."""
        return self.wait([self.request(method, params)], patience)[0]

    def wait(self, numbers: Sequence[str | int], patience: float = PATIENCE_S) -> list[Message]:
        """Return the answers to the requests ``numbers``; each must come, and no process may end meanwhile."""
        left = patience  # not a moment: a machine that pauses its tests does not make them fail
        with self._heard:
            while missing := [number for number in numbers if number not in self.answers]:
                assert self.process.poll() is None, (
                    f"the server ended: {self.process.returncode}\n{self.tail}"
                )
                assert left > 0, f"no answer to {missing[:5]} ({len(missing)})\n{self.tail}"
                if not self._heard.wait(0.5):
                    left -= 0.5
            return [self.answers[number][0] for number in numbers]

    @property
    def open_requests(self) -> list[str | int]:
        """The requests that have no answer yet."""
        with self._heard:
            return [number for number in self.asked if number not in self.answers]

    @property
    def tail(self) -> str:
        """The end of what the process has written to its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def end(self, patience: float = PATIENCE_S) -> int:
        """Leave as editors do; return the exit code."""
        self.ask("shutdown", patience=patience)
        self.notify("exit")
        return self.process.wait(patience)

    def kill(self) -> None:
        """End the process, however it is."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        stream = self.process.stdout
        while self.reads.wait() and (line := stream.readline()):
            if not line.lower().startswith(b"content-length:"):
                continue
            while stream.readline().strip():
                pass
            self._take(_strict_json(stream.read(int(line.partition(b":")[2]))))
        with self._heard:
            self._heard.notify_all()

    def _take(self, message: Message) -> None:
        with self._heard:
            if "method" not in message:
                number = message.get("id")
                if number is None:
                    self.unaddressed.append(message)
                else:
                    self.answers.setdefault(number, []).append(message)
                self._heard.notify_all()
                return
            self.notified[message["method"]] = message.get("params")
        if "id" in message and (answer := self.answer(message)) is not None:
            threading.Thread(target=self._reply, args=(answer,), daemon=True).start()

    def _reply(self, answer: Message) -> None:
        with suppress(OSError):  # the server has ended
            self.send_bytes(frame(answer))


def _strict_json(body: bytes) -> Message:
    """Decode ``body``, which may hold nothing that other languages do not read, such as NaN."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    return json.loads(body.decode("utf-8"), parse_constant=refuse)
