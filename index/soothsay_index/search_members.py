"""Searching among the members of a receiver that is known for certain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .embedding import Vectors
from .members import MemberViews, OwnerView
from .ranking import blend, read_query
from .types import Hit, Query, Symbol

_EXACT = 2.0  # more than everything else together


class MemberSearch:
    """Ranks the members of owners by text, name, verb and meaning."""

    def __init__(self, views: MemberViews) -> None:
        self._views = views

    def search(self, query: Query, views: Sequence[OwnerView], vector: Vectors | None) -> list[Hit]:
        """The members of ``views``, best first, more than ``query.limit`` of them; ``vector`` is the query's, if any."""
        ask = read_query(query.text)
        hits: list[Hit] = []
        for view in views:
            rankers = {
                "text": view.ranker.bm25(ask),
                "name": view.ranker.name_overlap(ask),
                "verb": view.ranker.verb(ask),
            }
            if vector is not None:
                matrix, known = self._views.vectors(view)
                # While vectors are still being filled in, those without one would be at a disadvantage.
                if known.sum() * 2 > len(known):
                    rankers["vector"] = np.where(known, np.maximum(matrix @ vector, 0.0), 0.0)
            fused = blend(rankers)
            exact = np.array([_EXACT if symbol.name in ask.names else 0.0 for symbol in view.symbols])
            # Of names that were written down, the drafted call itself comes first.
            exact += np.array([0.5 if symbol.name == ask.draft_name else 0.0 for symbol in view.symbols]) * (
                exact > 0
            )
            total = fused + exact
            best = np.argsort(-total, kind="stable")[: query.limit * 2]
            for position in best:
                scores = {name: round(float(values[position]), 6) for name, values in rankers.items()}
                if exact[position]:
                    scores["exact"] = 1.0
                symbol = view.symbols[position]
                hits.append(self._member_hit(symbol, float(total[position]), scores))
        hits.sort(key=lambda hit: -hit.score)
        return hits

    def _member_hit(self, symbol: Symbol, score: float, scores: dict[str, float]) -> Hit:
        if symbol.origin != "workspace":
            return Hit("symbol", score, symbol=symbol, scores=scores)
        return Hit("cross_file", score, symbol=symbol, chunk=self._views.chunk(symbol), scores=scores)
