"""What this server offers: every feature and command is registered here and implemented elsewhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from soothsay import __version__
from soothsay.config import Settings
from soothsay.frontend.acceptance import ACCEPTED, DID_PARTIALLY_ACCEPT, DID_SHOW, Acceptance
from soothsay.frontend.client_capabilities import (
    can_resolve,
    keeps_settings_apart,
    takes_inline_snippets,
    takes_list_snippets,
)
from soothsay.frontend.code_actions import CodeActions
from soothsay.frontend.completion_items import (
    Answer,
    answer_to_json,
    inline_items,
    last_to_json,
    list_items,
    resolve_item,
)
from soothsay.frontend.completion_service import CompletionService
from soothsay.frontend.completion_target import path_of_notebook, path_of_unsaved
from soothsay.frontend.cursor_moves import DID_MOVE_CURSOR, parse_cursor_move
from soothsay.frontend.diagnostics import AFTER_EDIT_S, AFTER_OPEN_S, Diagnostics
from soothsay.frontend.doctor import checks_to_json
from soothsay.frontend.documents import MAX_CHARACTERS, Document, path_of_uri
from soothsay.frontend.downloads import ModelDownloads, models_to_json
from soothsay.frontend.editor_session import SessionFactory, open_session
from soothsay.frontend.feedback import Feedback
from soothsay.frontend.heartbeat import Heartbeat
from soothsay.frontend.notebooks import notebook_sync
from soothsay.frontend.progress import ProgressBar
from soothsay.frontend.protocol import LspProtocol, command_token
from soothsay.frontend.session_manager import SessionManager
from soothsay.frontend.settings import Configuration
from soothsay.frontend.status import STATUS, StatusPublisher
from soothsay.frontend.user_messages import UserMessages
from soothsay.frontend.watched_files import updated_and_removed, watch_files
from soothsay_common.threads import SerialExecutor
from soothsay_languages.registry import languages

logger = logging.getLogger(__name__)

_SNOOZE_MINUTES = 10.0
_LONGEST_SNOOZE_MINUTES = 7 * 24 * 60


class SoothsayServer(LanguageServer):
    """A pygls server with the parts that answer its requests."""

    protocol: LspProtocol  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, session_factory: SessionFactory) -> None:
        super().__init__(
            "soothsay", __version__, protocol_cls=LspProtocol, notebook_document_sync=notebook_sync()
        )
        self.configuration = Configuration()
        self.messages = UserMessages(self.window_show_message)
        self.status = StatusPublisher(partial(self.protocol.notify, STATUS))
        progress_bar = partial(ProgressBar, self)
        self.sessions = SessionManager(
            session_factory, self.messages, progress_bar, self.status, self.open_texts, self.refresh
        )
        self.completions = CompletionService(self.sessions, self.messages, self.status)
        self.acceptance = Acceptance()
        self.feedback = Feedback()
        self.completions.chance = self.feedback.chance
        self.completions.on_answer = self.feedback.offered
        self.heartbeat = Heartbeat()
        self.downloads = ModelDownloads(progress_bar)
        self.command_worker = SerialExecutor("soothsay-desk")  # for commands that a user runs now and then
        publish = self.text_document_publish_diagnostics
        self.diagnostics = Diagnostics(self.sessions, self.completions, publish, self.documents)
        self.code_actions = CodeActions(self.sessions, self.completions, self.diagnostics, self.messages)

    def document(self, uri: str) -> Document | None:
        """Return the open document ``uri``, or None."""
        return self.protocol.workspace.open_document(uri)

    def documents(self) -> list[Document]:
        """Return the open documents whose text is known."""
        everything = self.workspace.text_documents.values()
        return [each for each in everything if isinstance(each, Document) and not each.lost]

    def open_texts(self) -> Iterator[tuple[Path, str]]:
        """Yield path and text of the open documents that belong to a file and are completed."""
        for document in self.documents():
            if document.file is not None and self.is_mirrored(document):
                yield document.file, document.text

    def is_mirrored(self, document: Document) -> bool:
        """Return whether the type checker and the index use the editor's text of ``document``."""
        return len(document.source) <= MAX_CHARACTERS and not self.sessions.refusal(document)

    def sync_document(self, uri: str, delay: float) -> None:
        """Pass on the new text of document ``uri``, and check it after ``delay`` seconds without another change."""
        document = self.document(uri)
        if document and document.file and self.is_mirrored(document):
            self.sessions.mirror(document.file, document.text)
            self.diagnostics.schedule(document, delay)

    def forget_document(self, uri: str) -> None:
        """Use the saved text of document ``uri``: it is closed, or what the client shows is not known."""
        if path := path_of_uri(uri):
            self.sessions.forget(path)
        self.feedback.closed(uri)
        self.diagnostics.close_document(uri)

    def ensure_workspace(self, path: Path | None) -> None:
        """Use the folder of ``path``, if there is one, as the workspace if there is none yet."""
        if path is not None:
            self.sessions.ensure_workspace(path)

    @property
    def folder(self) -> Path:
        """The folder that unsaved documents belong to."""
        return self.sessions.folder_for_unsaved(self.protocol.workspace)

    @property
    def settings(self) -> Settings:
        """The current settings; the defaults before there are any."""
        return self.sessions.settings or Settings()

    def refresh(self) -> None:
        """Drop cached answers and check open documents again: the session, the index or the settings have changed."""
        self.completions.clear_cache()
        self.code_actions.clear_cache()
        self.diagnostics.refresh()

    def configure(self) -> None:
        """Decode the client's settings, warn about those that are wrong, and use the rest."""
        settings, problems = self.configuration.decode()
        for problem in problems:
            self.messages.warning(problem)
        self.completions.clear_cache()
        for pattern in self.feedback.configure(settings):
            self.messages.warning(f"soothsay.feedback.exclude: {pattern!r} is not a pattern; ignored")
        self.sessions.apply_settings(settings)

    async def complete(
        self,
        document: Document | None,
        position: types.Position,
        *,
        automatic: bool,
        chosen: types.SelectedCompletionInfo | None = None,
    ) -> Answer | None:
        """Return the completion of ``document`` at ``position``, or None; after the item ``chosen`` of the client's list.

        ``automatic``: the user did not ask for it.
        """
        workspace = self.protocol.workspace
        return await self.completions.complete(
            workspace, document, position, automatic=automatic, chosen=chosen
        )

    def stop(self, timeout: float = 5.0) -> bool:
        """Stop the model and the index within ``timeout`` seconds; False when a thread does not end."""
        self.completions.stop()
        self.diagnostics.interrupt()
        stopped = self.feedback.stop(1.0) & self.downloads.stop(1.0) & self.command_worker.stop(1.0)
        return self.sessions.stop(timeout) & self.diagnostics.stop(1.0) & stopped

    def report_server_error(self, error: Exception, source: object) -> None:
        """Log an internal error. pygls would show a pop-up, which does not help the user."""
        logger.error("%s: %s", getattr(source, "__name__", source), error)


def create_server(session_factory: SessionFactory = open_session) -> SoothsayServer:
    """Return a server that opens its sessions with ``session_factory``, once settings and workspace are known."""
    languages()  # loaded now, because it reads the disk
    server = SoothsayServer(session_factory)
    _register_life_cycle(server)
    _register_completion(server)
    _register_code_actions(server)
    _register_documents(server)
    _register_acceptance(server)
    _register_explanations(server)
    _register_models(server)
    _register_control(server)
    return server


def _register_life_cycle(server: SoothsayServer) -> None:
    """Register initialization, settings, workspace folders and shutdown."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.configuration.initial = params.initialization_options
        server.configuration.trusted = keeps_settings_apart(params.capabilities)

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        server.status.enable(server.client_capabilities)
        await asyncio.gather(server.configuration.pull(server), watch_files(server))
        if folder := server.protocol.workspace.first_folder():
            server.sessions.set_workspace(folder, server.protocol.workspace.all_folders())
        server.configure()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configuration_changed(params: types.DidChangeConfigurationParams) -> None:
        if params.settings is not None:
            server.configuration.current = params.settings
        await server.configuration.pull(server)
        server.configure()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        workspace = server.protocol.workspace
        server.sessions.set_workspace(workspace.first_folder(), workspace.all_folders())

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.completions.stop()
        server.diagnostics.interrupt()
        server.downloads.interrupt()
        server.sessions.interrupt()


def _register_completion(server: SoothsayServer) -> None:
    """Register ghost text, list items and cursor moves."""

    # Without the options pygls would not announce the capability.
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        server.heartbeat.touch()
        document = server.document(params.text_document.uri)
        automatic = params.context.trigger_kind == types.InlineCompletionTriggerKind.Automatic
        chosen = params.context.selected_completion_info
        answer = await server.complete(document, params.position, automatic=automatic, chosen=chosen)
        snippets = server.settings.completion.snippets and takes_inline_snippets(server.client_capabilities)
        return inline_items(answer, chosen, snippets=snippets)

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=["."], resolve_provider=True),
    )
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        document = server.document(params.text_document.uri)
        # LSP calls a list that opens while a word is typed "invoked"; only a trigger character is known to be automatic.
        kind = params.context.trigger_kind if params.context else types.CompletionTriggerKind.Invoked
        automatic = kind != types.CompletionTriggerKind.Invoked
        answer = await server.complete(document, params.position, automatic=automatic)
        encoding, client = document.encoding if document else "utf-16", server.client_capabilities
        snippets = server.settings.completion.snippets and takes_list_snippets(client)
        return list_items(answer, encoding, resolvable=can_resolve(client), snippets=snippets)

    @server.feature(types.COMPLETION_ITEM_RESOLVE)
    def resolve(item: types.CompletionItem) -> types.CompletionItem:
        return resolve_item(item, server.completions.answers)

    @server.feature(DID_MOVE_CURSOR)
    def cursor_moved(params: Any) -> None:
        """Prepare the prompt at the new position. Sending this notification is optional for clients."""
        move = parse_cursor_move(params)
        document = server.document(move[0]) if move else None
        if move and document:
            server.completions.cursor_moved(server.protocol.workspace, document, move[1])


def _register_code_actions(server: SoothsayServer) -> None:
    """Register the quick fixes of wrong calls."""

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        client = server.client_capabilities.workspace
        edits = client.workspace_edit if client else None
        document = server.document(params.text_document.uri)
        versioned = bool(edits and edits.document_changes)
        return await server.code_actions.actions(document, params, versioned=versioned)


def _register_documents(server: SoothsayServer) -> None:
    """Register the changes of open documents and of files."""
    server.protocol.on_lost = server.forget_document

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = server.document(params.text_document.uri)
        if document and not server.sessions.refusal(document):
            server.ensure_workspace(document.file or path_of_unsaved(document, server.folder))
        server.sync_document(params.text_document.uri, AFTER_OPEN_S)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.heartbeat.touch()
        server.code_actions.abort()
        if document := server.document(params.text_document.uri):
            server.completions.document_changed(server.protocol.workspace, document)
        server.sync_document(params.text_document.uri, AFTER_EDIT_S)
        if document:
            server.feedback.changed(document)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.forget_document(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        document = server.document(params.text_document.uri)
        if document and document.file:
            server.sessions.files_changed([document.file])
            server.diagnostics.schedule(document, AFTER_OPEN_S)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def notebook_opened(params: types.DidOpenNotebookDocumentParams) -> None:
        server.ensure_workspace(path_of_notebook(params.notebook_document.uri, server.folder))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        server.sessions.files_changed(*updated_and_removed(params.changes))


def _register_acceptance(server: SoothsayServer) -> None:
    """Register the notifications about shown and accepted completions, and the statistics."""

    @server.feature(DID_SHOW)
    def shown(params: Any) -> None:
        server.acceptance.shown(getattr(params, "id", None))
        server.feedback.shown(getattr(params, "id", None))

    @server.feature(DID_PARTIALLY_ACCEPT)
    def partially_accepted(params: Any) -> None:
        length = getattr(params, "acceptedLength", None)
        server.acceptance.partially_accepted(getattr(params, "id", None), length)
        server.feedback.partially_accepted(getattr(params, "id", None), length)

    @server.command(ACCEPTED)
    def accepted(*arguments: Any) -> None:
        """Count a completion that the client has inserted."""
        server.acceptance.accepted(_id_in(arguments))
        server.feedback.accepted(_id_in(arguments))

    @server.command("soothsay.stats")
    def stats(*arguments: Any) -> dict[str, Any]:
        """Return counts since the server started: completions, tokens, and the longest delays in milliseconds."""
        return {
            **server.acceptance.to_json(),
            "feedback": server.feedback.to_json(),
            "model": {
                "evaluated": server.sessions.evaluated,
                "longestFreeMs": round(server.completions.longest_cancel_ms, 1),
            },
            "eventLoop": {
                "beats": server.heartbeat.beats,
                "longestBlockMs": round(server.heartbeat.longest_ms, 1),
                "longestHeldMs": round(server.heartbeat.longest_held_ms, 1),
            },
        }


def _register_explanations(server: SoothsayServer) -> None:
    """Register the commands that explain a completion."""

    @server.command("soothsay.explainLast")
    def explain_last(*arguments: Any) -> dict[str, Any] | None:
        """Return the contract's JSON of the completion that was shown last, and why nothing was shown since; or None."""
        return last_to_json(server.completions.answers)

    @server.command("soothsay.explain")
    def explain(*arguments: Any) -> dict[str, Any] | None:
        """Return the contract's JSON of the completion with the given id, by default the last; None if unknown."""
        answers = server.completions.answers
        number = _id_in(arguments)
        return answer_to_json(answers.last() if number is None else answers.get(number))


def _register_models(server: SoothsayServer) -> None:
    """Register the commands that list and download models."""

    @server.command("soothsay.models")
    async def models(*arguments: Any) -> list[dict[str, Any]]:
        """Return the models of the registry, and which of them are downloaded."""
        return await server.command_worker.run(models_to_json, server.settings)

    @server.command("soothsay.pullModel")
    async def pull_model(name: Any = None, *arguments: Any) -> dict[str, str]:
        """Download a model, load it if the session lacks it, and return its path."""
        pulled = await server.downloads.pull(name, command_token.get())
        if pulled.fresh:
            server.sessions.model_pulled(name)
        return {"path": str(pulled.path)}


def _register_control(server: SoothsayServer) -> None:
    """Register the commands that check and control the server."""

    @server.command("soothsay.doctor")
    async def doctor(*arguments: Any) -> list[dict[str, Any]]:
        """Check the installation; return what is wrong, with the fix."""
        given = server.settings, server.folder, server.sessions.roots
        return await server.command_worker.run(checks_to_json, *given)

    @server.command("soothsay.reindex")
    def reindex(*arguments: Any) -> dict[str, bool]:
        """Start an index build; its progress tells when it is done."""
        return {"started": server.sessions.reindex()}

    @server.command("soothsay.pause")
    def pause(*arguments: Any) -> dict[str, bool]:
        """Give no completions until `soothsay.resume`."""
        server.completions.pause()
        return {"paused": server.completions.paused}

    @server.command("soothsay.snooze")
    def snooze(minutes: Any = None, *arguments: Any) -> dict[str, Any]:
        """Give no completions for ``minutes`` (a number above 0, by default 10), or until `soothsay.resume`."""
        server.completions.snooze(60 * _minutes_in(minutes))
        return {"paused": server.completions.paused}

    @server.command("soothsay.toggle")
    def toggle(*arguments: Any) -> dict[str, bool]:
        """Pause, or resume if completions are paused."""
        if server.completions.paused:
            server.completions.resume()
        else:
            server.completions.pause()
        return {"paused": server.completions.paused}

    @server.command("soothsay.resume")
    def resume(*arguments: Any) -> dict[str, bool]:
        """Give completions again, and retry to load a model that could not be loaded."""
        server.completions.resume()
        return {"paused": server.completions.paused}


def _minutes_in(argument: object) -> float:
    """Return the minutes of a snooze. Raises an LSP error if ``argument`` is not a number above 0 and below a week."""
    if argument is None:
        return _SNOOZE_MINUTES
    if isinstance(argument, int | float) and argument is not True and 0 < argument <= _LONGEST_SNOOZE_MINUTES:
        return float(argument)
    raise JsonRpcInvalidParams(
        f"soothsay.snooze takes minutes, a number above 0 and up to {_LONGEST_SNOOZE_MINUTES}: got {argument!r}"
    )


def _id_in(arguments: Sequence[Any]) -> object:
    """Return the id in the first argument, ``{"id": 7}`` or ``7``."""
    first = arguments[0] if arguments else None
    return first.get("id") if isinstance(first, dict) else first
