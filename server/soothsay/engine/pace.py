"""How fast the model reads here, from what it was seen to do."""

from __future__ import annotations

_USUAL = 160.0  # tokens a second: the default model on two cores
_TELLING = 16  # tokens; the time of fewer is mostly that of the first token
_KEPT = 0.6  # share of what was seen before, at each reading


class Pace:
    """The speed of reading, in tokens a second. What was seen last counts most: other programs come and go."""

    def __init__(self) -> None:
        self._tokens = self._seconds = 0.0

    def saw(self, tokens: int, seconds: float) -> None:
        """Take into account that ``tokens`` were read in ``seconds``."""
        if tokens >= _TELLING and seconds > 0:
            self._tokens = _KEPT * self._tokens + tokens
            self._seconds = _KEPT * self._seconds + seconds

    def tokens_in(self, seconds: float) -> int:
        """Return how many tokens can be read in ``seconds``."""
        rate = self._tokens / self._seconds if self._seconds else _USUAL
        return int(rate * seconds)
