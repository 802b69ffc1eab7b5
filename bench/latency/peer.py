"""`llama-server` behind an editor that does what llama.vim makes it do; the plugin's rules are in `llamavim`."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from bench.latency.figures import Asked
from bench.latency.llamavim import CONFIG, Cache, Local, Ring, hint, local_context, request, warm_up
from bench.latency.sides import Watch, used
from bench.latency.trace import Buffer, Edit

_FAR = -9999  # a line that no cursor is near


@dataclass(frozen=True, slots=True)
class PeerSetup:
    """How the server is started."""

    program: Path
    model: Path
    context: int
    threads: int
    log: Path


def command(setup: PeerSetup, port: int) -> list[str]:
    """What llama.vim's page recommends for the model's next bigger sister (`--fim-qwen-1.5b-default`), on our terms:
    this model, this context, these threads, one slot that has all of the context."""
    return [
        str(setup.program), "--model", str(setup.model), "--host", "127.0.0.1", "--port", str(port),
        "--ctx-size", str(setup.context), "--threads", str(setup.threads), "--threads-batch", str(setup.threads),
        "--batch-size", "1024", "--ubatch-size", "1024", "--cache-reuse", "256", "--flash-attn", "on",
        "--parallel", "1", "--n-gpu-layers", "0",
    ]  # fmt: skip


class Peer:
    """One server, one file, and llama.vim between them."""

    def __init__(self, setup: PeerSetup, seed: int = 1) -> None:
        self.watch = Watch()
        chance = random.Random(seed)
        self._setup = setup
        self._process: asyncio.subprocess.Process | None = None
        self.port = 0  # of the server
        self._buffer = Buffer("")
        self._lines: list[str] = [""]
        self._cache = Cache(chance)
        self._ring = Ring(chance)
        self._inserting = False
        self._moved = 0.0
        self._picked = _FAR
        self._indent = -1
        self._job: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._warming: set[asyncio.Task[None]] = set()
        self._shown: list[str] | None = None  # the lines on the screen, the end of the current one included
        self._requests: list[Asked] = []

    # -- life --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the server, and wait until its model is loaded."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with self._setup.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command(self._setup, self.port), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        started = time.monotonic()
        while True:
            try:
                if (await http(self.port, "GET", "/health"))[0] == 200:
                    break
            except OSError:
                pass
            if self._process.returncode is not None or time.monotonic() - started > 120:
                raise SystemExit(f"llama-server does not start; see {self._setup.log}")
            await asyncio.sleep(0.1)
        self._ticking = asyncio.create_task(self._tick())

    async def open(self, buffer: Buffer) -> None:
        self._buffer, self._lines = buffer, buffer.text.split("\n")
        row, _ = buffer.position()
        half = CONFIG.chunk_lines // 2
        self._ring.pick(self._lines[max(0, row - half) : row + half + 1], evict=True)

    async def close(self) -> None:
        for task in (self._ticking, self._job, *self._warming):
            if task is not None:
                task.cancel()
        if self._timer is not None:
            self._timer.cancel()
        if self._process is None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def cpu(self) -> float:
        assert self._process is not None
        return used(psutil.Process(self._process.pid))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    # -- what the editor does ----------------------------------------------------------------------

    def edited(self, edit: Edit, before: tuple[int, int], until: tuple[int, int]) -> None:
        first, last = before[0], until[0]
        new = (self._lines[first][: before[1]] + edit.text + self._lines[last][until[1] :]).split("\n")
        self._lines[first : last + 1] = new
        self._inserting = True
        self._move()
        self._complete()
        if self._here().key in self._cache:
            self.watch.answered()

    def jumped(self) -> None:
        self._inserting = False
        self._move()

    def ghost(self) -> str:
        if self._shown is None:
            return ""
        row, column = self._buffer.position()
        text = "\n".join(self._shown)
        after = self._lines[row][column:]
        return text.removesuffix(after) if after else text

    def took(self, text: str, *, all_of_it: bool) -> None:
        """Nobody is told."""

    def pending(self) -> bool:
        row, column = self._buffer.position()
        silent = len(self._lines[row]) - column > CONFIG.longest_line_suffix
        return not silent and (self._job is not None or self._timer is not None)

    async def idle(self) -> None:
        """Every answer has told what it cost."""

    def take_requests(self) -> list[Asked]:
        taken, self._requests = self._requests, []
        return taken

    # -- what the plugin does ----------------------------------------------------------------------

    def _here(self) -> Local:
        return local_context(self._lines, *self._buffer.position())

    def _move(self) -> None:
        """The cursor has moved: show what is known for the new place."""
        self._moved = time.monotonic()
        self._shown = None
        self._try_hint()

    def _try_hint(self) -> None:
        content = self._cache.find(self._here()) if self._inserting else None
        if content is None:
            return
        row, column = self._buffer.position()
        self._shown = hint(content, self._lines, row, column)
        if self.ghost().strip():
            self.watch.shown()
        self.watch.answered()
        self._complete((row, column), self._shown)

    def _complete(self, place: tuple[int, int] | None = None, shown: Sequence[str] = ()) -> None:
        """Ask for this place, or, with ``shown``, for what would come after it; one request at a time."""
        if self._job is not None:
            if self._timer is not None:
                self._timer.cancel()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(CONFIG.busy_ms / 1000, self._again, place, shown)
            return
        row, column = place or self._buffer.position()
        if row >= len(self._lines):
            return
        local = local_context(self._lines, row, column, shown, self._indent)
        if len(local.line_suffix) > CONFIG.longest_line_suffix:
            return
        keys = local.keys()
        if any(key in self._cache for key in keys):
            return
        self._indent = local.indent
        here, half = self._buffer.position()[0], CONFIG.chunk_lines // 2
        self._ring.avoid(self._lines[max(0, here - half) : here + half + 1])
        limit = CONFIG.speculative_ms if shown else CONFIG.first_ms
        body = request(local, self._ring.extra("main.py"), limit)
        self.watch.sent += 1
        self._job = asyncio.create_task(self._run(body, keys, self.watch.step, speculative=bool(shown)))
        if abs(row - self._picked) > CONFIG.moved:
            self._pick_around(row)

    def _again(self, place: tuple[int, int] | None, shown: Sequence[str]) -> None:
        self._timer = None
        self._complete(place, shown)

    def _pick_around(self, row: int) -> None:
        above = self._lines[max(0, row - CONFIG.scope) : max(0, row - CONFIG.prefix_lines) + 1]
        after = row + CONFIG.suffix_lines
        self._ring.pick(above, evict=False)
        self._ring.pick(self._lines[after : after + CONFIG.chunk_lines + 1], evict=False)
        self._picked = row

    async def _run(self, body: dict[str, Any], keys: Sequence[str], step: int, *, speculative: bool) -> None:
        sent = time.perf_counter()
        try:
            status, answer = await http(self.port, "POST", "/infill", body)
        except OSError as error:
            status, answer = 0, str(error)
        if status == 400 and _too_long(answer):
            self.watch.refused += 1  # the plugin shows nothing, and goes on
        elif status != 200 or not isinstance(answer, dict):
            raise SystemExit(f"llama-server answers {status}: {answer}; see {self._setup.log}")
        else:
            self._requests.append(_asked("speculative" if speculative else "first", step, answer))
            self._cache.insert(keys, str(answer.get("content", "")))
        if self._shown is None or not "".join(self._shown).strip():
            self._try_hint()
        if self._here().key in keys:
            self.watch.answered((time.perf_counter() - sent) * 1000)
        self._job = None

    async def _tick(self) -> None:
        """Once a second, when nobody types, one more chunk goes into the ring, and the server reads it."""
        while True:
            await asyncio.sleep(CONFIG.ring_ms / 1000)
            still = time.monotonic() - self._moved >= CONFIG.still_ms / 1000
            if (self._inserting and not still) or not self._ring.advance():
                continue
            task = asyncio.create_task(self._warm_up())
            self._warming.add(task)
            task.add_done_callback(self._warming.discard)

    async def _warm_up(self) -> None:
        _, answer = await http(self.port, "POST", "/infill", warm_up(self._ring.extra("main.py")))
        if isinstance(answer, dict):
            self._requests.append(_asked("ring", self.watch.step, answer))


def _too_long(answer: Any) -> bool:
    """Whether a request was refused because its prompt has more tokens than the context holds."""
    error = answer.get("error") if isinstance(answer, dict) else None
    return isinstance(error, dict) and error.get("type") == "exceed_context_size_error"


def _asked(why: Any, step: int, answer: dict[str, Any]) -> Asked:
    return Asked(
        why=why, step=step, evaluated=answer.get("timings/prompt_n"), generated=answer.get("timings/predicted_n")
    )  # fmt: skip


async def http(port: int, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """One request over a connection of its own, as llama.vim's curl makes it. Status and the JSON answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    try:
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {len(data)}\r\n"
        writer.write(head.encode() + b"Content-Type: application/json\r\n\r\n" + data)
        raw = await reader.read()
    finally:
        writer.close()
    top, _, rest = raw.partition(b"\r\n\r\n")
    if not top:
        raise ConnectionError("the connection was closed without an answer")
    if b"transfer-encoding: chunked" in top.lower():
        rest = _joined(rest)
    return int(top.split(b" ", 2)[1]), json.loads(rest) if rest.strip() else None


def _joined(chunks: bytes) -> bytes:
    found = b""
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        length = int(size or b"0", 16)
        found, chunks = found + chunks[:length], chunks[length + 2 :]
    return found
