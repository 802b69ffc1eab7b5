"""Hybrid search: exact names first, then full text and vectors fused by reciprocal rank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .embedding import Embedder
from .members import MemberViews, OwnerView
from .ranking import RRF_K, blend, query_sentence, read_query
from .rows import chunk_of, symbol_of
from .store import Database, Store, one_of, quote
from .text import terms
from .types import Hit, Query, Symbol

_CANDIDATES = 40
_EXACT = 2.0  # more than everything else together
# Worth more than being first in both rankers: imported modules come before any other file.
_IMPORTED = 2.5 / (RRF_K + 1)
_PREFERRED = 1.0 / (RRF_K + 1)
# One distribution's name is imported, another's models hold the methods.
_ALSO = {"boto3": "botocore", "aioboto3": "botocore", "aiobotocore": "botocore"}


@dataclass(slots=True)
class _Candidate:
    hit: Hit
    scores: dict[str, float] = field(default_factory=dict)
    bonus: float = 0.0
    fused: float = 0.0


class Searcher:
    """Answers queries over a store. ``embedder`` is only asked once it is loaded."""

    def __init__(self, store: Store, views: MemberViews, embedder: Embedder | None) -> None:
        self._store = store
        self._views = views
        self._embedder = embedder

    def search(self, query: Query) -> list[Hit]:
        """The best ``query.limit`` hits, best first, each symbol once."""
        if query.limit <= 0 or not (query.text.strip() or query.owners):
            return []
        views = [view for owner in dict.fromkeys(query.owners) if (view := self._views.view(owner)).symbols]
        if query.owners:
            return self._among_members(query, views) if views else []
        return self._everywhere(query)

    # -- a receiver that is known --------------------------------------------------------------------------

    def _among_members(self, query: Query, views: Sequence[OwnerView]) -> list[Hit]:
        ask = read_query(query.text)
        vector = self._query_vector(query.text)
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
        return _distinct(hits)[: query.limit]

    def _member_hit(self, symbol: Symbol, score: float, scores: dict[str, float]) -> Hit:
        if symbol.origin != "workspace":
            return Hit("symbol", score, symbol=symbol, scores=scores)
        return Hit("cross_file", score, symbol=symbol, chunk=self._views.chunk(symbol), scores=scores)

    # -- a receiver that is not known ----------------------------------------------------------------------

    def _everywhere(self, query: Query) -> list[Hit]:
        ask = read_query(query.text)
        words = " ".join(dict.fromkeys(terms(query_sentence(query.text))))
        vector = self._query_vector(query.text)
        found: dict[str, _Candidate] = {}
        preferred = self._preferred(query)
        wheres = [preferred] if preferred else [self._in_use()]
        for where in wheres:
            self._symbols(found, self._store.packages, words, vector, where, query)
        self._chunks(found, words, vector, query)
        self._exact(found, ask.names, query, preferred)
        for candidate in found.values():
            candidate.fused = candidate.bonus + sum(
                1.0 / (RRF_K + rank) for name, rank in candidate.scores.items() if name.startswith("rank_")
            )
        ordered = sorted(found.values(), key=lambda candidate: -candidate.fused)
        hits = [
            replace(
                candidate.hit,
                score=candidate.fused,
                scores={k: round(v, 6) for k, v in candidate.scores.items() if not k.startswith("rank_")},
            )
            for candidate in ordered
        ]
        return _distinct(hits)[: query.limit]

    def _symbols(
        self,
        found: dict[str, _Candidate],
        database: Database,
        words: str,
        vector: Any,
        where: str,
        query: Query,
    ) -> None:
        rows = database.full_text("symbols", words, _CANDIDATES, where)
        for rank, row in enumerate(rows, 1):
            candidate = _candidate(
                found, f"s:{row['qualified_name']}", lambda r=row: Hit("symbol", 0.0, symbol_of(r))
            )
            candidate.scores.update(text=row["_score"], rank_text=rank)
        if vector is None:
            return
        near = database.nearest(vector, _CANDIDATES, self._vector_scope(query))
        similarity = {row["key"]: 1.0 - row["_distance"] for row in near}
        rows = database.rows_in("symbols", "vector_key", list(similarity))
        visible = self._views.visible()
        rows = [row for row in rows if not visible or row["release"] in visible]
        rows.sort(key=lambda row: (-similarity[row["vector_key"]], row["owner"].count(".")))
        for rank, row in enumerate(rows[: _CANDIDATES * 2], 1):
            candidate = _candidate(
                found, f"s:{row['qualified_name']}", lambda r=row: Hit("symbol", 0.0, symbol_of(r))
            )
            candidate.scores.update(vector=similarity[row["vector_key"]], rank_vector=rank)

    def _chunks(self, found: dict[str, _Candidate], words: str, vector: Any, query: Query) -> None:
        local = self._store.local
        where = f"path != {quote(query.path)}" if query.path else ""
        rows = local.full_text("chunks", words, _CANDIDATES, where)
        reachable = [module for module in query.modules if module]
        if reachable:
            # Followed imports are candidates whatever else the workspace has (CoCoMIC).
            scope = one_of("module", reachable)
            rows += local.full_text("chunks", words, _CANDIDATES, f"{where} AND {scope}" if where else scope)
        near: dict[str, float] = {}
        if vector is not None:
            near = {row["key"]: 1.0 - row["_distance"] for row in local.nearest(vector, _CANDIDATES)}
        by_vector = local.rows_in("chunks", "vector_key", list(near)) if near else []
        by_vector = [row for row in by_vector if row["path"] != query.path]
        by_vector.sort(key=lambda row: -near[row["vector_key"]])
        by_text = sorted({row["id"]: row for row in rows}.values(), key=lambda row: -row["_score"])
        symbols = self._views.symbols_by_id(
            {row["symbol_id"] for row in (*by_text, *by_vector) if row["symbol_id"]}
        )
        for name, ordered in (("text", by_text), ("vector", by_vector)):
            for rank, row in enumerate(ordered, 1):
                candidate = _candidate(found, f"c:{row['id']}", lambda r=row: _chunk_hit(r, symbols))
                score = row["_score"] if name == "text" else near[row["vector_key"]]
                candidate.scores.update({name: score, f"rank_{name}": rank})
                if row["module"] in reachable or _imported_from(row, reachable):
                    candidate.scores["imports"] = 1.0
                    candidate.bonus = max(candidate.bonus, _IMPORTED)

    def _exact(
        self, found: dict[str, _Candidate], names: Iterable[str], query: Query, preferred: str
    ) -> None:
        wanted = [name for name in names if len(name) > 2]
        if not wanted:
            return
        local = self._store.local
        where = one_of("name", wanted)
        own = [row for row in local.rows("symbols", where, limit=_CANDIDATES) if row["path"] != query.path]
        for row in own:
            if row["kind"] in {"attribute", "module"}:
                continue
            chunk = self._views.chunk(symbol_of(row))
            key = (
                f"c:{chunk.path}:{chunk.start_line}:{chunk.end_line}"
                if chunk
                else f"s:{row['qualified_name']}"
            )
            hit = Hit("cross_file", 0.0, symbol_of(row), chunk)
            candidate = _candidate(found, key, lambda h=hit: h)
            candidate.scores["exact"] = 1.0
            candidate.bonus += _EXACT
        scope = preferred or self._in_use()
        rows = self._store.packages.rows(
            "symbols", f"{where} AND {scope}" if scope else where, limit=_CANDIDATES
        )
        for row in rows:
            candidate = _candidate(
                found, f"s:{row['qualified_name']}", lambda r=row: Hit("symbol", 0.0, symbol_of(r))
            )
            candidate.scores["exact"] = 1.0
            # Without a receiver a same-named function of some package is only a hint.
            candidate.bonus += _EXACT / 2 if preferred else _PREFERRED

    # -- helpers -------------------------------------------------------------------------------------------

    def _preferred(self, query: Query) -> str:
        """A filter for the packages the caller named, by distribution or by import name."""
        named = {*query.packages, *(module.split(".", 1)[0] for module in query.modules)}
        named |= {_ALSO[name] for name in named if name in _ALSO}
        if not named:
            return ""
        visible = self._views.visible()
        keys = [
            key
            for key in visible
            if not key.startswith("botocore@")
            and (key.split("@", 1)[0] in named or key.rsplit("/", 1)[-1] in named)
        ]
        filters = [one_of("release", sorted(keys))] if keys else []
        if "botocore" in named:
            filters.append("package = 'botocore'")
        if not filters:
            return ""
        return f"({' OR '.join(filters)})"

    def _vector_scope(self, query: Query) -> str:
        named = {*query.packages, *(module.split(".", 1)[0] for module in query.modules)}
        named |= {_ALSO[name] for name in named if name in _ALSO}
        packages = {
            key.split("@", 1)[0]
            for key in self._views.visible()
            if key.split("@", 1)[0] in named or key.rsplit("/", 1)[-1] in named
        }
        return one_of("package", sorted(packages)) if packages else ""

    def _in_use(self) -> str:
        """Hide the versions of packages that only other workspaces have."""
        others = self._views.not_visible()
        return f"NOT ({one_of('release', sorted(others))})" if others else ""

    def _query_vector(self, text: str) -> Any | None:
        embedder = self._embedder
        # Loading takes seconds; a completion does not wait for it.
        if embedder is None or not getattr(embedder, "loaded", True):
            return None
        sentence = query_sentence(text)
        return embedder.encode_query(sentence) if sentence else None


def _candidate(found: dict[str, _Candidate], key: str, make: Any) -> _Candidate:
    if key not in found:
        found[key] = _Candidate(make())
    return found[key]


def _chunk_hit(row: dict[str, Any], symbols: dict[str, Symbol]) -> Hit:
    symbol = symbols.get(row["symbol_id"])
    return Hit("cross_file", 0.0, symbol=symbol, chunk=chunk_of(row, symbol))


def _imported_from(row: dict[str, Any], reachable: Sequence[str]) -> bool:
    """True when the edited file imports the very definition (``from billing.ledger import post``)."""
    return bool(row["symbol_id"]) and row["symbol_id"].rsplit("|", 1)[-1] in reachable


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
