"""An editor for tests: a pytest-lsp client, and the journal of the fake session at the other end."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client


def capabilities(**changes: Any) -> types.ClientCapabilities:
    """What a modern editor announces; pytest-lsp knows no client with inline completion, so it is set here.

    Its settings are its user's own, as in VS Code.
    """
    experimental = {
        "soothsay": {"settingsTrusted": True, **(changes.pop("experimental", None) or {}).get("soothsay", {})}
    }
    parts: dict[str, Any] = {
        "workspace": types.WorkspaceClientCapabilities(configuration=True),
        "window": types.WindowClientCapabilities(work_done_progress=True),
        "text_document": types.TextDocumentClientCapabilities(
            inline_completion=types.InlineCompletionClientCapabilities(),
            completion=types.CompletionClientCapabilities(
                completion_item=types.ClientCompletionItemOptions(
                    documentation_format=[types.MarkupKind.Markdown], label_details_support=True
                )
            ),
        ),
    }
    return types.ClientCapabilities(**{**parts, "experimental": experimental, **changes})


class Editor:
    """What an editor does, in a word each."""

    def __init__(self, client: LanguageClient, workspace: Path, journal: Path) -> None:
        self.client = client
        self.workspace = workspace
        self._journal = journal

    async def start(
        self,
        client_capabilities: types.ClientCapabilities | None = None,
        options: Any = None,
        folders: bool = True,
        settings: Any = None,
    ) -> types.InitializeResult:
        if settings is not None:
            self.client.set_configuration(settings, section="soothsay")
        folder = types.WorkspaceFolder(uri=self.workspace.as_uri(), name="workspace")
        return await self.client.initialize_session(
            types.InitializeParams(
                capabilities=client_capabilities or capabilities(),
                initialization_options=options,
                workspace_folders=[folder] if folders else None,
            )
        )

    def uri(self, name: str = "main.py") -> str:
        return name if ":" in name else (self.workspace / name).as_uri()

    def open(self, text: str, name: str = "main.py", language: str = "python") -> None:
        item = types.TextDocumentItem(uri=self.uri(name), language_id=language, version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))

    def inline(self, line: int, character: int, name: str = "main.py") -> asyncio.Future[list[str]]:
        """Ask for ghost text; a task, so that several can be under way."""
        return asyncio.ensure_future(self._inline(line, character, name))

    async def _inline(self, line: int, character: int, name: str) -> list[str]:
        result = await self.client.text_document_inline_completion_async(
            self.inline_params(line, character, name)
        )
        assert isinstance(result, types.InlineCompletionList)
        return [str(item.insert_text) for item in result.items]

    def inline_params(self, line: int, character: int, name: str = "main.py") -> types.InlineCompletionParams:
        return types.InlineCompletionParams(
            context=types.InlineCompletionContext(trigger_kind=types.InlineCompletionTriggerKind.Automatic),
            text_document=types.TextDocumentIdentifier(uri=self.uri(name)),
            position=types.Position(line, character),
        )

    async def complete(self, line: int, character: int, name: str = "main.py") -> types.CompletionList:
        params = types.CompletionParams(
            text_document=types.TextDocumentIdentifier(uri=self.uri(name)),
            position=types.Position(line, character),
        )
        result = await self.client.text_document_completion_async(params)
        assert isinstance(result, types.CompletionList)
        return result

    async def command(self, name: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(command=name, arguments=list(arguments) or None)
        return await self.client.workspace_execute_command_async(params)

    async def explain(self) -> Any:
        return await self.command("soothsay.explainLast")

    def release(self) -> None:
        """Let the fake session go on where it waits for the test (`wait_for_release`)."""
        self._journal.with_name("released").touch()

    def journal(self, *events: str) -> list[dict[str, Any]]:
        """What the fake session has written, in order; only ``events`` when some are named."""
        text = self._journal.read_text(encoding="utf-8") if self._journal.exists() else ""
        entries = [json.loads(line) for line in text.splitlines()]
        return [entry for entry in entries if not events or entry["event"] in events]

    async def happened(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until the session has seen ``event``."""
        await until(lambda: len(self.journal(event)) >= count, f"{event} in {self.journal()}")
        return self.journal(event)

    async def told(self, text: str) -> types.ShowMessageParams:
        """Wait until the user was shown ``text``."""
        await until(lambda: self.shown(text), f"{text!r} in {self.client.messages}")
        return self.shown(text)[0]

    def shown(self, text: str) -> list[types.ShowMessageParams]:
        return [message for message in self.client.messages if text in message.message]

    @property
    def process(self) -> asyncio.subprocess.Process:
        process = self.client._server
        assert process is not None
        return process


def listen(editor: Editor) -> list[Any]:
    """Every ``soothsay/status`` from now on."""
    heard: list[Any] = []

    @editor.client.feature("soothsay/status")
    def hear(params: Any) -> None:
        heard.append(params)

    return heard


async def until(condition: Callable[[], Any], what: str, patience: float = 10.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def real_server(workspace: Path, unused: Path) -> AsyncIterator[Editor]:
    """Start the real server, not the fake one, for ``workspace``; ``unused`` is a folder for a journal that nobody writes."""
    client = make_test_lsp_client()
    await client.start_io(sys.executable, "-m", "soothsay", "serve", "--stdio")
    yield Editor(client, workspace, unused / "unused")
    await client.shutdown_session()
    await client.stop()
