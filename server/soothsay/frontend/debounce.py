"""How long to wait for the next key before the model is asked: not at all where the answer comes first."""

from __future__ import annotations

import time
from collections.abc import Callable

_LONGEST = 0.06  # seconds: more would be felt when the typing has ended
_SHARE = 0.25  # of the time between two keys
_PAUSE = 1.0  # seconds between two requests that are not typing any more
_WEIGHT = 0.3  # of the newest value in the moving averages


class Debounce:
    """Adapts to how fast one types and how fast answers come. Times are in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked_at: float | None = None
        self._gap: float | None = None
        self._latency = 0.0

    def asked(self) -> float:
        """A completion is asked for: how long to wait before it is begun."""
        now = self._clock()
        gap = None if self._asked_at is None else now - self._asked_at
        self._asked_at = now
        if gap is None or gap > _PAUSE:
            return 0.0  # nobody is typing, or not yet: the first key is answered at once
        self._gap = gap if self._gap is None else self._gap + _WEIGHT * (gap - self._gap)
        return 0.0 if self._latency <= self._gap else min(_LONGEST, _SHARE * self._gap)

    def answered(self, seconds: float) -> None:
        """An answer took so long, from its beginning."""
        self._latency += _WEIGHT * (seconds - self._latency) if self._latency else seconds
