"""Cached views of owners and their members."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cachetools import LRUCache

from soothsay_index.embedding.embedder import Vectors
from soothsay_index.search.ranking import MemberRanker
from soothsay_index.shared.local_files import LocalFileFilter
from soothsay_index.sources.base import FileFacts, OwnerFacts
from soothsay_index.store.database import quote
from soothsay_index.store.overlay import Overlay
from soothsay_index.store.rows import (
    chunk_of,
    embedding_text,
    has_vector,
    owner_of,
    symbol_of,
    vector_key,
)
from soothsay_index.store.store import Store
from soothsay_index.store.table_cache import TableCache
from soothsay_index.types import Chunk, Symbol

_KEPT_OWNERS = 256
_OWNERS_SHARED = 15.0  # seconds


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
        """Return documented and hidden members by name."""
        return {symbol.name: symbol for symbol in self.members}

    @cached_property
    def members(self) -> tuple[Symbol, ...]:
        """Return all members; undocumented names come last, as bare attributes."""
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
        """Return the ranker over :attr:`symbols`."""
        return MemberRanker(self.symbols)


@dataclass(frozen=True, slots=True)
class _KnownReleases:
    """The stored releases: those of this workspace's environment, and the others. ``empty`` have no content."""

    stamp: object
    visible: frozenset[str]
    hidden: frozenset[str]
    empty: frozenset[str]


class MemberViews:
    """Owner views of a store and of the unsaved documents, cached until they change. Thread-safe."""

    def __init__(self, store: Store, overlay: Overlay | None = None) -> None:
        self._store = store
        self._overlay = overlay or Overlay()
        self.local_files = LocalFileFilter(store)
        self._lock = threading.Lock()
        self._own = _ViewCache()
        self._own_stamp: tuple[int, int] = (-1, -1)
        self._own_owners = TableCache(lambda: self._paths_of("owner", "owners", "symbols"))
        self._own_names = TableCache(lambda: self._paths_of("name", "symbols"))
        self._packaged = _ViewCache()
        self._packaged_stamp: tuple[int, frozenset[str]] = (-1, frozenset())
        self._packaged_since = 0.0
        self._packaged_names = TableCache(self._names_of_packages)
        self._releases: _KnownReleases | None = None

    def view(self, owner: str) -> OwnerView:
        """Return the view of ``owner``; one without symbols when it is not known."""
        self._forget_what_changed()
        # What the workspace defines hides an installed package of the same name.
        return self._own_view(owner) or self._package_view(owner)

    def has_name(self, name: str) -> bool:
        """Return True when any visible symbol has this bare name."""
        overlaid = self._overlay.snapshot()
        if any(symbol.name == name for file in overlaid.values() for symbol in file.symbols):
            return True
        own = self._own_names.get(self._store.local.version("symbols"))
        if not own.get(name, set()) <= overlaid.keys():
            return True
        return name in self._packaged_names.get(self._store.packages.version("symbols"))

    def forget(self) -> None:
        """Clear the caches after a build."""
        with self._lock:
            self._packaged.clear()
            self._releases = None
            self._own_stamp = (-1, -1)
        for whole in (self._own_owners, self._own_names, self._packaged_names):
            whole.forget()

    def defines(self, module: str) -> bool:
        """Return whether a file of the workspace, or a document that is open, is ``module`` or lies in it."""
        overlaid = self._overlay.snapshot()
        owners = (each.owner for file in overlaid.values() for each in file.owners)
        stored = self._own_owners.get(self._store.local.version("owners"))
        return module in stored or module in owners

    def add_stored(self, saved: Mapping[str, FileFacts]) -> None:
        """Add stored files to the caches before the tables are read again."""
        owners, names = self._own_owners.known, self._own_names.known
        for path, facts in saved.items():
            if owners is not None:
                for owner in (*(o.owner for o in facts.owners), *(s.owner for s in facts.symbols)):
                    owners.setdefault(owner, set()).add(path)
            if names is not None:
                for symbol in facts.symbols:
                    names.setdefault(symbol.name, set()).add(path)

    def vectors(self, view: OwnerView) -> tuple[Vectors, npt.NDArray[np.bool_]]:
        """Return a matrix (symbols of ``view`` × dimension) and a mask of the rows that lack no vector.

        What says nothing of itself has none, and lacks none: its row is 0.
        """
        versions = self._store.packages.version("vectors") + self._store.local.version("vectors")
        if view.vectors is not None and (view.vectors[0] == versions or view.vectors[2].all()):
            return view.vectors[1], view.vectors[2]
        keys = [
            vector_key(symbol.package, embedding_text(symbol)) if has_vector(symbol) else ""
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
            known[position] = not key or key in found
            if key in found:
                matrix[position] = found[key]
        view.vectors = (versions, matrix, known)
        return matrix, known

    def chunk(self, symbol: Symbol) -> Chunk | None:
        """Return the workspace chunk that defines ``symbol``."""
        for file in self._overlay.snapshot().values():
            for chunk in file.chunks:
                if chunk.symbol is not None and chunk.uri == symbol.uri and chunk.symbol == symbol:
                    return chunk
        file = Path(url2pathname(urlsplit(symbol.uri).path))
        root = self._store.workspace
        path = file.relative_to(root) if file.is_relative_to(root) else file
        where = f"symbol_id = {quote(f'{path.as_posix()}|{symbol.qualified_name}')}"
        rows = self._store.local.rows("chunks", where, limit=1)
        return chunk_of(rows[0], symbol) if rows else None

    def visible(self) -> frozenset[str]:
        """Return the releases this workspace's environment has."""
        return self._known_releases().visible

    def without_content(self) -> frozenset[str]:
        """Return the releases in which nothing could be read: broken ones, and those without a source."""
        return self._known_releases().empty

    def not_visible(self) -> frozenset[str]:
        """Return the stored releases that this workspace's environment does not have, as far as that is known."""
        return self._known_releases().hidden

    def _known_releases(self) -> _KnownReleases:
        cached, stamp = self._releases, self._store.releases_stamp()
        if cached is None or cached.stamp != stamp:
            in_use = self._store.releases_in_use()
            states = self._store.packages.manifest().releases
            stored = frozenset(states)
            empty = frozenset(key for key, state in states.items() if not state.symbols and not state.chunks)
            self._releases = cached = _KnownReleases(stamp, in_use & stored, stored - in_use, empty)
        return cached

    def _forget_what_changed(self) -> None:
        own = (self._store.local.version("symbols"), self._overlay.generation)
        packaged = (self._store.packages.version("symbols"), self.visible())
        with self._lock:
            if own != self._own_stamp:
                self._own_stamp = own
                self._own.clear()
            if packaged != self._packaged_stamp:
                # A release never changes once it is there: while a build adds others, what is known stays, but
                # not for ever, since two releases may share an owner (stubs, namespace packages).
                if time.monotonic() - self._packaged_since > _OWNERS_SHARED:
                    self._packaged_since = time.monotonic()
                    self._packaged.clear()
                else:
                    self._packaged.clear_empty()
                self._packaged_stamp = packaged

    def _own_view(self, owner: str) -> OwnerView | None:
        overlaid = self._overlay.snapshot()
        facts = [each for file in overlaid.values() for each in file.owners if each.owner == owner]
        paths = self._own_owners.get(self._store.local.version("owners")).get(owner, set())
        stored = not paths <= overlaid.keys()
        if not stored and not facts:
            return None
        with self._lock:
            known = self._own.get(owner)
            stamp = self._own_stamp
        if known is not None:
            return known
        symbols = [each for file in overlaid.values() for each in file.symbols if each.owner == owner]
        if stored:
            where = f"owner = {quote(owner)}"
            local = self._store.local
            symbols += [symbol_of(r) for r in local.rows("symbols", where) if r["path"] not in overlaid]
            facts += [owner_of(r) for r in local.rows("owners", where) if r["path"] not in overlaid]
        if not symbols and not facts:
            return None
        view = _view(owner, symbols, facts)
        with self._lock:
            if stamp == self._own_stamp:
                self._own.put(owner, view)
        return view

    def _package_view(self, owner: str) -> OwnerView:
        with self._lock:
            known = self._packaged.get(owner)
        if known is not None:
            return known
        where, hidden = f"owner = {quote(owner)}", self.not_visible()
        packages = self._store.packages
        rows, facts = (
            [
                row
                for row in packages.rows(table, where)
                if row["release"] not in hidden and not self.local_files.hides(row["release"], row["path"])
            ]
            for table in ("symbols", "owners")
        )
        facts = [owner_of(row) for row in facts]
        view = _view(owner, list({row["name"]: symbol_of(row) for row in rows}.values()), facts)
        with self._lock:
            self._packaged.put(owner, view)
        return view

    def _paths_of(self, column: str, *tables: str) -> dict[str, set[str]]:
        """Return the files of the workspace in which each value of ``column`` stands."""
        found: dict[str, set[str]] = {}
        for table in tables:
            rows = self._store.local.arrow(table, columns=[column, "path"])
            pairs = rows.group_by([column, "path"]).aggregate([])
            for value, path in zip(
                pairs.column(column).to_pylist(), pairs.column("path").to_pylist(), strict=True
            ):
                found.setdefault(value, set()).add(path)
        return found

    def _names_of_packages(self) -> frozenset[str]:
        hidden = self.not_visible()
        table = self._store.packages.arrow("symbols", columns=["name", "release"])
        if hidden:
            table = table.filter(pc.invert(pc.is_in(table.column("release"), pa.array(sorted(hidden)))))  # pyright: ignore
        return frozenset(table.column("name").unique().to_pylist())


class _ViewCache:
    """An LRU cache of views."""

    def __init__(self) -> None:
        self._views: LRUCache[str, OwnerView] = LRUCache(_KEPT_OWNERS)

    def get(self, owner: str) -> OwnerView | None:
        return self._views.get(owner)

    def put(self, owner: str, view: OwnerView) -> None:
        self._views[owner] = view

    def clear(self) -> None:
        self._views.clear()

    def clear_empty(self) -> None:
        for owner in [owner for owner, view in self._views.items() if not view.members]:
            del self._views[owner]


def _view(owner: str, symbols: list[Symbol], facts: list[OwnerFacts]) -> OwnerView:
    if not facts:
        return OwnerView(owner, tuple(symbols), None)
    hidden = tuple(dict.fromkeys(name for each in facts for name in each.hidden))
    return OwnerView(owner, tuple(symbols), OwnerFacts(owner, all(each.closed for each in facts), hidden))
