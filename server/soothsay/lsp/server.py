"""What this server offers: every feature and command is registered here, and does its work elsewhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from soothsay import __version__
from soothsay.contract import completion_to_json
from soothsay.lsp.completer import Completer
from soothsay.lsp.completion import inline_items, list_items, resolve_item
from soothsay.lsp.documents import MAX_CHARACTERS, Document
from soothsay.lsp.hints import SOON, WHEN_IDLE, Hints
from soothsay.lsp.host import Host, SessionFactory, open_session
from soothsay.lsp.messages import Messages
from soothsay.lsp.progress import Bar
from soothsay.lsp.protocol import Protocol
from soothsay.lsp.repairs import Repairs
from soothsay.lsp.settings import Configuration
from soothsay.lsp.watching import updated_and_removed, watch_files

logger = logging.getLogger(__name__)


class SoothsayServer(LanguageServer):
    """A pygls server and the rooms of this one."""

    protocol: Protocol  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, session_factory: SessionFactory) -> None:
        super().__init__("soothsay", __version__, protocol_cls=Protocol)
        self.configuration = Configuration()
        self.messages = Messages(self.window_show_message)
        self.host = Host(session_factory, self.messages, partial(Bar, self), self.contents, self.look_again)
        self.completer = Completer(self.host, self.messages)
        publish = self.text_document_publish_diagnostics
        self.hints = Hints(self.host, self.completer, publish, self.documents)
        self.repairs = Repairs(self.host, self.completer, self.hints, self.messages)

    def document(self, uri: str) -> Document | None:
        return self.protocol.workspace.opened(uri)

    def documents(self) -> list[Document]:
        """Those that are open."""
        return [each for each in self.workspace.text_documents.values() if isinstance(each, Document)]

    def contents(self) -> Iterator[tuple[Path, str]]:
        """What the editor shows, file by file."""
        for document in self.documents():
            if document.file is not None and len(document.source) <= MAX_CHARACTERS:
                yield document.file, document.text

    def mirror(self, uri: str, delay: float) -> None:
        """The editor shows a new text."""
        document = self.document(uri)
        if document and document.file and len(document.source) <= MAX_CHARACTERS:
            self.host.mirror(document.file, document.text)
            self.hints.look(document, delay)

    def look_again(self) -> None:
        """The session, the index or the settings have changed."""
        self.repairs.forget()
        self.hints.look_again()

    def configure(self) -> None:
        """Decode what the client has told, say what is wrong with it, and use the rest."""
        settings, problems = self.configuration.decode()
        for problem in problems:
            self.messages.warning(problem)
        self.host.configure(settings)

    def stop(self, timeout: float = 5.0) -> bool:
        """Stop the model and the index; False when a thread does not end."""
        self.completer.pause()
        self.hints.interrupt()
        return self.host.stop(timeout) & self.hints.stop(1.0)

    def report_server_error(self, error: Exception, source: object) -> None:
        """Log what a client cannot mend, instead of a pop-up for each."""
        logger.error("%s: %s", getattr(source, "__name__", source), error)


def create_server(session_factory: SessionFactory = open_session) -> SoothsayServer:
    """A server that opens its sessions with ``session_factory``, when settings and workspace are known."""
    server = SoothsayServer(session_factory)

    # -- life --------------------------------------------------------------------------------------

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.configuration.initial = params.initialization_options

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        await asyncio.gather(server.configuration.pull(server), watch_files(server))
        if folder := server.protocol.workspace.first_folder():
            server.host.serve(folder)
        server.configure()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configuration_changed(params: types.DidChangeConfigurationParams) -> None:
        if params.settings is not None:
            server.configuration.current = params.settings
        await server.configuration.pull(server)
        server.configure()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.host.serve(server.protocol.workspace.first_folder())

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.completer.pause()
        server.hints.interrupt()
        server.host.interrupt()

    # -- completions -------------------------------------------------------------------------------

    # Without the options pygls would not announce it.
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        document = server.document(params.text_document.uri)
        return inline_items(await server.completer.complete(document, params.position))

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=["."], resolve_provider=True),
    )
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        document = server.document(params.text_document.uri)
        answer = await server.completer.complete(document, params.position)
        return list_items(answer, document.encoding if document else "utf-16")

    @server.feature(types.COMPLETION_ITEM_RESOLVE)
    def resolve(item: types.CompletionItem) -> types.CompletionItem:
        return resolve_item(item, server.completer.answers)

    # -- repair ------------------------------------------------------------------------------------

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        client = server.client_capabilities.workspace
        edits = client.workspace_edit if client else None
        document = server.document(params.text_document.uri)
        versioned = bool(edits and edits.document_changes)
        return await server.repairs.actions(document, params, versioned=versioned)

    # -- documents and files -----------------------------------------------------------------------

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = server.document(params.text_document.uri)
        if document and document.file:
            server.host.serve_document(document.file)
        server.mirror(params.text_document.uri, SOON)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.repairs.abort()
        server.mirror(params.text_document.uri, WHEN_IDLE)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        path = to_fs_path(params.text_document.uri)
        if path:
            server.host.forget(Path(path))
        server.hints.forget(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        document = server.document(params.text_document.uri)
        if document and document.file:
            server.host.files_changed([document.file])
            server.hints.look(document, SOON)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        server.host.files_changed(*updated_and_removed(params.changes))

    # -- commands ----------------------------------------------------------------------------------

    @server.command("soothsay.explainLast")
    def explain_last(*arguments: Any) -> dict[str, Any] | None:
        """The contract's JSON of the last completion that was shown; null when there was none."""
        answer = server.completer.answers.last()
        return completion_to_json(answer.completion) if answer else None

    @server.command("soothsay.reindex")
    def reindex(*arguments: Any) -> dict[str, bool]:
        """Start to build the index anew; progress tells when it is done."""
        return {"started": server.host.reindex()}

    @server.command("soothsay.pause")
    def pause(*arguments: Any) -> dict[str, bool]:
        """No completions until `soothsay.resume`."""
        server.completer.pause()
        return {"paused": server.completer.paused}

    @server.command("soothsay.resume")
    def resume(*arguments: Any) -> dict[str, bool]:
        """Completions again; also tries again to load a model that could not be loaded."""
        server.completer.resume()
        return {"paused": server.completer.paused}

    return server
