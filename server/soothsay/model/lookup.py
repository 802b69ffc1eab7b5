"""Prompt-lookup decoding: what the model writes is often a repetition, above all of documentation in its prompt.

Where the last tokens have occurred before, those that followed are guessed and evaluated together with the next one: a
batch of four takes about twice as long as one token. https://github.com/apoorvumang/prompt-lookup-decoding (Saxena 2023)
"""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST_MATCH = 4  # tokens
_SHORTEST_MATCH = 2
_GUESSES = 3
_PAYS_FROM = 0.6  # share of guesses that must come true: a guess costs about half a token
_WEIGHT = 0.2  # of the newest guess in the moving average
_TRY_AGAIN_AFTER = 24  # tokens without a guess


class Lookup:
    """Guesses what comes next, as long as guessing pays."""

    def __init__(self) -> None:
        self._came_true = 0.8  # moving average
        self._without = 0

    def guess(self, tokens: Sequence[int]) -> list[int]:
        """What may follow ``tokens``: nothing where they end as nothing before did."""
        if self._came_true < _PAYS_FROM and self._without < _TRY_AGAIN_AFTER:
            self._without += 1
            return []
        return find_continuation(tokens)

    def learn(self, *, true: bool) -> None:
        """A guess came true, or did not."""
        self._without = 0
        self._came_true += _WEIGHT * (true - self._came_true)


def find_continuation(tokens: Sequence[int], guesses: int = _GUESSES) -> list[int]:
    """The tokens that followed the last ones where they occurred before; the longest match, the latest of them."""
    last = len(tokens) - 1
    if last < _SHORTEST_MATCH:
        return []
    best, length = -1, _SHORTEST_MATCH - 1
    for end in range(last - 1, _SHORTEST_MATCH - 2, -1):
        if tokens[end] != tokens[last]:
            continue
        match = 1
        while match < _LONGEST_MATCH and match <= end and tokens[end - match] == tokens[last - match]:
            match += 1
        if match > length:
            best, length = end, match
            if length == _LONGEST_MATCH:
                break
    return list(tokens[best + 1 : best + 1 + guesses]) if best >= 0 else []
