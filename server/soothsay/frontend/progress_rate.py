"""How long work takes that reports how far it is, and bringing those reports from its thread to the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

_INTERVAL = 0.1  # seconds between two reports: an indexer may report thousands of files a second
_TOO_EARLY = 1.0  # seconds of work before anything is said about the rest of it


class StageProgress(Protocol):
    """How far one stage of some work is; ``total`` is 0 where nobody knows."""

    @property
    def stage(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...


R = TypeVar("R", bound=StageProgress)


def seconds_left(done: int, total: int, elapsed: float) -> float | None:
    """What remains, in seconds, if it goes on as it did; None while too little is known to say."""
    if done <= 0 or elapsed < _TOO_EARLY:
        return None
    return max(0, total - done) * elapsed / done


def describe_remaining(seconds: float | None) -> str:
    """``"12 s left"``, ``"3 min left"``; empty when nobody knows."""
    if seconds is None:
        return ""
    return f"{seconds:.0f} s left" if seconds < 99.5 else f"{seconds / 60:.0f} min left"


class RemainingTime:
    """Remembers when the present stage began, and where: a download that goes on has done something before."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = 0.0
        self._start = 0

    def left(self, at: StageProgress, now: float) -> float | None:
        """Seconds until the stage is done, as `seconds_left` estimates them. ``now`` is monotonic."""
        if at.stage != self._stage:
            self._stage, self._began, self._start = at.stage, now, at.done
        return seconds_left(at.done - self._start, at.total - self._start, now - self._began)


class ProgressThrottle(Generic[R]):
    """May be called from any thread; ``show`` is called on the event loop, a few times a second and at each new stage."""

    def __init__(self, show: Callable[[R], None]) -> None:
        self._show = show
        self._loop = asyncio.get_running_loop()
        self._last = 0.0
        self._stage = ""

    def __call__(self, at: R) -> None:
        now = time.monotonic()
        if at.stage == self._stage and now - self._last < _INTERVAL:
            return
        self._stage, self._last = at.stage, now
        with suppress(RuntimeError):  # the loop has been closed: the server is going down
            self._loop.call_soon_threadsafe(self._show, at)
