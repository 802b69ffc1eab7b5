"""The methods that an adapter is held against: the weights alone, everything, and the right document among four others."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from bench.cloudapi.methods import Bench, Variant

from soothsay_index.types import Hit, Index, Query, Symbol

FIVE = "five documents"
METHODS: Mapping[str, Variant] = {"base": Variant("base"), "full": Variant("full"), FIVE: Variant("dag", 5)}
_OTHERS = 4


class FiveDocuments(Bench):
    """A `Bench` that answers searches with the right document and four of the same owner, where the method wants it."""

    def __init__(self, index: Index) -> None:
        super().__init__(index)
        self._shown: tuple[Symbol, ...] | None = None

    def begin(self, owner: str, name: str, method: str) -> None:
        """What comes next is a task that asks for ``name`` of ``owner``."""
        self.ask_for(owner, name, METHODS[method])
        self._shown = five_documents(self.members(owner), name) if method == FIVE else None

    def search(self, query: Query) -> Sequence[Hit]:
        """The method's hits."""
        if self._shown is None:
            return super().search(query)
        self.found = [each.name for each in self._shown]
        return [Hit("symbol", 1.0, each) for each in self._shown]


def five_documents(members: Iterable[Symbol], name: str) -> tuple[Symbol, ...]:
    """Return the member ``name`` and four others, in an order that says nothing; none where there are too few."""
    callable_ = {each.name: each for each in members if each.parameters is not None}
    wanted = callable_.pop(name, None)
    if wanted is None or len(callable_) < _OTHERS:
        return ()
    chance = random.Random(f"five {wanted.owner} {name}")
    others = chance.sample(sorted(callable_.values(), key=lambda each: each.name), _OTHERS)
    return tuple(chance.sample([wanted, *others], _OTHERS + 1))
