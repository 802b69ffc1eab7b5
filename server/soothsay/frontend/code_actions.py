"""Code actions that replace a wrong call. An action is offered once its edit is written and verified, not before."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cachetools import FIFOCache
from lsprotocol import types

from soothsay.errors import SoothsayError
from soothsay.frontend.diagnostics import SOURCE, Diagnostics, range_of
from soothsay.frontend.documents import Document, offset_at
from soothsay.frontend.scheduler import RequestScheduler
from soothsay.frontend.session_manager import RepairRequest

if TYPE_CHECKING:
    from soothsay.engine.types import Fault, Replacement
    from soothsay.frontend.completion_service import CompletionService
    from soothsay.frontend.session_manager import SessionManager
    from soothsay.frontend.user_messages import UserMessages

logger = logging.getLogger(__name__)

_AT_ONCE = 3  # calls repaired for one request, when it spans many lines
_REMEMBERED = 32


class CodeActions:
    """Answers requests for code actions. A completion goes before any repair."""

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
            sessions.model_worker, sessions.repair, sessions.ready
        )
        self._written: FIFOCache[RepairRequest, Sequence[Replacement]] = FIFOCache(_REMEMBERED)
        completions.on_request.append(self.abort)

    async def actions(
        self, document: Document | None, params: types.CodeActionParams, *, versioned: bool
    ) -> list[types.CodeAction]:
        """The quick fixes at the range asked about. ``versioned``: the client can check a document's version."""
        if document is None or document.file is None or not _wants_quick_fix(params.context.only):
            return []
        text, encoding, version = document.text, document.encoding, document.version
        start, end = (offset_at(text, at, encoding) for at in (params.range.start, params.range.end))
        # an editor that asks by itself, at each step of the cursor, is told only what is known already
        asked = params.context.trigger_kind != types.CodeActionTriggerKind.Automatic
        actions: list[types.CodeAction] = []
        faults = [f for f in await self._diagnostics.faults(document) if f.start <= end and f.end >= start]
        for fault in faults[:_AT_ONCE]:
            request = RepairRequest(document.file, text, fault)
            if asked:
                await self._write(document, request)
            for replacement in self._written.get(request, ()):
                edit = types.TextEdit(
                    range_of(replacement.start, replacement.end, text, encoding), replacement.text
                )
                actions.append(
                    types.CodeAction(
                        title=replacement.title,
                        kind=types.CodeActionKind.QuickFix,
                        diagnostics=_of(fault, params.context.diagnostics),
                        is_preferred=True,
                        edit=_workspace_edit(document.uri, version, edit, versioned=versioned),
                    )
                )
        return actions if document.text == text else []

    def abort(self) -> None:
        """Give the model back: something else is more urgent, or what is being repaired has changed."""
        self._scheduler.abort()

    def forget(self) -> None:
        """What is known may have changed: what could not be repaired perhaps can be."""
        self._written.clear()

    async def _write(self, document: Document, request: RepairRequest) -> None:
        """Have the replacement written; again after a completion that came in between, unless the text has changed."""
        while request not in self._written and not self._completions.paused and document.text == request.text:
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
                self._written[request] = replacements


def _wants_quick_fix(only: Sequence[types.CodeActionKind | str] | None) -> bool:
    return only is None or any(
        str(getattr(kind, "value", kind)) in ("", types.CodeActionKind.QuickFix.value) for kind in only
    )


def _of(fault: Fault, diagnostics: Sequence[types.Diagnostic]) -> list[types.Diagnostic] | None:
    """The diagnostics of the client that the action answers."""
    return [each for each in diagnostics if each.source == SOURCE and each.message == fault.problem] or None


def _workspace_edit(
    uri: str, version: int | None, edit: types.TextEdit, *, versioned: bool
) -> types.WorkspaceEdit:
    if not versioned:
        return types.WorkspaceEdit(changes={uri: [edit]})
    document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, [edit])])
