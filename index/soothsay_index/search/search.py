"""Hybrid search among the members of known receivers, or in the whole index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

import numpy as np

from soothsay_index.embedding.embedder import Embedder, LoadingEmbedder, Vectors
from soothsay_index.search.global_search import GlobalSearch
from soothsay_index.search.member_search import MemberSearch
from soothsay_index.search.member_views import MemberViews
from soothsay_index.search.ranking import embedding_query
from soothsay_index.search.similarity import jaccard, tokens
from soothsay_index.store.overlay import Overlay
from soothsay_index.store.store import Store
from soothsay_index.types import Hit, Query

_SAME = 0.9  # minimum Jaccard similarity of the identifiers of duplicates


class Searcher:
    """Answer queries over a store; without vectors while ``embedder`` is loading."""

    def __init__(
        self, store: Store, views: MemberViews, embedder: Embedder | None, overlay: Overlay | None = None
    ) -> None:
        self._views = views
        self._dimension = store.dimension
        self._vector_of: Callable[[str], Vectors | None] | None = None
        if embedder is not None:
            # Loading takes seconds; a completion does not wait for it.
            loads = isinstance(embedder, LoadingEmbedder)
            self._vector_of = embedder.query_at_once if loads else embedder.encode_query
        self._members = MemberSearch(views)
        self._anywhere = GlobalSearch(store, views, overlay)

    def search(self, query: Query) -> list[Hit]:
        """Return the best ``query.limit`` hits, best first, each symbol once."""
        if query.limit <= 0 or not (query.text.strip() or query.owners):
            return []
        if not query.owners:
            found = _distinct(self._anywhere.search(query, self._query_vector(query.text)))
            return without_duplicates(found, query.path)[: query.limit]
        views = [view for owner in dict.fromkeys(query.owners) if (view := self._views.view(owner)).symbols]
        if not views:
            return []
        return _distinct(self._members.search(query, views, self._query_vector(query.text)))[: query.limit]

    def warm(self) -> None:
        """Fill the caches that searches use. Embeds no query."""
        vector = np.zeros(self._dimension, np.float32) if self._vector_of is not None else None
        self._anywhere.search(Query("open a file"), vector)

    def _query_vector(self, text: str) -> Vectors | None:
        sentence = embedding_query(text)
        return self._vector_of(sentence) if self._vector_of is not None and sentence else None


def _distinct(hits: Iterable[Hit]) -> list[Hit]:
    """Return each definition once; a re-exported one under its shortest name."""
    kept: dict[tuple[Any, ...], Hit] = {}
    for hit in hits:
        symbol, chunk = hit.symbol, hit.chunk
        key: tuple[Any, ...]
        if symbol is not None:
            key = (
                symbol.name,
                symbol.uri,
                symbol.line,
                symbol.owner if symbol.origin == "service" or not symbol.uri else "",
            )
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


def without_duplicates(hits: Sequence[Hit], path: str) -> list[Hit]:
    """Return ``hits`` without near-duplicate texts; of those, the one whose file is nearest to ``path`` is kept.

    It gets the best rank of its duplicates.
    """
    kept: list[Hit] = []
    words: list[frozenset[str]] = []
    for hit in hits:
        own = tokens(hit.chunk.text) if hit.chunk else frozenset[str]()
        place = next((at for at, known in enumerate(words) if jaccard(own, known) > _SAME), None)
        if place is None:
            kept.append(hit)
            words.append(own)
        elif _distance(hit, path) < _distance(kept[place], path):
            kept[place] = replace(hit, score=kept[place].score)
    return kept


def _distance(hit: Hit, path: str) -> int:
    """Return how many folders lie between a hit's file and ``path``."""
    file = hit.chunk.path if hit.chunk else ""
    here, there = path.split("/")[:-1], file.split("/")[:-1]
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(here, there, strict=False)))
    return len(here) + len(there) - 2 * shared
