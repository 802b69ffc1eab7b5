"""Searching everywhere: package documentation and the workspace's code, fused by reciprocal rank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .embedding import Vectors
from .members import MemberViews
from .ranking import RRF_K, query_sentence, read_query
from .rows import chunk_of, symbol_of
from .database import Database, one_of, quote
from .store import Store
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


class AnywhereSearch:
    """Finds symbols of packages and chunks of the workspace when the receiver is not known."""

    def __init__(self, store: Store, views: MemberViews) -> None:
        self._store = store
        self._views = views

    def search(self, query: Query, vector: Vectors | None) -> list[Hit]:
        """All candidates, best first; ``vector`` is the query's, if any."""
        ask = read_query(query.text)
        words = " ".join(dict.fromkeys(terms(query_sentence(query.text))))
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
        return [
            replace(
                candidate.hit,
                score=candidate.fused,
                scores={k: round(v, 6) for k, v in candidate.scores.items() if not k.startswith("rank_")},
            )
            for candidate in ordered
        ]

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
