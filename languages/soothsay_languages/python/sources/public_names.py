"""The shortest public name of what a package re-exports in several places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from soothsay_index.types import Symbol


@dataclass(frozen=True, slots=True)
class Home:
    """A module in which a definition can be found under its name."""

    module: str
    exported: bool  # listed in the module's __all__

    @property
    def rank(self) -> tuple[int, bool, int, str]:
        """The smallest is what a person would write: near the root, and meant to be there."""
        return self.module.count("."), not self.exported, len(self.module), self.module


def with_shortest_names(
    symbols: Sequence[Symbol], homes: Mapping[tuple[str, str], Sequence[Home]]
) -> Iterator[Symbol]:
    """Yield the symbols under the names people write, ``pandas.DataFrame`` for ``pandas.core.frame.DataFrame``.

    They stay members of every place in which they can be found: only what they are called changes.
    """
    best = {
        f"{home.module}.{name}": f"{min(found, key=lambda home: home.rank).module}.{name}"
        for (_, name), found in homes.items()
        if len(found) > 1
        for home in found
    }
    for symbol in symbols:
        called = best.get(symbol.qualified_name) or f"{best.get(symbol.owner, symbol.owner)}.{symbol.name}"
        if symbol.kind == "class":
            best[symbol.qualified_name] = called  # for its members, which come after it
        yield symbol if called == symbol.qualified_name else replace(symbol, qualified_name=called)
