"""Builds of one index take turns; one that a user waits for interrupts background builds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class BuildTurn(threading.Event):
    """The turn of one build. It is set when the build must end: it was stopped, or another one is awaited."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__()
        self._stop = stop

    def is_set(self) -> bool:
        """Return whether the build must end at its next step."""
        return super().is_set() or self._stop.is_set()

    @property
    def is_interrupted(self) -> bool:
        """Return whether the build must go on later: it made room for one that somebody waits for."""
        return super().is_set() and not self._stop.is_set()


class BuildTurns:
    """Gives each build its turn, the awaited ones first. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._awaited = 0  # builds that somebody waits for, waiting or running
        self._running: BuildTurn | None = None
        self._interruptible: BuildTurn | None = None

    @property
    def is_building(self) -> bool:
        """Return whether a build runs."""
        return self._running is not None

    @contextmanager
    def turn(self, stop: threading.Event, *, awaited: bool) -> Iterator[BuildTurn]:
        """Wait for the turn (blocking) and yield it; ``awaited``: somebody waits for this build."""
        turn = BuildTurn(stop)
        with self._changed:
            self._awaited += awaited
            if awaited and self._interruptible is not None:
                self._interruptible.set()
            self._changed.wait_for(lambda: self._running is None and (awaited or not self._awaited))
            self._running = turn
            self._interruptible = None if awaited else turn
        try:
            yield turn
        finally:
            with self._changed:
                self._awaited -= awaited
                self._running = self._interruptible = None
                self._changed.notify_all()
