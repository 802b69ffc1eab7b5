"""Memory of one, two and four editor windows, after real completions and a while at rest: `make bench-memory`.

Each window is a real `soothsay serve --stdio` on a workspace of its own (a copy of examples/ under another name); all
share one backend. Reported are the resident set size (RSS), which counts what processes share in each of them, and the
proportional set size (PSS, Linux only), which counts it once.

REST=150    seconds at rest before the memory is read: the embedding process ends after two minutes
WINDOWS=1,2,4
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from bench.machine import about, head_commit
from lsprotocol import types
from pygls.lsp.client import LanguageClient

EXAMPLES = Path(__file__).parents[1] / "examples"
RESULTS = Path(__file__).parent / "results" / "memory.md"
IDLE_GOAL, WINDOW_GOAL, INDEX_GOAL = 900, 250, 300  # MB
_ASKED = ("bedrock.py", "refund.py")


@dataclass(frozen=True, slots=True)
class Used:
    """Megabytes of one process, or of several."""

    rss: float
    pss: float

    def __add__(self, other: Used) -> Used:
        return Used(self.rss + other.rss, self.pss + other.pss)


class Window:
    """One editor window."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.client = LanguageClient("bench-memory", "1")
        self._indexed = asyncio.Event()
        self._indexing: set[str | int] = set()

        @self.client.feature(types.PROGRESS)
        def on_progress(params: types.ProgressParams) -> None:
            self._note(params)

        @self.client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
        def on_create(_: types.WorkDoneProgressCreateParams) -> None:
            return None

    @property
    def server(self) -> psutil.Process:
        """The process that the editor started."""
        assert self.client._server is not None
        return psutil.Process(self.client._server.pid)

    async def open(self, environment: Mapping[str, str], interpreter: str = sys.executable) -> None:
        """Start the server, and wait until the index is finished; the packages are those of ``interpreter``."""
        await self.client.start_io(
            sys.executable, "-P", "-m", "soothsay", "serve", "--stdio", env=dict(environment)
        )
        window = types.WindowClientCapabilities(work_done_progress=True)
        await self.client.initialize_async(
            types.InitializeParams(
                types.ClientCapabilities(window=window),
                workspace_folders=[types.WorkspaceFolder(self.workspace.as_uri(), self.workspace.name)],
                initialization_options={"index": {"python": interpreter}},
            )
        )
        self.client.initialized(types.InitializedParams())
        await asyncio.wait_for(self._indexed.wait(), 1800)

    async def work(self) -> None:
        """Complete two files."""
        for name in _ASKED:
            text = (self.workspace / name).read_text(encoding="utf-8").rstrip("\n")
            uri = (self.workspace / name).as_uri()
            item = types.TextDocumentItem(uri, "python", 1, text)
            self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
            position = types.Position(text.count("\n"), len(text.rsplit("\n", 1)[-1]))
            await self.client.text_document_inline_completion_async(
                types.InlineCompletionParams(
                    types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                    types.TextDocumentIdentifier(uri),
                    position,
                )
            )

    async def close(self) -> None:
        """Leave as editors do."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()

    def _note(self, params: types.ProgressParams) -> None:
        value = params.value if isinstance(params.value, dict) else vars(params.value)
        if value.get("kind") == "begin" and str(value.get("title", "")).startswith("Index"):
            self._indexing.add(params.token)
        elif value.get("kind") == "end" and params.token in self._indexing:
            self._indexed.set()


def used(process: psutil.Process) -> Used:
    """Return what one process takes."""
    full = process.memory_full_info()
    return Used(full.rss / 1e6, getattr(full, "pss", full.rss) / 1e6)


def by_kind(windows: list[Window]) -> dict[str, Used]:
    """Return what our processes take, by what they do."""
    found: dict[str, Used] = {}
    servers = [window.server for window in windows]
    everything = {
        child.pid: child for server in servers for child in (server, *server.children(recursive=True))
    }
    for process in everything.values():
        kind = "editor's process" if process in servers else kind_of(process)
        found[kind] = found.get(kind, Used(0, 0)) + used(process)
    return found


def kind_of(process: psutil.Process) -> str:
    """Return what a process of ours does."""
    command = " ".join(process.cmdline())
    for part, kind in (
        ("soothsay.backend", "backend"),
        ("soothsay_index.worker", "index worker"),
        ("soothsay_index.embedding", "embedding process"),
    ):
        if part in command:
            return kind
    return "type checker" if Path(process.cmdline()[0]).stem == "ty" else process.name()


async def measure(counts: list[int], rest: float) -> dict[int, dict[str, Used]]:
    """Return what so many windows take, by kind of process."""
    found: dict[int, dict[str, Used]] = {}
    with tempfile.TemporaryDirectory(prefix="soothsay-") as folder:
        environment = {**os.environ, "SOOTHSAY_RUNTIME": str(Path(folder) / "run")}
        windows: list[Window] = []
        for count in counts:
            while len(windows) < count:
                workspace = Path(shutil.copytree(EXAMPLES, Path(folder) / f"examples{len(windows)}"))
                (workspace / "pyproject.toml").touch()
                window = Window(workspace)
                await window.open(environment)
                await window.work()
                windows.append(window)
            await asyncio.sleep(rest)
            found[count] = by_kind(windows)
        for window in reversed(windows):  # the first one's process has the backend as its child
            await window.close()
    return found


def report(found: Mapping[int, Mapping[str, Used]], rest: float) -> str:
    """Return the page."""
    lines = [
        "# Memory",
        "",
        "One command: `make bench-memory`. Real servers with default settings and the 0.5B, each on a copy of examples/ "
        f"with its index finished; two completions a window, then {rest:.0f} s at rest. MB; RSS counts what processes "
        "share in each of them, PSS once.",
        "",
        *(
            f"* {name}: {value}"
            for name, value in {"commit": head_commit(), **about(("llama-cpp-python", "lancedb"))}.items()
        ),
        "",
        "| windows | process | RSS | PSS |",
        "|---|---|---|---|",
    ]
    totals = {count: sum(kinds.values(), Used(0, 0)) for count, kinds in found.items()}
    for count, kinds in found.items():
        for kind, use in sorted(kinds.items(), key=lambda item: -item[1].rss):
            lines.append(f"| {count} | {kind} | {use.rss:,.0f} | {use.pss:,.0f} |")
        lines.append(f"| {count} | **all** | **{totals[count].rss:,.0f}** | **{totals[count].pss:,.0f}** |")
    lines += ["", "| goal | MB | RSS | PSS |", "|---|---|---|---|"]
    first, *more = found
    lines.append(
        f"| one idle workspace, all processes | {IDLE_GOAL} | {totals[first].rss:,.0f} | {totals[first].pss:,.0f} |"
    )
    for before, count in zip((first, *more), more, strict=False):
        each = count - before
        rss = (totals[count].rss - totals[before].rss) / each
        pss = (totals[count].pss - totals[before].pss) / each
        lines.append(f"| each window more, {before} to {count} | {WINDOW_GOAL} | {rss:,.0f} | {pss:,.0f} |")
    index = found[first].get("index worker")
    if index is not None:
        lines.append(f"| index worker, idle | {INDEX_GOAL} | {index.rss:,.0f} | {index.pss:,.0f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    counts = [int(each) for each in (os.environ.get("WINDOWS") or "1,2,4").split(",")]
    rest = float(os.environ.get("REST") or 150)
    print(
        f"{platform.system()} {platform.machine()}, {psutil.cpu_count()} cores, default settings", flush=True
    )
    page = report(asyncio.run(measure(counts, rest)), rest)
    RESULTS.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
