"""A backend in this process: its own listener, channels and windows, and sessions that do what a test says."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import Any

from soothsay.backend import launch
from soothsay.backend.address import (
    BackendFiles,
    ConnectionInfo,
    new_address,
    process_started_at,
    write_connection_info,
)
from soothsay.backend.launch import BackendConnection
from soothsay.backend.server import BackendServer
from soothsay.backend.window import EditorWindow
from soothsay.config import Settings
from soothsay.engine.types import (
    AdapterUse,
    Completion,
    CompletionRequest,
    Fault,
    Replacement,
    TriggerDecision,
)
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import IndexSummary, Progress

PATIENCE = 60.0  # seconds: the machine may be busy
NOBODY = 2**30  # no process has such a number

FATAL = {"SIGABRT": "Aborted", "SIGSEGV": "Segmentation fault", "SIGILL": "Illegal instruction"}


def completion(text: str) -> Completion:
    return Completion(text, text, "verified", "full", TriggerDecision(False))


class World:
    """What the sessions do, which a test may change, and what was done with them."""

    def __init__(self) -> None:
        self.sessions: list[StandInSession] = []
        self.open: Callable[[StandInSession], None] = lambda session: None
        self.load: Callable[[StandInSession], None] = lambda session: None
        self.complete: Callable[[CompletionRequest, Cancellation, Callable[[str], None]], Completion] = (
            lambda request, cancel, on_text: completion(request.text)
        )
        self.build: Callable[[Callable[[Progress], None], Cancellation], IndexSummary] = (
            lambda on_progress, cancel: IndexSummary(files=1)
        )
        self.mirror: Callable[[Path, str], None] = lambda path, text: None


class StandInSession:
    """In place of `soothsay.backend.session.Session`."""

    adapters: tuple[AdapterUse, ...] = ()

    def __init__(
        self,
        world: World,
        settings: Settings,
        workspace: Path,
        open_index: object,
        models: object,
        *,
        environ: Mapping[str, str],
        lane: object,
        subfolders: bool,
    ) -> None:
        self.subfolders = subfolders
        self.settings = settings
        self.workspace = workspace
        self.environ = environ
        self.warnings: list[str] = []
        self.evaluated = 0
        self.shown: dict[Path, str] = {}
        self.loads = 0
        self.closes = 0
        self.asked: list[tuple[Any, ...]] = []
        self._world = world
        world.open(self)
        world.sessions.append(self)

    @property
    def index(self) -> StandInSession:
        return self

    def status(self) -> IndexSummary:
        return IndexSummary(files=7)

    def processes(self) -> dict[str, int]:
        return {}

    def load_model(self) -> None:
        self._world.load(self)
        self.loads += 1

    def complete(
        self, request: CompletionRequest, cancel: Cancellation, on_text: Callable[[str], None]
    ) -> Completion:
        done = self._world.complete(request, cancel, on_text)
        self.evaluated += 10
        return done

    def speculate(self, request: CompletionRequest, cancel: Cancellation) -> Completion:
        return self._world.complete(request, cancel, lambda text: None)

    def prepare(self, request: CompletionRequest, cancel: Cancellation) -> None:
        self.asked.append(("prepare", request))

    def find_faults(self, path: Path, text: str, cancel: Cancellation, *, typed: bool) -> Sequence[Fault]:
        self.asked.append(("find_faults", path, text, typed))
        return (Fault("unknown_name", "", "f", 0, 1, 3, text),)

    def repair(self, path: Path, text: str, fault: Fault, cancel: Cancellation) -> Replacement | None:
        self.asked.append(("repair", path, text, fault))
        return None if fault.name == "hopeless" else Replacement(0, 1, text, fault.name)

    def build_index(
        self,
        on_progress: Callable[[Progress], None],
        cancel: Cancellation,
        *,
        embed: bool,
        awaited: bool,
        file: Path | None,
    ) -> IndexSummary:
        self.asked.append(("build_index", embed, awaited))
        return self._world.build(on_progress, cancel)

    def update_files(self, paths: Sequence[Path]) -> int:
        self.asked.append(("update_files", tuple(paths)))
        return len(paths)

    def remove_files(self, paths: Sequence[Path]) -> int:
        self.asked.append(("remove_files", tuple(paths)))
        return len(paths)

    def mirror(self, path: Path, text: str) -> None:
        self._world.mirror(path, text)
        self.shown[path] = text

    def forget(self, path: Path) -> None:
        self.shown.pop(path, None)

    def close(self) -> None:
        self.closes += 1


class SmallBackend:
    """Listens in ``folder``. For windows it is one process after the other, each with a number that no process has."""

    def __init__(self, folder: Path, *, build: str = "1-small", files: BackendFiles | None = None) -> None:
        self.files = files or BackendFiles(folder, "small")
        self.backend = BackendServer(self.files)
        family, address = new_address(self.files)
        self._listener = Listener(address, family, 16)
        self.info = ConnectionInfo(
            os.getpid(), process_started_at(os.getpid()), family, address, secrets.token_hex(16), build
        )
        write_connection_info(self.files, self.info)
        self.pid = NOBODY
        self.reached = 0
        self.errors: list[Exception] = []  # that the next tries to reach it end with
        self._accepting = threading.Thread(
            target=self.backend._accept, args=(self._listener, self.info), daemon=True
        )
        self._accepting.start()

    def connect_or_start(self, name: str) -> BackendConnection:
        """Connect as `launch.connect_or_start` does."""
        self.reached += 1
        if self.errors:
            raise self.errors.pop(0)
        connection = launch._connect(self.files, name, self.info.build)
        assert connection is not None
        return replace(connection, info=replace(connection.info, pid=self.pid, created=1.0))

    @property
    def windows(self) -> list[EditorWindow]:
        with self.backend._lock:
            return list(self.backend._windows)

    def die(self, name: str = "SIGKILL") -> None:
        """End as a process does that gets the signal ``name``: the next one has another number."""
        fatal = f"Fatal Python error: {FATAL[name]}\n" if name in FATAL else ""
        self.files.log.write_text(f"soothsay backend {self.pid} began\n{fatal}")
        self.pid += 1
        self.cut()

    def cut(self) -> None:
        """End all connections."""
        for window in self.windows:
            window._stream.close()

    def close(self) -> None:
        """Stop listening."""
        self.backend._end.set()
        with contextlib.suppress(OSError):
            Client(self.info.address, self.info.family).close()
        self._accepting.join(PATIENCE)
        self.cut()
        self._listener.close()


def until(condition: Callable[[], object], what: str = "it") -> None:
    """Wait until ``condition`` is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.002)


class Call:
    """A call on a thread of its own."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(function,), daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> Any:
        """Return, or raise, what the call did."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the call does not return"
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self, function: Callable[[], Any]) -> None:
        try:
            self._result = function()
        except BaseException as error:
            self._error = error
