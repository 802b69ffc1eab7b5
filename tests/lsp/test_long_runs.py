"""A short `make soak`: real servers and a real backend, whose model is missing, hold in the end what they held before."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from fuzzing import messages
from fuzzing.machine import capabilities, start
from fuzzing.wire import PATIENCE_S, Wire

OPTIONS = {"index": {"enabled": False}, "model": {"name": "missing"}}
GROWTH = 1.05


@dataclass(frozen=True, slots=True)
class Held:
    """What one process holds."""

    descriptors: int
    threads: int

    @classmethod
    def of(cls, process: psutil.Process) -> Held:
        return cls(process.num_fds(), process.num_threads())


def until(condition: Callable[[], bool], what: str) -> None:
    for _ in range(int(20 * PATIENCE_S)):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail(f"waited in vain for {what}")


def open_window(folder: Path) -> Wire:
    """Start a server, and wait until its backend has said that the model is missing."""
    wire = start(folder, "--real")
    workspace = {"uri": (folder / "w").as_uri(), "name": "w"}
    params = {"processId": None, "rootUri": None, "capabilities": capabilities(None)}
    wire.ask("initialize", {**params, "workspaceFolders": [workspace], "initializationOptions": OPTIONS})
    wire.notify("initialized", {})
    until(lambda: (wire.notified.get("soothsay/status") or {}).get("state") == "error", "the backend")
    return wire


def work(wire: Wire, folder: Path) -> None:
    """Open a document, type into it, ask at every key, and close it."""
    uri = (folder / "w" / "a.py").as_uri()
    wire.notify("textDocument/didOpen", {"textDocument": messages.document(uri, "")})
    for number in range(40):
        edit = messages.partial(((0, number), (0, number), "a"))
        identifier = {"uri": uri, "version": number + 2}
        wire.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": [edit]})
        here = messages.at(uri, (0, number + 1), context={"triggerKind": 2})
        wire.request("textDocument/inlineCompletion", here)
    wire.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    wire.wait(wire.open_requests)


def pass_by(folder: Path) -> None:
    """Open a window, work in it, and close it."""
    wire = open_window(folder)
    work(wire, folder)
    assert wire.end() == 0


def files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file() and not path.name.startswith("server")}


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder of few characters: the path of a socket has 107 at most, and a worker's `tmp_path` is longer."""
    with tempfile.TemporaryDirectory(prefix="windows") as name:
        yield Path(name)


@pytest.mark.process
def test_windows_that_come_and_go_leave_nothing(short_folder: Path) -> None:
    (short_folder / "w").mkdir()
    first = open_window(short_folder)
    try:
        (connection,) = (short_folder / "run").glob("backend-*.json")
        backend = psutil.Process(json.loads(connection.read_text(encoding="utf-8"))["pid"])
        server = psutil.Process(first.process.pid)
        for _ in range(2):
            pass_by(short_folder)
            work(first, short_folder)
        held, kept = {each: Held.of(each) for each in (backend, server)}, files(short_folder)
        resident = {each: each.memory_info().rss for each in (backend, server)}
        children = len(server.children(recursive=True))
        for _ in range(5):
            pass_by(short_folder)
            work(first, short_folder)
        for process, before in held.items():
            until(lambda process=process, before=before: Held.of(process) == before, f"{before} of {process}")
            assert process.memory_info().rss <= GROWTH * resident[process]
        assert len(server.children(recursive=True)) == children
        assert files(short_folder) == kept
        assert first.end() == 0
    finally:
        first.kill()
