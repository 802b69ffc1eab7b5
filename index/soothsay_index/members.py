"""What an owner has, kept in memory once it was asked for."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .database import one_of, quote
from .embedding import Vectors
from .ranking import MemberRanker
from .rows import chunk_of, embedding_text, symbol_of, vector_key, worth_a_vector
from .sources.base import OwnerFacts
from .store import Store
from .types import Chunk, Symbol

_KEPT_OWNERS = 256


class OwnerView:
    """The members of one owner: the documented symbols, and names that are known to exist beside them."""

    def __init__(self, owner: str, symbols: tuple[Symbol, ...], facts: OwnerFacts | None) -> None:
        self.owner = owner
        self.symbols = symbols
        self.closed = facts is not None and facts.closed
        self._hidden = facts.hidden if facts else ()
        self.vectors: tuple[int, Vectors, npt.NDArray[np.bool_]] | None = None

    @cached_property
    def by_name(self) -> dict[str, Symbol]:
        """Documented and hidden members by name."""
        return {symbol.name: symbol for symbol in self.members}

    @cached_property
    def members(self) -> tuple[Symbol, ...]:
        """Everything that exists; hidden names come last, as bare attributes."""
        known = {symbol.name for symbol in self.symbols}
        if not self.symbols and not self._hidden:
            return ()
        sample = self.symbols[0] if self.symbols else None
        return (
            *self.symbols,
            *(
                Symbol(
                    qualified_name=f"{self.owner}.{name}",
                    name=name,
                    owner=self.owner,
                    kind="attribute",
                    origin=sample.origin if sample else "package",
                    package=sample.package if sample else "",
                    version=sample.version if sample else "",
                    uri="",
                )
                for name in self._hidden
                if name not in known
            ),
        )

    @cached_property
    def ranker(self) -> MemberRanker:
        """The ranker over :attr:`symbols`."""
        return MemberRanker(self.symbols)


class MemberViews:
    """Owner views of a store, remembered until its tables change. Safe from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._views: OrderedDict[str, OwnerView] = OrderedDict()
        self._names: frozenset[str] | None = None
        self._stamp: tuple[int, ...] = ()
        self._releases: tuple[float, frozenset[str], frozenset[str]] | None = None

    def view(self, owner: str) -> OwnerView:
        """The view of ``owner``; one without symbols when it is not known."""
        self._forget_if_changed()
        with self._lock:
            known = self._views.get(owner)
            if known is not None:
                self._views.move_to_end(owner)
                return known
        view = self._read(owner)
        with self._lock:
            self._views[owner] = view
            while len(self._views) > _KEPT_OWNERS:
                self._views.popitem(last=False)
        return view

    def has_name(self, name: str) -> bool:
        """True when any visible symbol has this bare name."""
        self._forget_if_changed()
        names = self._names
        if names is None:
            names = self._names = self._read_names()
        return name in names

    def vectors(self, view: OwnerView) -> tuple[Vectors, npt.NDArray[np.bool_]]:
        """A matrix with one row a symbol of ``view``, and which of the rows are known yet."""
        versions = self._store.packages.version("vectors") + self._store.local.version("vectors")
        if view.vectors is not None and (view.vectors[0] == versions or view.vectors[2].all()):
            return view.vectors[1], view.vectors[2]
        keys = [
            vector_key(symbol.package, embedding_text(symbol)) if worth_a_vector(symbol) else ""
            for symbol in view.symbols
        ]
        wanted = list(dict.fromkeys(key for key in keys if key))
        found: dict[str, list[float]] = {}
        for database in (self._store.packages, self._store.local):
            for row in database.rows_in("vectors", "key", wanted, ["key", "vector"]):
                found[row["key"]] = row["vector"]
        matrix = np.zeros((len(keys), self._store.dimension), dtype=np.float32)
        known = np.zeros(len(keys), dtype=np.bool_)
        for position, key in enumerate(keys):
            if key in found:
                matrix[position] = found[key]
                known[position] = True
        view.vectors = (versions, matrix, known)
        return matrix, known

    def chunk(self, symbol: Symbol) -> Chunk | None:
        """The workspace chunk that defines ``symbol``."""
        rows = self._store.local.rows(
            "chunks", f"symbol_id LIKE {quote('%|' + symbol.qualified_name)}", limit=8
        )
        row = next((row for row in rows if row["uri"] == symbol.uri), None)
        return chunk_of(row, symbol) if row else None

    def symbols_by_id(self, ids: Iterable[str]) -> dict[str, Symbol]:
        """Workspace symbols by the id their chunks carry."""
        wanted = sorted(ids)
        if not wanted:
            return {}
        rows = self._store.local.rows("symbols", one_of("id", wanted), limit=len(wanted) * 2)
        return {row["id"]: symbol_of(row) for row in rows}

    def visible(self) -> frozenset[str]:
        """The releases this workspace's environment has."""
        return self._known_releases()[0]

    def not_visible(self) -> frozenset[str]:
        """The releases that are stored for other workspaces only."""
        return self._known_releases()[1]

    def _known_releases(self) -> tuple[frozenset[str], frozenset[str]]:
        cached = self._releases
        if cached is None or time.monotonic() - cached[0] > 2.0:
            visible = self._store.releases_in_use()
            stored = frozenset(self._store.packages.manifest().releases)
            cached = (time.monotonic(), visible & stored, stored - visible if visible else frozenset())
            self._releases = cached
        return cached[1], cached[2]

    def _forget_if_changed(self) -> None:
        stamp = (self._store.packages.version("symbols"), self._store.local.version("symbols"))
        if stamp != self._stamp:
            with self._lock:
                self._stamp = stamp
                self._views.clear()
                self._names = None
                self._releases = None

    def _read(self, owner: str) -> OwnerView:
        where = f"owner = {quote(owner)}"
        local = self._store.local
        own = [symbol_of(row) for row in local.rows("symbols", where)]
        facts = local.rows("owners", where)
        if own or facts:
            # What the workspace defines hides an installed package of the same name.
            hidden = tuple(name for row in facts for name in row["hidden"].split())
            closed = bool(facts) and all(row["closed"] for row in facts)
            return OwnerView(owner, tuple(own), OwnerFacts(owner, closed, hidden))
        hidden_releases = self.not_visible()
        rows = [
            row
            for row in self._store.packages.rows("symbols", where)
            if row["release"] not in hidden_releases
        ]
        facts = [
            row for row in self._store.packages.rows("owners", where) if row["release"] not in hidden_releases
        ]
        symbols = {row["name"]: symbol_of(row) for row in rows}
        if not facts:
            return OwnerView(owner, tuple(symbols.values()), None)
        hidden = tuple(dict.fromkeys(name for row in facts for name in row["hidden"].split()))
        return OwnerView(
            owner, tuple(symbols.values()), OwnerFacts(owner, all(row["closed"] for row in facts), hidden)
        )

    def _read_names(self) -> frozenset[str]:
        hidden = self.not_visible()
        names: set[str] = set()
        table = self._store.packages.arrow("symbols", columns=["name", "release"])
        if hidden:
            names.update(row["name"] for row in table.to_pylist() if row["release"] not in hidden)
        else:
            names.update(table.column("name").unique().to_pylist())
        names.update(self._store.local.arrow("symbols", columns=["name"]).column("name").unique().to_pylist())
        return frozenset(names)
