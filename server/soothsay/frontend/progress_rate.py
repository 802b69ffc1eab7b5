"""Progress of long work: the estimated remaining time, and a rate limit for reports from threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from soothsay_index.types import Progress

_INTERVAL = 0.1  # seconds between two reports; the index reports thousands of files per second
_MIN_ELAPSED = 1.0  # seconds of work before the remaining time is estimated


class StageProgress(Protocol):
    """The progress of one stage of some work."""

    @property
    def stage(self) -> str:
        """The name of the stage."""
        ...

    @property
    def done(self) -> int:
        """Units of work done in this stage."""
        ...

    @property
    def total(self) -> int:
        """Units of work in this stage; 0 when unknown."""
        ...


R = TypeVar("R", bound=StageProgress)


def seconds_left(done: int, total: int, elapsed: float) -> float | None:
    """Return the estimated remaining seconds at the rate so far; None while too little is done."""
    if done <= 0 or elapsed < _MIN_ELAPSED:
        return None
    return max(0, total - done) * elapsed / done


def describe_remaining(seconds: float | None) -> str:
    """Return ``"12 s left"`` or ``"3 min left"``; empty for None."""
    if seconds is None:
        return ""
    return f"{seconds:.0f} s left" if seconds < 99.5 else f"{seconds / 60:.0f} min left"


def describe_progress(progress: Progress, seconds_left: float | None) -> str:
    """Return the text of a progress bar, such as ``"embedding 120/500 botocore · 12 s left"``."""
    count = f"{progress.stage} {progress.done:,}/{progress.total:,}" if progress.total else progress.stage
    parts = (f"{count} {progress.detail}".strip(), describe_remaining(seconds_left))
    return " · ".join(part for part in parts if part)


class RemainingTime:
    """Estimates the remaining time of the current stage from its start; a resumed download starts with work done."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = 0.0
        self._start = 0

    def seconds_left(self, at: StageProgress, now: float) -> float | None:
        """Return the estimated seconds until the stage is done, or None. ``now`` is `time.monotonic`."""
        if at.stage != self._stage:
            self._stage, self._began, self._start = at.stage, now, at.done
        return seconds_left(at.done - self._start, at.total - self._start, now - self._began)


class ProgressThrottle(Generic[R]):
    """Limits the rate of reports: calls ``show`` on the event loop at most ten times a second, and at each new stage.

    An instance is created on the event loop and may be called from any thread.
    """

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
        with suppress(RuntimeError):  # the loop is closed: the server is stopping
            self._loop.call_soon_threadsafe(self._show, at)
