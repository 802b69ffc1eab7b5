"""Which window's model evaluates next: one evaluation at a time, the newest request first, and no window starves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_OLDEST_EVERY = 4  # turns: one of so many goes to the window that has waited longest


@dataclass(eq=False)
class _Turn:
    urgent: bool
    since: float


class WindowLane:
    """One window's place in the queue. Its work is done in one thread at a time."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._work = _Turn(urgent=False, since=0.0)
        self.waited = 0.0  # seconds, for other windows' turns

    @contextmanager
    def working(self, *, urgent: bool) -> Iterator[None]:
        """Give turns within the block this urgency; newer requests go first."""
        before, self._work = self._work, _Turn(urgent, time.monotonic())
        try:
            yield
        finally:
            self._work = before

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other window evaluates and this one is next."""
        began = time.monotonic()
        self._turns.take(self, self._work.urgent, self._work.since)
        self.waited += time.monotonic() - began
        try:
            yield
        finally:
            self._turns.give_back()

    def clock(self) -> float:
        """Return seconds that go on only while no other window is waited for."""
        return time.monotonic() - self.waited


@dataclass(frozen=True)
class _Waiting:
    lane: WindowLane
    urgent: bool
    since: float  # of the request
    asked: float  # for this turn


class Turns:
    """Hands out the processors, evaluation by evaluation."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._waiting: list[_Waiting] = []
        self._count = 0

    def lane(self) -> WindowLane:
        """Return the place of one more window."""
        return WindowLane(self)

    def take(self, lane: WindowLane, urgent: bool, since: float) -> None:
        """Wait for a turn (blocking)."""
        with self._changed:
            if not self._taken and not self._waiting:
                self._grant()
                return
            waiting = _Waiting(lane, urgent, since, time.monotonic())
            self._waiting.append(waiting)
            try:
                self._changed.wait_for(lambda: not self._taken and self._next() is waiting)
            finally:
                self._waiting.remove(waiting)
            self._grant()

    def give_back(self) -> None:
        """End a turn."""
        with self._changed:
            self._taken = False
            self._changed.notify_all()

    def _grant(self) -> None:
        self._taken = True
        self._count += 1

    def _next(self) -> _Waiting:
        urgent = [each for each in self._waiting if each.urgent] or self._waiting
        if self._count % _OLDEST_EVERY == 0:
            return min(urgent, key=lambda each: each.asked)
        return max(urgent, key=lambda each: each.since)
