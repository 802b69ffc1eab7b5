"""Is the event loop free? A beat every few milliseconds while there is something to do, and how late the latest was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

_INTERVAL = 0.005  # seconds
_ACTIVE = 3.0  # seconds that it beats after the last message: an idle server wakes nobody up
_SCHEDULED = Path("/proc/thread-self/schedstat")


def seconds_queued() -> float:
    """How long this thread has waited for a processor so far; 0 where the system does not tell (Linux does)."""
    try:
        return int(_SCHEDULED.read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class Heartbeat:
    """``longest_ms`` is the longest time that the loop was blocked, ``beats`` how often it was looked.

    ``longest_held_ms`` leaves out how long the loop's thread was ready while others had the processors: what is left is
    for something in this process, the loop's own work or Python's lock.
    """

    def __init__(self, queued: Callable[[], float] = seconds_queued) -> None:
        """``queued`` tells the seconds that the calling thread has waited for a processor so far."""
        self.longest_ms = 0.0
        self.longest_held_ms = 0.0
        self.beats = 0
        self._queued = queued
        self._until = 0.0
        self._task: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """A message has come."""
        self._until = time.monotonic() + _ACTIVE
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        queued = self._queued()
        while (before := time.monotonic()) < self._until:
            await asyncio.sleep(_INTERVAL)
            late = time.monotonic() - before - _INTERVAL
            queued_before, queued = queued, self._queued()
            self.longest_ms = max(self.longest_ms, late * 1000)
            self.longest_held_ms = max(self.longest_held_ms, (late - (queued - queued_before)) * 1000)
            self.beats += 1
