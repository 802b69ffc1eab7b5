"""Our server behind an editor that does what our VS Code extension (or our Neovim plugin) makes it do."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from bench.latency.client import Client, LspError
from bench.latency.figures import Asked
from bench.latency.sides import Watch, used
from bench.latency.trace import Buffer, Edit, Ghost

_AUTOMATIC = 2  # LSP's InlineCompletionTriggerKind
_SETTLED = 0.1  # seconds after which the plugins tell where the cursor has gone


@dataclass(frozen=True, slots=True)
class Plugin:
    """When an editor asks."""

    debounce: float  # seconds of quiet
    foreseen: bool  # also while what it shows is being typed
    moves: bool  # also when only the cursor has moved


PLUGINS: Mapping[str, Plugin] = {
    "vscode": Plugin(0.05, foreseen=True, moves=False),  # VS Code's own debounce; it asks at every change
    "neovim": Plugin(0.06, foreseen=False, moves=True),  # editors/neovim/lua/soothsay/ghost/own.lua
}


@dataclass(frozen=True, slots=True)
class Setup:
    """How a server is started."""

    settings: Mapping[str, Any]
    workspace: Path
    cache: Path  # SOOTHSAY_CACHE
    log: Path
    plugin: Plugin
    code: Path | None = None  # a checkout whose server is started instead of this one
    variables: Mapping[str, str] = field(default_factory=dict)  # of the server's environment


class Ours:
    """`soothsay serve --stdio`, and one open file."""

    def __init__(self, setup: Setup) -> None:
        self.watch = Watch()
        self.status: dict[str, Any] = {}
        self._setup = setup
        self._client: Client | None = None
        self._buffer = Buffer("")
        self._uri = ""
        self._version = 0
        self._ghost: Ghost | None = None
        self._ghost_id: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._moved: asyncio.TimerHandle | None = None
        self._running: tuple[int, asyncio.Task[None]] | None = None
        self._steps: dict[int, int] = {}  # of the answers, by their number
        self._told = 0  # the number of the last answer that was explained
        self._requests: list[Asked] = []

    # -- life --------------------------------------------------------------------------------------

    async def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start the server, and wait until its model is loaded and its index is up to date; ``say`` is told how far."""
        command, environment = launch(self._setup)
        self._client = await Client.start(command, self._setup.log, self._note, env=environment)
        await self._client.ask("initialize", initialize_params(self._setup))
        self._client.notify("initialized", {})
        await self._ready(say)

    async def _ready(self, say: Callable[[str], None], patience: float = 3600.0) -> None:
        started, quiet = time.monotonic(), 0
        while quiet < 5:  # the index begins to be looked at a moment after the model is there
            if self.status.get("state") == "error":
                raise SystemExit(f"the server says: {self.status.get('message')}; see {self._setup.log}")
            if time.monotonic() - started > patience or self.client.process.returncode is not None:
                raise SystemExit(f"the server is not ready; see {self._setup.log}")
            quiet = quiet + 1 if self.status.get("state") == "ready" and not self.indexing else 0
            say(progress(self.status))
            await asyncio.sleep(0.1)

    @property
    def client(self) -> Client:
        assert self._client is not None, "start it first"
        return self._client

    @property
    def uri(self) -> str:
        """Of the open file."""
        return self._uri

    @property
    def workspace(self) -> Path:
        return self._setup.workspace

    @property
    def model_process(self) -> int:
        """The id of the process that evaluates: the backend, which another server may have started."""
        run = str(self._setup.cache / "run")
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if "soothsay.backend" in command and run in command:
                return process.pid
        return self.client.process.pid  # an earlier server evaluates itself

    @property
    def indexing(self) -> bool:
        return self.status.get("index") is not None

    async def open(self, buffer: Buffer, name: str = "main.py") -> None:
        """Open a file of the workspace whose text is the buffer's."""
        self._buffer, self._version = buffer, 1
        self._uri = (self._setup.workspace / name).as_uri()
        document = {"uri": self._uri, "languageId": "python", "version": 1, "text": buffer.text}
        self.client.notify("textDocument/didOpen", {"textDocument": document})
        self._tell_soon()

    async def close(self) -> None:
        self._stop_asking()
        self._stop_telling()
        await self.client.stop()

    async def command(self, name: str, *arguments: Any) -> Any:
        params = {"command": f"soothsay.{name}", "arguments": list(arguments)}
        return await self.client.ask("workspace/executeCommand", params)

    def cpu(self) -> float:
        return used(psutil.Process(self.client.process.pid))

    # -- what the editor does ----------------------------------------------------------------------

    def edited(self, edit: Edit, before: tuple[int, int], until: tuple[int, int]) -> None:
        self._version += 1
        change = {"range": {"start": _position(before), "end": _position(until)}, "text": edit.text}
        document = {"uri": self._uri, "version": self._version}
        self._stop_telling()  # the server sees by itself what is typed
        params = {"textDocument": document, "contentChanges": [change]}
        self.client.notify("textDocument/didChange", params)
        self._stop_asking()
        if self.ghost():
            self.watch.answer = self._ghost_id
            self.watch.shown()
            if not self._setup.plugin.foreseen:
                self.watch.answered()
                return
        self._ask_soon()

    def jumped(self) -> None:
        self._stop_asking()
        self._ghost = None
        self._tell_soon()
        if self._setup.plugin.moves:
            self._ask_soon()

    def _tell_soon(self) -> None:
        """Both plugins tell where the cursor has gone, once it rests."""
        self._stop_telling()
        self._moved = asyncio.get_running_loop().call_later(_SETTLED, self._tell)

    def _tell(self) -> None:
        document = {"uri": self._uri}
        params = {"textDocument": document, "position": _position(self._buffer.position())}
        self.client.notify("soothsay/didMoveCursor", params)

    def _stop_telling(self) -> None:
        if self._moved is not None:
            self._moved.cancel()
            self._moved = None

    def ghost(self) -> str:
        return self._ghost.rest(self._buffer) if self._ghost else ""

    def took(self, text: str, *, all_of_it: bool) -> None:
        if self._ghost is None or self._ghost_id is None:
            return
        if all_of_it:
            command = {"command": "soothsay.accepted", "arguments": [{"id": self._ghost_id}]}
            self.client.request("workspace/executeCommand", command)
        else:
            length = self._buffer.offset - self._ghost.offset
            self.client.notify(
                "soothsay/didPartiallyAccept", {"id": self._ghost_id, "acceptedLength": length}
            )

    def pending(self) -> bool:
        return self._timer is not None or self._running is not None

    def _stop_asking(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._running is not None:
            number, task = self._running
            self._running = None
            self.watch.cancelled += 1
            self.client.cancel(number)
            task.cancel()

    def _ask_soon(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._setup.plugin.debounce, self._ask)

    def _ask(self) -> None:
        self._timer = None
        params = {
            "textDocument": {"uri": self._uri},
            "position": _position(self._buffer.position()),
            "context": {"triggerKind": _AUTOMATIC},
        }
        self.watch.sent += 1
        number, future = self.client.request("textDocument/inlineCompletion", params)
        task = asyncio.create_task(self._take(future, self._buffer.offset, self.watch.step))
        self._running = number, task

    async def _take(self, future: asyncio.Future[Any], offset: int, step: int) -> None:
        sent = time.perf_counter()
        try:
            result = await future
        except LspError:
            result = None
        self._running = None
        items = result.get("items", []) if isinstance(result, dict) else result or []
        if items:
            self._ghost = Ghost(offset, str(items[0]["insertText"]))
            self._ghost_id = _id_of(items[0])
            if self._ghost_id is not None:
                if self._ghost_id > self._told:  # else an answer from memory, whose work has been told
                    self._steps[self._ghost_id] = step
                self.client.notify("soothsay/didShow", {"id": self._ghost_id})
        # without an item the editor keeps what it shows, as long as it fits
        if self.ghost():
            self.watch.answer = self._ghost_id
            self.watch.shown()
        self.watch.answered((time.perf_counter() - sent) * 1000)

    # -- the server's books ------------------------------------------------------------------------

    async def idle(self) -> None:
        """Ask what became of the answers since the last time; those that showed nothing have a number, too."""
        while (found := await self.command("explain", {"id": self._told + 1})) is not None:
            self._told += 1
            self._requests.append(asked(found, self._steps.pop(self._told, self.watch.step)))
        if self._steps and min(self._steps) > self._told:  # more than it remembers
            self._told = min(self._steps) - 1

    def take_requests(self) -> list[Asked]:
        taken, self._requests = self._requests, []
        return taken

    async def counters(self) -> dict[str, Any]:
        """What the server has counted itself."""
        answer = await self.command("stats")
        return {key: value for key, value in answer.items() if key != "events"}

    def _note(self, method: str, params: Any) -> None:
        if method == "soothsay/status":
            self.status = params


def progress(status: Mapping[str, Any]) -> str:
    """What the server is at, in a line."""
    index = status.get("index")
    if not index:
        return str(status.get("message") or status.get("state") or "starting")
    count = f"{index['stage']} {index['done']:,}/{index['total']:,}" if index["total"] else index["stage"]
    left = index.get("remainingSeconds")
    return count if left is None else f"{count}, {left:.0f} s left"


async def longest_wait(ours: Ours, until: asyncio.Event, every: float = 0.005) -> float:
    """The longest time, in ms, that a cheap command waited for an answer: the event loop did something else."""
    longest = 0.0
    while not until.is_set():
        sent = time.perf_counter()
        await ours.command("stats")
        longest = max(longest, (time.perf_counter() - sent) * 1000)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), every)
    return longest


def asked(explained: Mapping[str, Any], step: int) -> Asked:
    """What an explanation tells about the work that was done."""
    evaluated = explained.get("evaluated")
    steps = dict(explained.get("timings_ms") or {})
    return Asked(
        why="completion",
        step=step,
        evaluated=None if evaluated is None else sum(evaluated.values()),
        generated=len(explained.get("tokens") or ()),  # of the draft; what is written again is not told
        retrieved=bool(explained["trigger"]["fired"]),
        took=steps.pop("total", None),
        steps={name: ms for name, ms in steps.items() if ms},
        answer=explained.get("id"),
        text=str(explained.get("text", "")),
        chosen=(explained.get("generated") or {}).get("chosen"),
    )


def _position(place: tuple[int, int]) -> dict[str, int]:
    return {"line": place[0], "character": place[1]}


def _id_of(item: Mapping[str, Any]) -> int | None:
    arguments = (item.get("command") or {}).get("arguments") or [{}]
    number = arguments[0].get("id")
    return number if isinstance(number, int) else None


def launch(setup: Setup) -> tuple[list[str], dict[str, str]]:
    """Return the command that starts the server, and its environment."""
    environment = {**os.environ, **setup.variables, "SOOTHSAY_CACHE": str(setup.cache)}
    # a backend of its own, that ends with the server: the next replay begins as this one did
    environment["SOOTHSAY_RUNTIME"] = str(setup.cache / "run")
    if setup.code is not None:
        folders = (setup.code / name for name in ("server", "index", "languages", "common"))
        environment["PYTHONPATH"] = os.pathsep.join(str(folder) for folder in folders if folder.is_dir())
    return [_python(setup.code), "-m", "soothsay", "serve", "--stdio"], environment


def initialize_params(setup: Setup) -> dict[str, Any]:
    """Return what the editor says of itself in ``initialize``."""
    folder = {"uri": setup.workspace.as_uri(), "name": "bench"}
    return {
        "processId": os.getpid(),
        "rootUri": folder["uri"],
        "workspaceFolders": [folder],
        "capabilities": {
            "general": {"positionEncodings": ["utf-16"]},
            "textDocument": {"inlineCompletion": {}},
            "experimental": {"soothsay": {"status": True}},
        },
        "initializationOptions": dict(setup.settings),
    }


def _python(checkout: Path | None) -> str:
    """Return the interpreter for the server of ``checkout``: its own where it has one, for its entry points."""
    own = None if checkout is None else checkout / ".venv" / "bin" / "python"
    return str(own) if own is not None and own.exists() else sys.executable
