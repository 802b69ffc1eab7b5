"""How long the answers of a worker are waited for: less once one is late, and no longer where nothing comes at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

_LATE = 0.4  # seconds that further questions wait, in all, for one that was not answered in time
_SILENT = (
    20.0  # seconds without a word, doubled with each worker that was ended for it: the machine may be slow
)
_MOST_DOUBLINGS = 5


class Patience:
    """Knows which answer is late, and when the worker has last said anything. ``clock`` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._late: Future[Any] | None = None
        self._due = 0.0
        self._heard = 0.0
        self._ended = 0  # workers in a row

    def seconds(self, wanted: float) -> float:
        """Return how long to wait for an answer that may take ``wanted`` seconds; 0: it need not be asked for."""
        late = self._late
        if late is None or late.done():
            return wanted
        return min(wanted, max(0.0, self._due + _LATE - self._clock()))

    def note_late(self, answer: Future[Any]) -> None:
        """Note that ``answer`` has not come in time."""
        if self._late is None or self._late.done():
            self._late, self._due = answer, self._clock()

    def note_word(self) -> None:
        """Note that the worker has said something."""
        self._heard = self._clock()

    def note_end(self) -> None:
        """Note that the worker was ended because it is silent."""
        self._late = None
        self._ended += 1

    @property
    def is_over(self) -> bool:
        """Whether an answer is late and nothing else has come for so long that none will."""
        late = self._late
        if late is None or late.done():
            return False
        silent = self._clock() - max(self._due, self._heard)
        return silent > _SILENT * 2 ** min(self._ended, _MOST_DOUBLINGS)
