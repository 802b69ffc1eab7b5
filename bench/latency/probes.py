"""When a cancelled request lets go of the processor, seen from outside: by the time that its threads have run; and what
choosing a token costs.

The first is for Linux only: it is the one that tells nanoseconds (`/proc/<pid>/task/*/schedstat`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from bench.latency.llamavim import CONFIG, local_context, request
from bench.latency.ours import Ours
from bench.latency.peer import Peer
from bench.latency.trace import Buffer

from soothsay.model.local.sampling import pick

_BUSY = 0.3  # seconds of work before the cancel: the model reads the prompt
_WATCHED = 1.5  # seconds afterwards
_AT_WORK = 0.3  # of the time before the cancel: the threads that evaluate, not those that wait for them
_WINDOW = 10.0  # ms in which idle threads run for less than this share of one core:
_IDLE = 0.2

Point = tuple[float, float]  # ms since the cancel, ms that the threads have run


def can_probe() -> bool:
    return Path("/proc/self/schedstat").exists()


def ran(process: int) -> dict[int, float]:
    """Milliseconds that each thread of a process has run."""
    found: dict[int, float] = {}
    for task in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):
            found[int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e6
    return found


def at_work(before: Mapping[int, float], after: Mapping[int, float], least: float) -> set[int]:
    """The threads that have run for at least ``least`` ms meanwhile."""
    return {thread for thread, ms in after.items() if ms - before.get(thread, 0.0) >= least}


def idle_from(points: Sequence[Point], window: float = _WINDOW, idle: float = _IDLE) -> float | None:
    """The first moment after which the threads did next to nothing for ``window`` ms; None: it never stopped."""
    for n, (at, used) in enumerate(points):
        later = next(((when, run) for when, run in points[n + 1 :] if when - at >= window), None)
        if later is not None and later[1] - used < idle * (later[0] - at):
            return at
    return None


def _watch(process: int, threads: Collection[int]) -> list[Point]:
    started = time.perf_counter()
    points: list[Point] = []
    while (now := time.perf_counter() - started) < _WATCHED:
        times = ran(process)
        points.append((now * 1000, sum(times.get(thread, 0.0) for thread in threads)))
        time.sleep(0.001)
    return points


async def freed(process: int, begin: Callable[[], object], cancel: Callable[[], object]) -> float | None:
    """Begin something long, cancel it, and see after how many ms the threads rest that were at it; None where none were."""
    before = ran(process)
    begin()
    await asyncio.sleep(_BUSY)
    threads = at_work(before, ran(process), _AT_WORK * _BUSY * 1000)
    cancel()
    await asyncio.sleep(0)  # let the message go
    return idle_from(await asyncio.to_thread(_watch, process, threads)) if threads else None


def choosing(vocabulary: int, times: int = 200) -> float:
    """Milliseconds that it takes to choose a token of so many, with its probability, margin and entropy."""
    logits = np.random.default_rng(0).normal(0, 3, vocabulary).astype(np.float32)
    started = time.perf_counter()
    for _ in range(times):
        pick(logits, None)
    return (time.perf_counter() - started) / times * 1000


def places(text: str, count: int) -> list[tuple[int, int]]:
    """Ends of lines, far from each other: no prompt there has anything in common with the one before."""
    lines = text.split("\n")
    step = max(1, len(lines) // (count + 1))
    return [(row, len(lines[row])) for row in range(step, len(lines), step)][:count]


async def ours_freed(ours: Ours, text: str, count: int) -> list[float | None]:
    """The server has ``text`` open."""
    found: list[float | None] = []
    process = ours.model_process
    for row, column in places(text, count):
        params = {
            "textDocument": {"uri": ours.uri},
            "position": {"line": row, "character": column},
            "context": {"triggerKind": 2},
        }
        sent: list[int] = []
        found.append(
            await freed(
                process,
                lambda p=params, s=sent: s.append(ours.client.request("textDocument/inlineCompletion", p)[0]),
                lambda s=sent: ours.client.cancel(s[0]),
            )
        )
    return found


async def peer_freed(peer: Peer, text: str, count: int) -> list[float | None]:
    """What llama.vim does not do, but could: the connection is closed."""
    lines, found = Buffer(text).text.split("\n"), []
    for row, column in places(text, count):
        local = local_context(lines, row, column)
        body = json.dumps({**request(local, (), CONFIG.first_ms)}).encode()
        _, writer = await asyncio.open_connection("127.0.0.1", peer.port)
        head = f"POST /infill HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        content = head.encode() + b"Content-Type: application/json\r\n\r\n" + body
        found.append(await freed(peer.pid, lambda w=writer, c=content: w.write(c), writer.close))
    return found
