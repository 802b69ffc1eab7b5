"""Exponential backoff for restarting a process that keeps ending."""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST = 1.0  # seconds
_LONGEST = 60.0
_HEALTHY = 60.0  # seconds that a process must have lived to be started again at once


class Backoff:
    """Compute the wait before a process that ended is started again: 0 s at first, then 1 s, doubled up to a minute.

    A process that lived for at least a minute counts as healthy and resets the wait. ``clock`` returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deaths = 0  # in quick succession
        self._until = 0.0

    def died(self, lived: float) -> None:
        """Record that a process ended ``lived`` seconds after its start."""
        self._deaths = self._deaths + 1 if lived < _HEALTHY else 1
        if self._deaths > 1:
            self._until = self._clock() + min(_FIRST * 2.0 ** (self._deaths - 2), _LONGEST)

    @property
    def left(self) -> float:
        """Return the seconds until the process may be started again."""
        return max(0.0, self._until - self._clock())
