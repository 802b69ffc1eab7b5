"""Is the event loop free? A beat every few milliseconds while there is something to do, and how late the latest was."""

from __future__ import annotations

import asyncio
import time

_INTERVAL = 0.005  # seconds
_ACTIVE = 3.0  # seconds that it beats after the last message: an idle server wakes nobody up


class Heartbeat:
    """``longest_ms`` is the longest time that the loop was blocked, ``beats`` how often it was looked."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self.beats = 0
        self._until = 0.0
        self._task: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """A message has come."""
        self._until = time.monotonic() + _ACTIVE
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        while (before := time.monotonic()) < self._until:
            await asyncio.sleep(_INTERVAL)
            late = time.monotonic() - before - _INTERVAL
            self.longest_ms = max(self.longest_ms, late * 1000)
            self.beats += 1
