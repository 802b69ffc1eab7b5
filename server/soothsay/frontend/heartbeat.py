"""A measurement of how long the event loop is blocked: a timer that runs while messages arrive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

_INTERVAL = 0.005  # seconds
_ACTIVE = 3.0  # seconds that the timer runs after the last message: an idle server must not use the processor
_SCHEDULED = Path("/proc/thread-self/schedstat")


def seconds_queued() -> float:
    """Return the seconds that this thread has waited for a processor so far (Linux); 0 on other systems."""
    try:
        return int(_SCHEDULED.read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class Heartbeat:
    """Measures the longest delay of the event loop.

    ``longest_ms`` is the longest time that the loop was blocked, ``beats`` the number of measurements. ``longest_held_ms``
    excludes the time in which the thread waited for a processor; what remains was caused by this process (the loop's own
    work or Python's lock).
    """

    def __init__(self, queued: Callable[[], float] = seconds_queued) -> None:
        """``queued`` returns the seconds that the calling thread has waited for a processor so far."""
        self.longest_ms = 0.0
        self.longest_held_ms = 0.0
        self.beats = 0
        self._queued = queued
        self._until = 0.0
        self._task: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """Measure from now until some seconds after the last call. Called for each message."""
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
