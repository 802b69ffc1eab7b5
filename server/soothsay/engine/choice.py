"""Which of the members that were found is called: the best one, where no other comes close to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from soothsay_index.types import Hit

# of the ranking's score. Where the second is further behind, the first is right 98 times of 100 (`make bench-retrieval`,
# development split); the right one is hardly ever further behind the first
CLOSE = 0.3
_DOTTED = re.compile(r"(?<![\w.])[\w.]*\Z")


def contenders(hits: Sequence[Hit]) -> list[Hit]:
    """Return those of ``hits``, best first, that may be meant: their scores are close to the best one's."""
    return [hit for hit in hits if hit.score > hits[0].score - CLOSE]


def only_call(hits: Sequence[Hit]) -> Hit | None:
    """Return the one of ``hits`` where it is alone, and can be called with parameters that are known."""
    hit = hits[0] if len(hits) == 1 else None
    return hit if hit is not None and hit.symbol is not None and hit.symbol.parameters is not None else None


def rest_of_call(before: str, spelled: str) -> str | None:
    """Return what is left to write of a call of ``spelled`` behind ``before``; None where that ends with another name."""
    begun = _DOTTED.search(before)
    written = begun[0] if begun is not None else ""
    return f"{spelled[len(written) :]}(" if spelled.startswith(written) else None
