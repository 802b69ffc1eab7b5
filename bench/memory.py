"""Resident memory of the server and of the processes that it starts, after real completions: `make bench-memory`.

Starts `soothsay serve --stdio` on a copy of examples/, waits for the index, completes two files and reads the
resident set size (RSS) of all its processes from the operating system.
"""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
import tempfile
from pathlib import Path

import psutil
from lsprotocol import types
from pygls.lsp.client import LanguageClient

EXAMPLES = Path(__file__).parents[1] / "examples"


async def measure(workspace: Path) -> list[tuple[str, int]]:
    """Name and resident bytes of each of our processes."""
    client = LanguageClient("bench-memory", "1")
    indexed = asyncio.Event()
    indexing: set[str | int] = set()

    @client.feature(types.PROGRESS)
    def on_progress(params: types.ProgressParams) -> None:
        value = params.value if isinstance(params.value, dict) else vars(params.value)
        if value.get("kind") == "begin" and str(value.get("title", "")).startswith("Index"):
            indexing.add(params.token)
        elif value.get("kind") == "end" and params.token in indexing:
            indexed.set()

    @client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
    def on_create(_: types.WorkDoneProgressCreateParams) -> None:
        return None

    await client.start_io(sys.executable, "-m", "soothsay", "serve", "--stdio")
    await client.initialize_async(
        types.InitializeParams(
            types.ClientCapabilities(window=types.WindowClientCapabilities(work_done_progress=True)),
            workspace_folders=[types.WorkspaceFolder(workspace.as_uri(), "examples")],
            initialization_options={"index": {"python": sys.executable}},
        )
    )
    client.initialized(types.InitializedParams())
    await asyncio.wait_for(indexed.wait(), 600)
    for name in ("bedrock.py", "refund.py"):
        text = (workspace / name).read_text(encoding="utf-8").rstrip("\n")
        uri = (workspace / name).as_uri()
        client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text))
        )
        position = types.Position(text.count("\n"), len(text.rsplit("\n", 1)[-1]))
        await client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                types.TextDocumentIdentifier(uri),
                position,
            )
        )
    assert client._server is not None
    server = psutil.Process(client._server.pid)
    found = [("server", server.memory_info().rss)]
    found += [(_name(child), child.memory_info().rss) for child in server.children()]
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return found


def _name(child: psutil.Process) -> str:
    return "index worker" if "soothsay_index.worker" in child.cmdline() else child.name()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(shutil.copytree(EXAMPLES, Path(folder) / "examples"))
        print(f"{platform.system()} {platform.machine()}, {psutil.cpu_count()} cores, default settings")
        for name, resident in asyncio.run(measure(workspace)):
            print(f"{name:<14}{resident / 1e6:8.0f} MB resident")


if __name__ == "__main__":
    main()
