"""When a process that keeps ending is started again."""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST = 1.0  # seconds
_LONGEST = 60.0
_HEALTHY = 60.0  # seconds that a process must have lived to be started again at once


class Backoff:
    """Waits between starts: none after the first death, then 1 s, and twice as long each time, up to a minute.

    A process that has lived for a minute is trusted again. ``clock`` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deaths = 0  # one soon after the other
        self._until = 0.0

    def died(self, lived: float) -> None:
        """Note that a process ended ``lived`` seconds after its start."""
        self._deaths = self._deaths + 1 if lived < _HEALTHY else 1
        if self._deaths > 1:
            self._until = self._clock() + min(_FIRST * 2.0 ** (self._deaths - 2), _LONGEST)

    @property
    def left(self) -> float:
        """The seconds until the next start."""
        return max(0.0, self._until - self._clock())
