"""Hints on wrong calls in open documents: found on a thread of their own, and only while nobody waits for a completion."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from soothsay.errors import Cancelled
from soothsay.frontend.documents import Document, position_at
from soothsay_common.cancellation import Cancellation
from soothsay_common.threads import SerialExecutor

if TYPE_CHECKING:
    from soothsay.engine.types import Fault
    from soothsay.frontend.completion_service import CompletionService
    from soothsay.frontend.session_manager import SessionManager

logger = logging.getLogger(__name__)

SOURCE = "soothsay"
AFTER_OPEN_S, AFTER_EDIT_S = (
    0.2,
    1.0,
)  # seconds until a document is looked at: it was opened or saved; it is being typed in
_LONGEST = 200_000  # characters; longer files are mostly generated


class Diagnostics:
    """Keeps the published diagnostics of every open document up to date."""

    def __init__(
        self,
        sessions: SessionManager,
        completions: CompletionService,
        publish: Callable[[types.PublishDiagnosticsParams], None],
        documents: Callable[[], Iterable[Document]],
    ) -> None:
        self._sessions = sessions
        self._idle = completions.idle
        self._publish = publish
        self._documents = documents
        self._worker = SerialExecutor("soothsay-hints")
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._found: dict[str, tuple[str, Sequence[Fault]]] = {}  # text, and what is wrong with it
        self._shown: set[str] = set()  # documents with hints on them
        self._running: set[Cancellation] = set()
        self._stopped = False
        completions.on_request.append(self.cancel_running)

    def look(self, document: Document, delay: float) -> None:
        """Look at ``document`` when it has not been touched for ``delay`` seconds."""
        if self._stopped or document.file is None:
            return
        if not self._has_hints(document):
            self.forget(document.uri)  # its language may have been switched off
            return
        self._cancel(document.uri)
        self._tasks[document.uri] = asyncio.create_task(self._look(document, delay))

    def refresh(self) -> None:
        """Look at every open document: the session, the index or the settings have changed."""
        self._found.clear()
        for document in self._documents():
            self.look(document, AFTER_OPEN_S)

    def forget(self, uri: str) -> None:
        """The document has been closed."""
        self._cancel(uri)
        self._found.pop(uri, None)
        if uri in self._shown:
            self._shown.discard(uri)
            self._publish(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))

    async def faults(self, document: Document) -> Sequence[Fault]:
        """What is wrong with the document as it is now."""
        text = document.text
        while not self._stopped and document.text == text:
            known = self._found.get(document.uri)
            if known is not None and known[0] == text:
                return known[1]
            await self._idle.wait()
            faults = await self._find(document)
            if faults is not None:
                return faults
        return ()

    def cancel_running(self) -> None:
        """A completion is wanted: what runs is stopped, and begins again when the completion is there."""
        for cancel in self._running:
            cancel.set()

    def interrupt(self) -> None:
        """Stop looking, for good."""
        self._stopped = True
        for uri in list(self._tasks):
            self._cancel(uri)
        self.cancel_running()

    def stop(self, timeout: float) -> bool:
        """End the thread; works without a running loop. False when it is stuck."""
        self.interrupt()
        return self._worker.stop(timeout)

    def _cancel(self, uri: str) -> None:
        task = self._tasks.pop(uri, None)
        if task is not None:
            task.cancel()

    async def _look(self, document: Document, delay: float) -> None:
        await asyncio.sleep(delay)
        faults = None
        while faults is None and not self._stopped:
            await self._idle.wait()
            faults = await self._find(document)
        if not faults and document.uri not in self._shown:
            return
        (self._shown.add if faults else self._shown.discard)(document.uri)
        text, encoding = document.text, document.encoding
        diagnostics = [_diagnostic(fault, text, encoding) for fault in faults or ()]
        params = types.PublishDiagnosticsParams(document.uri, diagnostics, document.version)
        self._publish(params)

    def _has_hints(self, document: Document) -> bool:
        language = self._sessions.language(document)
        return language is not None and language.calls is not None

    async def _find(self, document: Document) -> Sequence[Fault] | None:
        """The faults of the document; None when a completion came in between, or an edit."""
        text, path = document.text, document.file
        if path is None or len(text) > _LONGEST or not self._has_hints(document):
            return ()
        cancel = Cancellation()
        self._running.add(cancel)
        try:
            faults = await self._worker.run(self._sessions.find_faults, path, text, cancel)
        except Cancelled:
            return None
        except Exception:
            logger.exception("hints on %s", path)
            faults = ()
        finally:
            cancel.set()
            self._running.discard(cancel)
        if document.text != text:
            return None
        self._found[document.uri] = text, faults
        return faults


def range_of(start: int, end: int, text: str, encoding: str) -> types.Range:
    return types.Range(position_at(text, start, encoding), position_at(text, end, encoding))


def _diagnostic(fault: Fault, text: str, encoding: str) -> types.Diagnostic:
    return types.Diagnostic(
        range=range_of(fault.start, fault.end, text, encoding),
        message=fault.problem,
        severity=types.DiagnosticSeverity.Hint,
        code=fault.kind.replace("_", "-"),
        source=SOURCE,
    )
