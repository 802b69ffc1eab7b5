"""The delay before a completion is generated, so that fast typing does not start one per key."""

from __future__ import annotations

import time
from collections.abc import Callable

_LONGEST = 0.06  # seconds; a longer delay would be noticed after the last key
_SHARE = 0.25  # of the time between two keys
_PAUSE = 1.0  # seconds without a request after which typing has ended
_WEIGHT = 0.3  # of the newest value in the moving averages


class Debounce:
    """Computes the delay from the moving averages of typing interval and latency. Times are in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._requested_at: float | None = None
        self._gap: float | None = None
        self._latency = 0.0

    def requested(self) -> float:
        """Note a request now; return the delay before it is started."""
        now = self._clock()
        gap = None if self._requested_at is None else now - self._requested_at
        self._requested_at = now
        if gap is None or gap > _PAUSE:
            return 0.0  # the first key after a pause
        self._gap = gap if self._gap is None else self._gap + _WEIGHT * (gap - self._gap)
        return 0.0 if self._latency <= self._gap else min(_LONGEST, _SHARE * self._gap)

    def answered(self, seconds: float) -> None:
        """Note that a completion took ``seconds`` from its start."""
        self._latency += _WEIGHT * (seconds - self._latency) if self._latency else seconds
