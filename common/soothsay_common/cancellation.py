"""A cancellation event with callbacks, so that a waiter need not poll it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock


class Cancellation(Event):
    """Set once, when the work is no longer wanted. Thread-safe."""

    def __init__(self) -> None:
        super().__init__()
        self._callbacks: list[Callable[[], None]] = []
        self._guard = Lock()

    def set(self) -> None:
        """Set the event and call what `calling` has registered, in this thread."""
        with self._guard:
            super().set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    @contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call ``callback`` once if the event is set within the block; at once if it is set already."""
        with self._guard:
            is_set = self.is_set()
            if not is_set:
                self._callbacks.append(callback)
        if is_set:
            callback()
        try:
            yield
        finally:
            with self._guard:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)
