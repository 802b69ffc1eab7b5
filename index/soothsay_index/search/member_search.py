"""Search among the members of known receivers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from soothsay_index.embedding.embedder import Vectors
from soothsay_index.search.member_views import MemberViews, OwnerView
from soothsay_index.search.ranking import ParsedQuery, Scores, blend, parse_query
from soothsay_index.types import Hit, Query, Symbol


class MemberSearch:
    """Rank the members of owners by description, name, verb and vector."""

    def __init__(self, views: MemberViews) -> None:
        self._views = views

    def search(self, query: Query, views: Sequence[OwnerView], vector: Vectors | None) -> list[Hit]:
        """Return the members of ``views``, best first, more than ``query.limit`` of them; ``vector`` is the query's, if any."""
        ask = parse_query(query.text)
        found: list[tuple[float, Symbol, dict[str, float]]] = []
        for view in views:
            scores = self.scores(ask, view, vector)
            total = blend(scores)
            for position in np.argsort(-total, kind="stable")[: query.limit * 2]:
                told = {name: round(float(values[position]), 6) for name, values in scores.items()}
                found.append((float(total[position]), view.symbols[position], told))
        found.sort(key=lambda each: -each[0])
        # A piece of the workspace is looked up in the store, so only for those that can be shown.
        return [self._hit(symbol, score, told) for score, symbol, told in found[: query.limit * 2]]

    def scores(self, ask: ParsedQuery, view: OwnerView, vector: Vectors | None) -> dict[str, Scores]:
        """Return the scores of the members of ``view`` by ranker: those of :meth:`MemberRanker.scores`, and ``vector``, the cosine."""
        scores = view.ranker.scores(ask)
        if vector is not None:
            matrix, known = self._views.vectors(view)
            # While vectors are still being filled in, those that lack one would be at a disadvantage: another would be
            # far ahead, and called.
            if known.all():
                scores["vector"] = (matrix @ vector).astype(np.float64)
        return scores

    def _hit(self, symbol: Symbol, score: float, scores: dict[str, float]) -> Hit:
        if symbol.origin != "workspace":
            return Hit("symbol", score, symbol=symbol, scores=scores)
        return Hit("cross_file", score, symbol=symbol, chunk=self._views.chunk(symbol), scores=scores)
