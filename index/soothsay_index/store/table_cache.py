"""A value computed from a whole table, cached while builds change the table every second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from soothsay_common.priority import lower_thread_priority

log = logging.getLogger(__name__)

_SYNCHRONOUS_SECONDS = 0.02  # reads faster than this are done in the caller's thread
_MIN_AGE_FACTOR = 20  # times the duration of the last read
_RETRY_SECONDS = 5.0  # after a failed read

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Read(Generic[T]):
    value: T
    version: int
    took: float  # seconds
    at: float


class TableCache(Generic[T]):
    """Cache the result of ``read`` by table version; reload it at once if that is fast, else in the background.

    Thread-safe.
    """

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._known: _Read[T] | None = None

    def get(self, version: int) -> T:
        """Return the value for table version ``version``, or one that is a few seconds old."""
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
        """Return the cached value, if any, without reading."""
        return self._known.value if self._known is not None else None

    def forget(self) -> None:
        """Discard the cached value."""
        self._known = None

    def _refresh(self, version: int) -> None:
        lower_thread_priority()
        try:
            self._reload(version)
        except Exception:
            log.exception("a table could not be read again, the cached value stays")
            time.sleep(_RETRY_SECONDS)
        finally:
            self._lock.release()

    def _reload(self, version: int) -> _Read[T]:
        began = time.monotonic()
        value = self._read()
        now = time.monotonic()
        self._known = read = _Read(value, version, now - began, now)
        return read
