"""Work that no person waits for gives way to work that one waits for, across all windows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from soothsay.errors import raise_if_cancelled
from soothsay_common.cancellation import Cancellation


class WorkPriority:
    """Knows whether any window works on something urgent."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent = 0
        self._background: set[Cancellation] = set()
        self._last = time.monotonic()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Within the block a person waits: background work is cancelled, and none begins."""
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
        """Wait until nothing is urgent; within the block, ``cancel`` is set when something becomes urgent.

        Raises `Cancelled` when it is set before.
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
        """Return how long nothing at all has been worked on; 0 while something is."""
        with self._changed:
            busy = self._urgent or self._background
            return 0.0 if busy else time.monotonic() - self._last

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
