"""Where diagnostics come from: asked for (pulled) or sent by the server (pushed)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from soothsay.oracle.locations import path_of
from soothsay.oracle.process import NoAnswer

PULL = "textDocument/diagnostic"

Items = Sequence[Mapping[str, Any]]
"""LSP diagnostics of one document."""

_UNANSWERED_AT_MOST = (
    3  # questions in a row, before a server that publishes nothing is not waited for any more
)


class DiagnosticsSource(Protocol):
    """Gives the diagnostics of open documents. Thread-safe.

    ``world`` is a number that changes with anything that may change a document's diagnostics besides its own text.
    """

    def request(self, path: Path, world: int) -> Future[Items]:
        """Return the diagnostics of the version that was sent last. The future raises `NoAnswer`."""
        ...

    def is_late(self, path: Path, answer: Future[Items]) -> Future[Any]:
        """Note that ``answer`` did not come in time. The future returned is done when the server is ready again."""
        ...


class PulledDiagnostics:
    """Asks the server with ``textDocument/diagnostic``."""

    def __init__(self, send: Callable[[str, Any], Future[Any]]) -> None:
        self._send = send

    def request(self, path: Path, world: int) -> Future[Items]:
        """Ask for the diagnostics of the document."""
        items: Future[Items] = Future()
        self.request_for(path, items)
        return items

    def request_for(self, path: Path, items: Future[Items]) -> None:
        """Ask for the diagnostics of the document, and complete ``items`` with them."""
        answer = self._send(PULL, {"textDocument": {"uri": path.as_uri()}})
        answer.add_done_callback(lambda done: _copy(done, items))

    def is_late(self, path: Path, answer: Future[Items]) -> Future[Any]:
        """Return ``answer``: the server is at work as long as it has not come."""
        return answer


def _copy(answer: Future[Any], items: Future[Items]) -> None:
    error = answer.exception()
    if error is not None:
        items.set_exception(error)
        return
    report = answer.result()
    items.set_result((report.get("items") or ()) if isinstance(report, Mapping) else ())


@dataclass(slots=True)
class _Document:
    """What is known of one open document."""

    version: int
    world: int
    items: Items | None = None  # published for this version
    due: float = 0.0  # `time.monotonic` from which on they count
    ended: bool = True  # False while the server may publish others for this version
    reread: bool = False  # whether since then it has read what the document rests on
    waiting: list[Future[Items]] = field(default_factory=list)


class PushedDiagnostics:
    """Waits for ``textDocument/publishDiagnostics``.

    A publication that names a version counts when it is the version that was sent last. One without a version counts when
    it has come after the last change, and none has followed for ``quiet`` seconds: servers publish syntax errors first, and
    what they had begun before the change may still come after it. Of a server that ``tells_end`` what it has published for a
    version counts when it has said that it is done with the document: the first may rest on files as they were before.
    """

    def __init__(
        self,
        quiet: float,
        touch: Callable[[Path, int], None],
        ping: Callable[[Path], Future[Any]],
        tells_end: bool = False,
    ) -> None:
        """``touch`` sends a document again, as a new version, in a world; ``ping`` asks anything about it."""
        self._quiet = quiet
        self._touch = touch
        self._ping = ping
        self._tells_end = tells_end
        self._lock = threading.Lock()
        self._documents: dict[Path, _Document] = {}
        self._unanswered = 0

    def on_change(self, path: Path, version: int, world: int) -> None:
        """Note that the server is about to be sent ``version``: what was published for earlier ones is forgotten."""
        with self._lock:
            before = self._documents.get(path)
            self._documents[path] = _Document(version, world)
        _fail(before.waiting if before else (), "the document has changed")

    def on_close(self, path: Path) -> None:
        """Forget the document."""
        with self._lock:
            before = self._documents.pop(path, None)
        _fail(before.waiting if before else (), "the document is closed")

    def on_publish(self, params: Mapping[str, Any]) -> None:
        """Keep the diagnostics, if they are of the version that was sent last."""
        path = path_of(str(params.get("uri", "")))
        version = params.get("version")
        with self._lock:
            self._unanswered = 0
            document = self._documents.get(path)
            if document is None or (version is not None and version != document.version):
                return
            document.items = tuple(params.get("diagnostics") or ())
            quiet = 0.0 if version is not None else self._quiet
            document.due = time.monotonic() + quiet
            document.ended, document.reread = not self._tells_end, False
        self._settle(document)

    def on_rereading(self, path: Path) -> None:
        """Note that the server reads again what the document rests on: what it has published may not be the last of it."""
        with self._lock:
            document = self._documents.get(path)
            if document is not None:
                document.reread = not document.ended

    def on_idle(self, path: Path) -> None:
        """Note that the server is done with the document: what it has published counts.

        Where it has read again what the document rests on, it may be about to look at the document itself: what it
        answers then comes after that.
        """
        with self._lock:
            document = self._documents.get(path)
            if document is None or document.items is None:
                return
            rereads, document.reread = document.reread, False
        if rereads:
            self._ping(path).add_done_callback(lambda _: self._end(document))
        else:
            self._end(document)

    def _end(self, document: _Document) -> None:
        with self._lock:
            document.ended = True
        self._settle(document)

    def request(self, path: Path, world: int) -> Future[Items]:
        """Return the diagnostics of the version that was sent last; they are asked for anew when the world has changed."""
        answer: Future[Items] = Future()
        with self._lock:
            document = self._documents.get(path)
            silent = self._unanswered >= _UNANSWERED_AT_MOST
        if document is not None and document.world != world:
            self._touch(path, world)
        with self._lock:
            document = self._documents.get(path)
            if document is not None and (document.items is not None or not silent):
                document.waiting.append(answer)
            else:
                answer.set_exception(NoAnswer("the server publishes no diagnostics"))
        if document is not None:
            self._settle(document)
        return answer

    def is_late(self, path: Path, answer: Future[Items]) -> Future[Any]:
        """Ask the server something: it may be hung, or at work, or have nothing to say of the document."""
        with self._lock:
            self._unanswered += 1
            document = self._documents.get(path)
            if document is not None and answer in document.waiting:
                document.waiting.remove(answer)
        return self._ping(path)

    def hand_over(self, other: PulledDiagnostics) -> None:
        """Ask ``other`` for what is still waited for: the server has just said that it can be asked."""
        with self._lock:
            waiting = [(path, answer) for path, each in self._documents.items() for answer in each.waiting]
            for each in self._documents.values():
                each.waiting = []
        for path, answer in waiting:
            other.request_for(path, answer)

    def _settle(self, document: _Document) -> None:
        """Answer the requests that wait for the document, now or when its publications have ended."""
        with self._lock:
            if document.items is None or not document.waiting or not document.ended:
                return
            left = document.due - time.monotonic()
            items, waiting = document.items, document.waiting
            if left <= 0:
                document.waiting = []
        if left > 0:
            timer = threading.Timer(left, self._settle, (document,))
            timer.daemon = True
            timer.start()
            return
        for answer in waiting:
            answer.set_result(items)


def _fail(waiting: Sequence[Future[Items]], reason: str) -> None:
    for answer in waiting:
        answer.set_exception(NoAnswer(reason))
