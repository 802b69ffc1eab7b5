"""Diagnostics (hints) on wrong calls in open documents, computed while no completion is requested."""

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
from soothsay_languages.lines import Encoding, LineTable

if TYPE_CHECKING:
    from soothsay.engine.types import Fault
    from soothsay.frontend.completion_service import CompletionService
    from soothsay.frontend.session_manager import SessionManager

logger = logging.getLogger(__name__)

SOURCE = "soothsay"
# seconds without a change until a document is checked
AFTER_OPEN_S = 0.2  # after it was opened or saved
AFTER_EDIT_S = 1.0
_MAX_CHARACTERS = 200_000  # longer files are mostly generated


class Diagnostics:
    """Publishes the diagnostics of open documents. Methods run on the event loop unless they say otherwise."""

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
        self._results: dict[str, tuple[str, Sequence[Fault]]] = {}  # text and its faults, by URI
        self._published: set[str] = set()  # URIs of documents with diagnostics
        self._running: set[Cancellation] = set()
        self._stopped = False
        completions.on_request.append(self.cancel_running)

    def schedule(self, document: Document, delay: float) -> None:
        """Check ``document`` after ``delay`` seconds without another call for it."""
        if self._stopped or document.file is None:
            return
        if not self._is_checked(document):
            self.close_document(document.uri)  # the settings may have disabled its language
            return
        self._cancel(document.uri)
        self._tasks[document.uri] = asyncio.create_task(self._check(document, delay))

    def refresh(self) -> None:
        """Check all open documents again: the session, the index or the settings have changed."""
        self._results.clear()
        for document in self._documents():
            self.schedule(document, AFTER_OPEN_S)

    def close_document(self, uri: str) -> None:
        """Remove the diagnostics of a document that was closed."""
        self._cancel(uri)
        self._results.pop(uri, None)
        if uri in self._published:
            self._published.discard(uri)
            self._publish(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))

    async def faults(self, document: Document) -> Sequence[Fault]:
        """Return the faults of the current text of ``document``; empty when it changes meanwhile."""
        text = document.text
        while not self._stopped and document.text == text:
            known = self._results.get(document.uri)
            if known is not None and known[0] == text:
                return known[1]
            await self._idle.wait()
            faults = await self._compute(document)
            if faults is not None:
                return faults
        return ()

    def cancel_running(self) -> None:
        """Cancel running checks because a completion is requested; they start again when it is answered."""
        for cancel in self._running:
            cancel.set()

    def interrupt(self) -> None:
        """Cancel all checks, and start no more."""
        self._stopped = True
        for uri in list(self._tasks):
            self._cancel(uri)
        self.cancel_running()

    def stop(self, timeout: float) -> bool:
        """End the thread. Needs no running loop. False when it has not ended in ``timeout`` seconds."""
        self.interrupt()
        return self._worker.stop(timeout)

    def _cancel(self, uri: str) -> None:
        task = self._tasks.pop(uri, None)
        if task is not None:
            task.cancel()

    async def _check(self, document: Document, delay: float) -> None:
        await asyncio.sleep(delay)
        faults = None
        while faults is None and not self._stopped:
            await self._idle.wait()
            faults = await self._compute(document)
        if not faults and document.uri not in self._published:
            return
        (self._published.add if faults else self._published.discard)(document.uri)
        lines, encoding = document.line_table, document.encoding
        diagnostics = [_diagnostic(fault, lines, encoding) for fault in faults or ()]
        params = types.PublishDiagnosticsParams(document.uri, diagnostics, document.version)
        self._publish(params)

    def _is_checked(self, document: Document) -> bool:
        language = self._sessions.language(document)
        return language is not None and language.calls is not None

    async def _compute(self, document: Document) -> Sequence[Fault] | None:
        """Return the faults of the document; None when a completion request or an edit interrupted the check."""
        text, path = document.text, document.file
        if path is None or len(text) > _MAX_CHARACTERS or not self._is_checked(document):
            return ()
        cancel = Cancellation()
        self._running.add(cancel)
        try:
            faults = await self._worker.run(self._sessions.find_faults, path, text, cancel)
        except Cancelled:
            return None
        except Exception:
            logger.exception("%s could not be checked", path)
            faults = ()
        finally:
            cancel.set()
            self._running.discard(cancel)
        if document.text != text:
            return None
        self._results[document.uri] = text, faults
        return faults


def range_of(start: int, end: int, lines: LineTable, encoding: Encoding) -> types.Range:
    """Return the LSP range of the offsets ``start`` to ``end`` (code points) in the text of ``lines``."""
    return types.Range(position_at(lines, start, encoding), position_at(lines, end, encoding))


def _diagnostic(fault: Fault, lines: LineTable, encoding: Encoding) -> types.Diagnostic:
    return types.Diagnostic(
        range=range_of(fault.start, fault.end, lines, encoding),
        message=fault.problem,
        severity=types.DiagnosticSeverity.Hint,
        code=fault.kind.replace("_", "-"),
        source=SOURCE,
    )
