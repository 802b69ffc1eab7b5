"""Which of the members that were found is called: the best one, where no other comes close to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from soothsay_index.types import Hit, Symbol

# of the ranking's score. Where the second is further behind, the first is right 98 times of 100 (`make bench-retrieval`,
# development split); the right one is hardly ever further behind the first
CLOSE = 0.3
# of the same score. Where the best one's is lower, and another member was drafted, that is right four times of eight, and
# the best one never (`make bench-installed` and `make bench-quality`, development splits)
RELEVANT = 0.9
_MEANING = "vector"  # the ranker that compares meanings
_DOTTED = re.compile(r"(?<![\w.])[\w.]*\Z")


@dataclass(frozen=True, slots=True)
class MemberChoice:
    """The members that may be meant, best first, and the one that is called, where no other can be."""

    hits: tuple[Hit, ...]
    meant: Symbol | None = None


def choose(hits: Sequence[Hit], drafted: Symbol | None = None) -> MemberChoice:
    """Return which of ``hits``, best first, may be meant: their scores are close to the best one's.

    ``drafted`` is a member that exists and that the model was unsure of: it is meant where nothing that was found is about
    what is asked. All of ``hits`` may be where they were ranked by words alone, while the embedding model is being loaded:
    such scores are others. One whose parameters are not known is not called.
    """
    if not hits or not all(_MEANING in hit.scores for hit in hits):
        return MemberChoice(tuple(hits))
    if drafted is not None and hits[0].score < RELEVANT:
        return MemberChoice((Hit("symbol", hits[0].score, drafted),), _callable(drafted))
    close = tuple(hit for hit in hits if hit.score > hits[0].score - CLOSE)
    is_alone = len(close) == 1 and len(hits) > 1
    return MemberChoice(close, _callable(close[0].symbol) if is_alone else None)


def rest_of_call(before: str, spelled: str) -> str | None:
    """Return what is left to write of a call of ``spelled`` behind ``before``; None where that ends with another name."""
    begun = _DOTTED.search(before)
    written = begun[0] if begun is not None else ""
    return f"{spelled[len(written) :]}(" if spelled.startswith(written) else None


def _callable(symbol: Symbol | None) -> Symbol | None:
    return symbol if symbol is not None and symbol.parameters is not None else None
