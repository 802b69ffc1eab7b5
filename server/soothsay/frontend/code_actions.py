"""Code actions that replace a wrong call. An action is offered only when its edit has been generated and verified."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cachetools import FIFOCache
from lsprotocol import types

from soothsay.errors import SoothsayError
from soothsay.frontend.diagnostics import SOURCE, Diagnostics, range_of
from soothsay.frontend.documents import Document, offset_at
from soothsay.frontend.editor_session import RepairRequest
from soothsay.frontend.scheduler import RequestScheduler

if TYPE_CHECKING:
    from soothsay.engine.types import Fault, Replacement
    from soothsay.frontend.completion_service import CompletionService
    from soothsay.frontend.session_manager import SessionManager
    from soothsay.frontend.user_messages import UserMessages

logger = logging.getLogger(__name__)

_MAX_REPAIRS = 3  # calls repaired for one request, which may span many lines
_CACHED = 32


class CodeActions:
    """Answers code action requests. Completions have priority over repairs."""

    def __init__(
        self,
        sessions: SessionManager,
        completions: CompletionService,
        diagnostics: Diagnostics,
        messages: UserMessages,
    ) -> None:
        self._completions = completions
        self._diagnostics = diagnostics
        self._messages = messages
        self._scheduler: RequestScheduler[RepairRequest, Sequence[Replacement]] = RequestScheduler(
            sessions.model_worker, sessions.repair, sessions.wait_until_loaded
        )
        self._replacements: FIFOCache[RepairRequest, Sequence[Replacement]] = FIFOCache(_CACHED)
        completions.on_request.append(self.abort)

    async def actions(
        self, document: Document | None, params: types.CodeActionParams, *, versioned: bool
    ) -> list[types.CodeAction]:
        """Return the quick fixes for the range in ``params``. ``versioned``: the client checks document versions."""
        if document is None or document.file is None or not _wants_quick_fix(params.context.only):
            return []
        lines, encoding, version = document.line_table, document.encoding, document.version
        start, end = (offset_at(lines, at, encoding) for at in (params.range.start, params.range.end))
        # editors ask automatically at each cursor move: answer those requests from the cache
        is_requested = params.context.trigger_kind != types.CodeActionTriggerKind.Automatic
        actions: list[types.CodeAction] = []
        faults = [f for f in await self._diagnostics.faults(document) if f.start <= end and f.end >= start]
        for fault in faults[:_MAX_REPAIRS]:
            request = RepairRequest(document.file, lines.text, fault)
            if is_requested:
                await self._generate(document, request)
            for replacement in self._replacements.get(request, ()):
                edit = types.TextEdit(
                    range_of(replacement.start, replacement.end, lines, encoding), replacement.text
                )
                actions.append(
                    types.CodeAction(
                        title=replacement.title,
                        kind=types.CodeActionKind.QuickFix,
                        diagnostics=_diagnostics_of(fault, params.context.diagnostics),
                        is_preferred=True,
                        edit=_workspace_edit(document.uri, version, edit, versioned=versioned),
                    )
                )
        return actions if document.text == lines.text else []

    def abort(self) -> None:
        """Cancel the running repair: a completion is requested, or the document has changed."""
        self._scheduler.abort()

    def clear_cache(self) -> None:
        """Drop cached replacements: the session, the index or the settings have changed."""
        self._replacements.clear()

    async def _generate(self, document: Document, request: RepairRequest) -> None:
        """Generate and cache the replacements; retry when a completion interrupts it, until the text changes."""
        while (
            request not in self._replacements
            and not self._completions.paused
            and document.text == request.text
        ):
            await self._completions.idle.wait()
            try:
                replacements = await self._scheduler.submit(request)
            except SoothsayError as error:
                self._messages.error(error)
                return
            except Exception:
                logger.exception("a repair failed")
                return
            if replacements is None and self._completions.idle.is_set():
                return  # superseded by a newer repair, or there is no model
            if replacements is not None:
                self._replacements[request] = replacements


def _wants_quick_fix(only: Sequence[types.CodeActionKind | str] | None) -> bool:
    return only is None or any(
        str(getattr(kind, "value", kind)) in ("", types.CodeActionKind.QuickFix.value) for kind in only
    )


def _diagnostics_of(fault: Fault, diagnostics: Sequence[types.Diagnostic]) -> list[types.Diagnostic] | None:
    """Return the client's diagnostics that are about ``fault``."""
    return [each for each in diagnostics if each.source == SOURCE and each.message == fault.problem] or None


def _workspace_edit(
    uri: str, version: int | None, edit: types.TextEdit, *, versioned: bool
) -> types.WorkspaceEdit:
    if not versioned:
        return types.WorkspaceEdit(changes={uri: [edit]})
    document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, [edit])])
