"""Types a trace on one side, at one speed, and writes down what was seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.latency.figures import GIVEN_UP, Asked, Sample
from bench.latency.sides import Side
from bench.latency.trace import Accept, Buffer, Edit, Jump, Look, Step, Through, Trace, agreed, edits

REST = 1.0  # seconds after a jump: the eyes look for the place, the editor is in normal mode
READ = 0.6  # seconds that a look takes at least
DECIDE = 0.25  # seconds from the answer to the next key
PATIENCE = GIVEN_UP / 1000  # seconds that a look takes at most


@dataclass(frozen=True, slots=True)
class Typed:
    """What came out of typing a trace."""

    samples: tuple[Sample, ...]
    requests: tuple[Asked, ...]
    keys: int
    accepted: int


class Typist:
    """One replay. The keys keep their rhythm whatever the server does; only a look waits."""

    def __init__(self, trace: Trace, speed: int, side: Side, buffer: Buffer) -> None:
        self._trace = trace
        self._interval = speed / 1000
        self._side = side
        self._buffer = buffer
        self._samples: list[Sample] = []
        self._requests: list[Asked] = []
        self._open: tuple[str, bool] | None = None  # kind and foreseen, of the key that was pressed last
        self._cold = False
        self._accepted = self._keys = 0
        self._due = 0.0

    async def type(self, on_step: Callable[[int], None] = lambda _: None) -> Typed:
        """Go through the whole trace; ``on_step`` is told the number of each step."""
        self._due = time.perf_counter()
        for number, step in enumerate(self._trace.steps):
            on_step(number)
            await self._do(step, number)
        self._finish()
        self._requests += self._side.take_requests()
        return Typed(tuple(self._samples), tuple(self._requests), self._keys, self._accepted)

    async def _do(self, step: Step, number: int) -> None:
        accepted = ""
        if isinstance(step, Jump):
            self._finish()
            self._buffer.jump(step)
            self._side.jumped()
            self._cold = True
            await asyncio.sleep(REST)
            self._due = time.perf_counter()
        if isinstance(step, Look | Through | Accept):
            await self._look()
        if isinstance(step, Accept):
            accepted = agreed(self._side.ghost(), step.text)
        for edit in edits(self._buffer, step, accepted):
            await self._press(edit, number)

    async def _press(self, edit: Edit, number: int) -> None:
        self._due = max(self._due + self._interval, time.perf_counter() - self._interval)
        await asyncio.sleep(max(0.0, self._due - time.perf_counter()))
        self._finish()
        ghost = self._side.ghost()
        foreseen = edit.kind == "type" and len(ghost) > 1 and ghost.startswith(edit.text)
        before, until = self._buffer.position(edit.start), self._buffer.position(edit.end)
        self._side.watch.step = number
        self._side.watch.begin(time.perf_counter())
        self._buffer.apply(edit)
        if edit.kind == "accept":
            self._accepted += len(edit.text)
            self._side.took(edit.text, all_of_it=edit.text == ghost)
        self._open = (edit.kind, foreseen)
        self._keys += 1
        self._side.edited(edit, before, until)

    async def _look(self) -> None:
        """Wait until there is an answer, or none will come; and a moment to read it."""
        watch, started = self._side.watch, time.perf_counter()
        while watch.whole is None and time.perf_counter() - started < PATIENCE and self._side.pending():
            await watch.change(0.02)
        now = time.perf_counter()
        await asyncio.sleep(max(DECIDE if now - started > READ - DECIDE else 0.0, started + READ - now))
        self._finish(last=True)
        await self._side.idle()
        self._requests += self._side.take_requests()
        self._due = time.perf_counter()

    def _finish(self, *, last: bool = False) -> None:
        """Write down what was seen of the last key."""
        if self._open is None:
            return
        (kind, through), watch = self._open, self._side.watch
        self._open = None
        self._samples.append(
            Sample(
                step=watch.step, kind=kind, last=last, cold=last and self._cold, through=through,
                first=watch.first, whole=watch.whole, ghost=len(self._side.ghost()), asked=watch.asked,
                answer=watch.answer,
            )
        )  # fmt: skip
        self._cold = self._cold and not last
