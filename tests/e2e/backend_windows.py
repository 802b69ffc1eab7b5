"""Editor windows for the backend's tests: real servers over stdio, with a folder for sockets of their own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

PATIENCE = 120.0  # seconds: other tests may use the processors

# what is judged is what is written, not how fast
SETTINGS: dict[str, Any] = {
    "index": {"python": sys.executable},
    "completion": {
        "maxLatencyMs": 120_000,
        "linesMs": 120_000,
        "writeMs": 120_000,
        "readMs": 120_000,
        "speculate": False,
    },
    "backend": {"lingerS": 20},
}

TEXTS = {
    "shop": "import json\n\n\ndef load(path):\n    # read the prices as JSON\n    with open(path) as file:\n        return ",
    "geometry": "import math\n\n\ndef area(radius):\n    # area of a circle\n    return ",
    "dates": "from datetime import datetime\n\n\ndef stamp():\n    # the time now, as text\n    return ",
    "words": "from collections import Counter\n\n\ndef common(text):\n    # the ten most common words\n    return ",
}


@dataclass
class Window:
    """One editor window on a workspace of its own."""

    client: LanguageClient
    workspace: Path
    settings: dict[str, Any]
    statuses: list[Any] = field(default_factory=list)
    _version: int = 0

    @property
    def server(self) -> psutil.Process:
        """The process that the editor started."""
        assert self.client._server is not None
        return psutil.Process(self.client._server.pid)

    @property
    def shown(self) -> list[str]:
        """The messages that a person has seen."""
        return [message.message for message in self.client.messages]

    async def initialize(self) -> None:
        """Do what editors do first."""
        self.client.set_configuration(self.settings, section="soothsay")
        await self.client.initialize_session(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(
                    workspace=types.WorkspaceClientCapabilities(configuration=True),
                    window=types.WindowClientCapabilities(work_done_progress=True),
                    experimental={"soothsay": {"status": True, "settingsTrusted": True}},
                ),
                workspace_folders=[types.WorkspaceFolder(self.workspace.as_uri(), self.workspace.name)],
            )
        )

    def open(self, text: str, name: str = "main.py") -> str:
        """Open a document; returns its URI."""
        uri = (self.workspace / name).as_uri()
        self._version += 1
        item = types.TextDocumentItem(uri, "python", self._version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    async def ask(self, text: str, name: str = "main.py", patience: float = PATIENCE) -> str:
        """Return the ghost text at the end of ``text``, which is open as ``name``; empty when there is none."""
        lines = text.split("\n")
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier((self.workspace / name).as_uri()),
            types.Position(len(lines) - 1, len(lines[-1])),
        )
        answer = await asyncio.wait_for(self.client.text_document_inline_completion_async(params), patience)
        assert isinstance(answer, types.InlineCompletionList)
        return str(answer.items[0].insert_text) if answer.items else ""

    async def complete(self, text: str, name: str = "main.py") -> str:
        """Open ``text`` and ask until something is shown: while the model is loaded nothing is."""
        self.open(text, name)
        return await eventually(lambda: self.ask(text, name), f"a completion of {name}")

    async def complete_again(self, text: str, number: int) -> str:
        """Complete ``text`` in another file: what was shown before is answered without the backend."""
        return await self.complete(text, f"again{number}.py")

    async def leave(self) -> None:
        """Do what editors do last."""
        if self.client._server is not None and self.client._server.returncode is None:
            await asyncio.wait_for(self.client.shutdown_session(), 30)
        await self.client.stop()


class Windows:
    """Opens windows whose backend nobody else uses."""

    def __init__(self, runtime: Path, folder: Path) -> None:
        self.runtime = runtime
        self.environment = {**os.environ, "SOOTHSAY_RUNTIME": str(runtime)}
        self._folder = folder
        self._open: list[Window] = []

    async def open(self, name: str, settings: dict[str, Any] | None = None, *wrapper: str) -> Window:
        """Open a window on the workspace ``name``; ``wrapper`` is a command that the server is started with."""
        workspace = self._folder / name
        workspace.mkdir(exist_ok=True)
        (workspace / "pyproject.toml").touch()
        client = make_test_lsp_client()
        window = Window(client, workspace, settings or SETTINGS)

        @client.feature("soothsay/status")
        def on_status(params: Any) -> None:
            window.statuses.append(params)

        command = [*wrapper, sys.executable, "-P", "-m", "soothsay", "serve", "--stdio"]
        await client.start_io(command[0], *command[1:], env=self.environment)
        await window.initialize()
        self._open.append(window)
        return window

    def backends(self) -> list[psutil.Process]:
        """The backend processes that have a card and live."""
        found = []
        for card in self.runtime.glob("backend-*.json"):
            pid = json.loads(card.read_text())["pid"]
            if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(psutil.Process(pid))
        return found

    def backend(self) -> psutil.Process:
        """The only backend."""
        (only,) = self.backends()
        return only

    async def close(self) -> None:
        """Close the windows and end what is left."""
        for window in self._open:
            try:
                await window.leave()
            except Exception:
                if window.client._server is not None and window.client._server.returncode is None:
                    window.client._server.kill()
        for backend in self.backends():
            backend.kill()


async def eventually(attempt: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Return the first true result of ``attempt``, which may be a coroutine function."""
    deadline = time.monotonic() + patience
    while True:
        result = attempt()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return result
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.1)
