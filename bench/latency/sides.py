"""What the typist needs of a side: an editor with a plugin in front of a server."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

import psutil
from bench.latency.figures import Asked
from bench.latency.trace import Buffer, Edit


class Side(Protocol):
    """One editor, one plugin, one server. The typist tells what happens; ``watch`` tells what is seen."""

    watch: Watch

    async def open(self, buffer: Buffer) -> None:
        """Show a file."""
        ...

    def edited(self, edit: Edit, before: tuple[int, int], until: tuple[int, int]) -> None:
        """The buffer has changed from ``before`` to ``until`` (positions in the text that was)."""
        ...

    def jumped(self) -> None:
        """The cursor stands elsewhere, and the editor is not in insert mode."""
        ...

    def ghost(self) -> str:
        """Ghost text at the cursor."""
        ...

    def took(self, text: str, *, all_of_it: bool) -> None:
        """Ghost text has been accepted, and is in the buffer."""
        ...

    def pending(self) -> bool:
        """Whether an answer for the text as it is may still come."""
        ...

    async def idle(self) -> None:
        """A moment at which nobody waits for anything: the side may look into its server's books."""
        ...

    def take_requests(self) -> list[Asked]:
        """The requests that were answered since the last call."""
        ...

    def cpu(self) -> float:
        """Seconds that the server and its children have used."""
        ...

    async def close(self) -> None: ...


class Watch:
    """When something was first seen of the present text of a buffer."""

    def __init__(self) -> None:
        self.step = 0  # of the trace
        self.sent = self.cancelled = self.refused = 0
        self._changed = asyncio.Event()
        self.begin(0.0)

    def begin(self, at: float) -> None:
        """A key was pressed."""
        self.since = at
        self.first: float | None = None
        self.whole: float | None = None
        self.asked: float | None = None
        self.answer: int | None = None  # the number of the answer that is shown
        self._changed.set()

    def shown(self) -> None:
        """There is ghost text."""
        if self.first is None:
            self.first = (time.perf_counter() - self.since) * 1000
            self._changed.set()

    def answered(self, asked: float | None = None) -> None:
        """All that will be said about this text has been said; ``asked``: ms that the server took."""
        if self.whole is None:
            self.whole, self.asked = (time.perf_counter() - self.since) * 1000, asked
            self._changed.set()

    async def change(self, timeout: float) -> None:
        """Wait for the next thing to be seen, but not for long."""
        self._changed.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            pass


def used(process: psutil.Process) -> float:
    """CPU seconds of a process and its children, those that have ended included."""
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        try:
            times = each.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system + getattr(times, "children_user", 0.0)
        total += getattr(times, "children_system", 0.0)
    return total
