"""How fast the model reads and writes here, from what it was seen to do."""

from __future__ import annotations

_USUAL = 160.0  # tokens read a second: the default model on two cores
_USUAL_WRITTEN = 30.0  # tokens written a second
_TELLING = 16  # tokens; the time of fewer is mostly that of the first token
_TELLING_WRITTEN = 4
_KEPT = 0.6  # share of what was seen before, at each reading


class Pace:
    """The speeds of reading and writing. What was seen last counts most: other programs come and go."""

    def __init__(self) -> None:
        self._read = _Speed(_USUAL, _TELLING)
        self._written = _Speed(_USUAL_WRITTEN, _TELLING_WRITTEN)

    def saw(self, tokens: int, seconds: float) -> None:
        """Take into account that ``tokens`` were read in ``seconds``."""
        self._read.saw(tokens, seconds)

    def saw_written(self, tokens: int, seconds: float) -> None:
        """Take into account that ``tokens`` were written one by one in ``seconds``."""
        self._written.saw(tokens, seconds)

    def tokens_in(self, seconds: float) -> int:
        """Return how many tokens can be read in ``seconds``."""
        return int(self._read.rate * seconds)

    def seconds_for(self, read: int, written: int) -> float:
        """Return how long it takes to read so many tokens, and to write so many."""
        return read / self._read.rate + written / self._written.rate


class _Speed:
    """Tokens a second. Fewer than ``telling`` tell nothing."""

    def __init__(self, usual: float, telling: int) -> None:
        self._usual, self._telling = usual, telling
        self._tokens = self._seconds = 0.0

    def saw(self, tokens: int, seconds: float) -> None:
        if tokens >= self._telling and seconds > 0:
            self._tokens = _KEPT * self._tokens + tokens
            self._seconds = _KEPT * self._seconds + seconds

    @property
    def rate(self) -> float:
        return self._tokens / self._seconds if self._seconds else self._usual
