"""What is read from a whole table and kept in memory, while a build changes that table every second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from soothsay_common.priority import lower_thread_priority

log = logging.getLogger(__name__)

_SYNCHRONOUS_SECONDS = 0.02  # seconds that whoever asks may wait
_MIN_AGE_FACTOR = 20  # times as long as it took
_RETRY_SECONDS = 5.0  # seconds after a failure

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Read(Generic[T]):
    value: T
    version: int
    took: float  # seconds
    at: float


class TableCache(Generic[T]):
    """Read again when the table has changed: at once where that is quick, else behind the back of whoever asks.

    Thread-safe.
    """

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._known: _Read[T] | None = None

    def get(self, version: int) -> T:
        """What is in the table, or was a few seconds ago; ``version`` is what it has now."""
        known = self._known
        if known is not None and known.version == version:
            return known.value
        if known is None or known.took < _SYNCHRONOUS_SECONDS:
            return self._reload(version).value
        if time.monotonic() - known.at > _MIN_AGE_FACTOR * known.took and self._lock.acquire(blocking=False):
            threading.Thread(target=self._refresh, args=(version,), name="whole", daemon=True).start()
        return known.value

    @property
    def known(self) -> T | None:
        """What was read last, without reading."""
        return self._known.value if self._known is not None else None

    def forget(self) -> None:
        """Whoever asks next gets what is in the table."""
        self._known = None

    def _refresh(self, version: int) -> None:
        lower_thread_priority()
        try:
            self._reload(version)
        except Exception:
            log.exception("a table could not be read again: what was read before counts")
            time.sleep(_RETRY_SECONDS)
        finally:
            self._lock.release()

    def _reload(self, version: int) -> _Read[T]:
        began = time.monotonic()
        value = self._read()
        now = time.monotonic()
        self._known = read = _Read(value, version, now - began, now)
        return read
