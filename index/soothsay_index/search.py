"""Hybrid search: where the receiver is known its members alone, else everything that is indexed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .embedding import Embedder, Vectors
from .members import MemberViews
from .ranking import query_sentence
from .search_anywhere import AnywhereSearch
from .search_members import MemberSearch
from .store import Store
from .types import Hit, Query


class Searcher:
    """Answers queries over a store. ``embedder`` is only asked once it is loaded."""

    def __init__(self, store: Store, views: MemberViews, embedder: Embedder | None) -> None:
        self._views = views
        self._embedder = embedder
        self._members = MemberSearch(views)
        self._anywhere = AnywhereSearch(store, views)

    def search(self, query: Query) -> list[Hit]:
        """The best ``query.limit`` hits, best first, each symbol once."""
        if query.limit <= 0 or not (query.text.strip() or query.owners):
            return []
        if not query.owners:
            return _distinct(self._anywhere.search(query, self._query_vector(query.text)))[: query.limit]
        views = [view for owner in dict.fromkeys(query.owners) if (view := self._views.view(owner)).symbols]
        if not views:
            return []
        return _distinct(self._members.search(query, views, self._query_vector(query.text)))[: query.limit]

    def _query_vector(self, text: str) -> Vectors | None:
        embedder = self._embedder
        # Loading takes seconds; a completion does not wait for it.
        if embedder is None or not getattr(embedder, "loaded", True):
            return None
        sentence = query_sentence(text)
        return embedder.encode_query(sentence) if sentence else None


def _distinct(hits: Iterable[Hit]) -> list[Hit]:
    """Each definition once: a function that three modules re-export is one answer, under its shortest name."""
    kept: dict[tuple[Any, ...], Hit] = {}
    for hit in hits:
        symbol, chunk = hit.symbol, hit.chunk
        key: tuple[Any, ...]
        if symbol is not None:
            key = (symbol.name, symbol.uri, symbol.line, symbol.owner if symbol.origin == "service" else "")
        else:
            assert chunk is not None
            key = (chunk.path, chunk.start_line, chunk.end_line)
        known = kept.get(key)
        if known is None:
            kept[key] = hit
        elif (
            symbol is not None
            and known.symbol is not None
            and len(symbol.owner) < len(known.symbol.owner)
            and hit.kind == known.kind
        ):
            kept[key] = replace(hit, score=known.score)
    return list(kept.values())
