"""Which of the members that were found is called: the best one, where no other comes close to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from soothsay_index.types import Hit, Symbol

# of the ranking's score. Where the second is further behind, the first is right 98 times of 100 (`make bench-retrieval`,
# development split); the right one is hardly ever further behind the first
CLOSE = 0.3
_MEANING = "vector"  # the ranker that compares meanings
_DOTTED = re.compile(r"(?<![\w.])[\w.]*\Z")


def contenders(hits: Sequence[Hit]) -> list[Hit]:
    """Return those of ``hits``, best first, that may be meant: their scores are close to the best one's.

    All of them where they were ranked by words alone, while the embedding model is being loaded: such scores are others.
    """
    if not all(_MEANING in hit.scores for hit in hits):
        return list(hits)
    return [hit for hit in hits if hit.score > hits[0].score - CLOSE]


def call_meant(hits: Sequence[Hit]) -> Symbol | None:
    """Return what the first of ``hits`` is, where no other contends with it, and its parameters are known."""
    symbol = hits[0].symbol if len(hits) > 1 and len(contenders(hits)) == 1 else None
    return symbol if symbol is not None and symbol.parameters is not None else None


def rest_of_call(before: str, spelled: str) -> str | None:
    """Return what is left to write of a call of ``spelled`` behind ``before``; None where that ends with another name."""
    begun = _DOTTED.search(before)
    written = begun[0] if begun is not None else ""
    return f"{spelled[len(written) :]}(" if spelled.startswith(written) else None
