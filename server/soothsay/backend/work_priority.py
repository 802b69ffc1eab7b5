"""Priority of urgent work (a user waits for it) over background work, across all windows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from soothsay.errors import raise_if_cancelled
from soothsay_common.cancellation import Cancellation


class WorkPriority:
    """Counts urgent work of all windows; cancels and delays background work. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent = 0
        self._background: set[Cancellation] = set()
        self._last = time.monotonic()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Mark urgent work within the block: background work is cancelled, and none starts."""
        with self._changed:
            self._urgent += 1
            running = list(self._background)
        for cancel in running:
            cancel.set()
        try:
            yield
        finally:
            with self._changed:
                self._urgent -= 1
                self._last = time.monotonic()
                self._changed.notify_all()

    @contextmanager
    def background(self, cancel: Cancellation) -> Iterator[None]:
        """Wait until no work is urgent (blocking); within the block, ``cancel`` is set when urgent work starts.

        Raises `Cancelled` when it is set before the block starts.
        """
        with cancel.calling(self._wake), self._changed:
            self._changed.wait_for(lambda: not self._urgent or cancel.is_set())
            raise_if_cancelled(cancel)
            self._background.add(cancel)
        try:
            yield
        finally:
            with self._changed:
                self._background.discard(cancel)
                self._last = time.monotonic()

    def idle_seconds(self) -> float:
        """Return the seconds since the last work ended; 0 while there is any."""
        with self._changed:
            busy = self._urgent or self._background
            return 0.0 if busy else time.monotonic() - self._last

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
