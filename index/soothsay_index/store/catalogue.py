"""In-memory columns of a table, to find rows by value, and a cache of the rows read last.

Any query of the database costs 3 to 5 ms of a processor, whatever it returns. Scanning a column in memory costs less than
1 ms for 50,000 rows, fetching rows by their ids 2 ms; and as a row never changes under its id, it is fetched once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from cachetools import LRUCache

from soothsay_index.embedding.embedder import Vectors
from soothsay_index.store.database import Database

T = TypeVar("T")
_ROW_ID = "_rowid"  # LanceDB's name for the address of a row; a compaction gives new ones
_PROBES = 32  # partitions of the vector index; what fewer would save is lost in what any question costs


class Catalogue(Generic[T]):
    """Find row ids of ``table`` by the values of ``columns``, and fetch converted rows by id. Thread-safe.

    ``make`` converts a row; it gets the columns ``read`` (default: all) and those in memory. ``kept`` rows are cached.
    """

    def __init__(
        self,
        database: Database,
        table: str,
        columns: Sequence[str],
        make: Callable[[dict[str, Any]], T],
        read: Sequence[str] | None = None,
        kept: int = 2_048,
    ) -> None:
        self._database = database
        self._table = table
        self._columns = columns
        self._make = make
        self._read = read
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        self._known: tuple[int, Columns] | None = None
        self._rows: LRUCache[int, T] = LRUCache(kept)

    def ids(self, column: str, values: Iterable[str]) -> list[int]:
        """Return the ids of the rows whose ``column`` is one of ``values``."""
        return [row_id for row_id, *_ in self.select(column, values)]

    def select(self, column: str, values: Iterable[str], *others: str) -> list[tuple[Any, ...]]:
        """Return (id, values of the columns ``others``) of the rows whose ``column`` is one of ``values``."""
        wanted = {value for value in values if value}
        if not wanted:
            return []
        columns = self.columns()
        return columns.take(columns.where(column, wanted), others)

    def values(self, ids: Iterable[int], *others: str) -> list[tuple[Any, ...]]:
        """Return (id, values of the columns ``others``) of those ``ids`` that exist."""
        wanted = np.array(sorted(set(ids)), dtype=np.uint64)
        if not len(wanted):
            return []
        columns = self.columns()
        if not len(columns) or wanted[-1] > columns.ids[-1]:  # found by a query that sees a newer version
            self._database.invalidate_versions()
            columns = self.columns()
        return columns.take(columns.positions(wanted), others)

    @property
    def is_behind(self) -> bool:
        """Return whether the table has changed since its columns were read."""
        return self._known is None or self._known[0] != self._database.version(self._table)

    def columns(self) -> Columns:
        """Return the current columns; changes of the table are read first."""
        known = self._known
        version = self._database.version(self._table)
        if known is None or known[0] != version:
            with self._refreshing:
                known = self._known
                if known is None or known[0] != version:
                    columns = self._refreshed(known[1] if known else Columns.of(self._read_columns()))
                    known = self._known = (version, columns)
        return known[1]

    def _refreshed(self, known: Columns) -> Columns:
        # Row ids only grow, so the new rows are those behind the last. What is gone is asked for only where the
        # numbers say that something is: reading all ids takes longer than all the rest.
        fresh = self._read_columns(f"{_ROW_ID} > {known.ids[-1]}" if len(known) else "")
        if len(known) + len(fresh) == self._database.count(self._table):
            return known.with_rows(fresh) if len(fresh) else known
        ids = _with_ids(self._database, self._table, ()).column(_ROW_ID).to_numpy()
        return known.among(np.sort(ids)).with_rows(fresh)

    def _read_columns(self, where: str = "") -> pa.Table:
        return _with_ids(self._database, self._table, self._columns, where)

    def rows(self, ids: Iterable[int]) -> Mapping[int, T]:
        """Return the converted rows by id, without those that no longer exist."""
        wanted = list(dict.fromkeys(ids))
        found: dict[int, T] = {}
        with self._lock:
            for row_id in wanted:
                if row_id in self._rows:
                    found[row_id] = self._rows[row_id]
        missing = [row_id for row_id in wanted if row_id not in found]
        if missing:
            known = self.columns().rows(missing) if self._read else {}
            fresh = {
                row_id: self._make({**known.get(row_id, {}), **row})
                for row_id, row in _take(self._database, self._table, missing, self._read)
                if row_id in known or not self._read
            }
            found |= fresh
            with self._lock:
                self._rows.update(fresh)
        return found


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a table in memory, in the order of the row ids. Immutable."""

    ids: npt.NDArray[np.uint64]
    columns: Mapping[str, Column]

    @classmethod
    def of(cls, table: pa.Table) -> Columns:
        """Return the columns of ``table``, which has the row ids among them."""
        ids = table.column(_ROW_ID).to_numpy()
        if len(ids) and not bool(np.all(ids[1:] > ids[:-1])):
            table = table.take(pa.array(np.argsort(ids)))
            ids = table.column(_ROW_ID).to_numpy()
        names = [name for name in table.column_names if name != _ROW_ID]
        return cls(ids, {name: Column.of(table.column(name)) for name in names})

    def __len__(self) -> int:
        return len(self.ids)

    def with_rows(self, table: pa.Table) -> Columns:
        """Return these columns followed by ``table``, whose row ids are higher."""
        more = Columns.of(table)
        ids = np.concatenate([self.ids, more.ids])
        return Columns(
            ids, {name: each.followed_by(more.columns[name]) for name, each in self.columns.items()}
        )

    def among(self, ids: npt.NDArray[np.uint64]) -> Columns:
        """Return only the rows whose id is among the sorted ``ids``."""
        kept = np.flatnonzero(_are_in(self.ids, ids))
        return Columns(self.ids[kept], {name: each.only(kept) for name, each in self.columns.items()})

    def where(self, column: str, wanted: Iterable[str]) -> npt.NDArray[np.intp]:
        """Return the positions at which ``column`` has one of the values, in order."""
        return self.columns[column].where(wanted)

    def positions(self, ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
        """Return the positions of the ids that are there."""
        return np.searchsorted(self.ids, ids[_are_in(ids, self.ids)])

    def take(self, positions: npt.NDArray[np.intp], columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return (id, values of ``columns``) at the positions."""
        values = (self.columns[name].at(positions) for name in columns)
        return list(zip(self.ids[positions].tolist(), *values, strict=True))

    def rows(self, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return all columns of the rows with these ids, by id."""
        names = list(self.columns)
        rows = self.take(self.positions(np.array(sorted(ids), dtype=np.uint64)), names)
        return {row_id: dict(zip(names, values, strict=True)) for row_id, *values in rows}


class Column:
    """A dictionary-encoded column. A value that was added later may have a second code."""

    def __init__(self, values: pa.Array, codes: npt.NDArray[np.int32], codes_of: _Codes) -> None:
        self._values: Any = values
        self._codes = codes
        self._codes_of = codes_of
        self._grouped: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]] | None = None

    @classmethod
    def of(cls, values: pa.ChunkedArray) -> Column:
        """Return the column with these values."""
        encoded: Any = values.combine_chunks().dictionary_encode()
        return cls(encoded.dictionary, encoded.indices.to_numpy(), _Codes())

    def followed_by(self, more: Column) -> Column:
        """Return this column followed by ``more``."""
        codes = np.concatenate([self._codes, more._codes + np.int32(len(self._values))])
        return Column(pa.concat_arrays([self._values, more._values]), codes, self._codes_of)

    def only(self, positions: npt.NDArray[np.intp]) -> Column:
        """Return the values at some positions."""
        return Column(self._values, self._codes[positions], self._codes_of)

    def at(self, positions: npt.NDArray[np.intp]) -> list[Any]:
        """Return the values at some positions, as a list."""
        return self._values.take(pa.array(self._codes[positions])).to_pylist()

    def where(self, wanted: Iterable[str]) -> npt.NDArray[np.intp]:
        """Return the positions of some values, in order."""
        if self._grouped is None:  # on first use: some columns are never searched
            order = np.argsort(self._codes, kind="stable")
            self._grouped = order, np.searchsorted(self._codes[order], np.arange(len(self._values) + 1))
        order, starts = self._grouped
        found = self._codes_of.of(wanted, self._values)
        groups = [order[starts[code] : starts[code + 1]] for code in found]
        return np.sort(np.concatenate(groups)) if groups else np.zeros(0, np.intp)


class _Codes:
    """The codes of each value, shared by a column and its successors: values are only appended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = 0
        self._codes_of: dict[str, tuple[int, ...]] = {}

    def of(self, wanted: Iterable[str], values: Any) -> list[int]:
        """Return the codes of ``wanted`` in ``values``."""
        if self._known < len(values):
            with self._lock:
                for number, value in enumerate(values[self._known :].to_pylist(), self._known):
                    self._codes_of[value] = (*self._codes_of.get(value, ()), number)
                self._known = max(self._known, len(values))
        found = (number for value in wanted for number in self._codes_of.get(value, ()))
        return [number for number in found if number < len(values)]


def _are_in(ids: npt.NDArray[np.uint64], among: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Return a mask of the ``ids`` that are in the sorted ids ``among``."""
    if not len(among):
        return np.zeros(len(ids), np.bool_)
    places = np.minimum(np.searchsorted(among, ids), len(among) - 1)
    return among[places] == ids


def best_ids(database: Database, table: str, words: str, limit: int, where: str = "") -> dict[int, float]:
    """Return the row ids of the best rows for ``words``, with their scores: a third of what reading the rows, too, costs."""
    found = database.table(table)
    if found is None or not words:
        return {}
    query = found.search(words, query_type="fts", fts_columns="search_text").limit(limit)
    if where:
        query = query.where(where, prefilter=True)
    best = query.select(["_score"]).with_row_id(True).to_arrow()
    return dict(zip(best.column(_ROW_ID).to_pylist(), best.column("_score").to_pylist(), strict=True))


def nearest_ids(database: Database, vector: Vectors, limit: int, where: str = "") -> dict[int, float]:
    """Return the row ids of the nearest vectors, with their similarity; the keys are in memory."""
    found = database.table("vectors")
    if found is None:
        return {}
    query = (
        found.search(vector, vector_column_name="vector").distance_type("dot").limit(limit).nprobes(_PROBES)
    )
    if where:
        query = query.where(where, prefilter=True)
    near = query.select(["_distance"]).with_row_id(True).to_arrow()
    distances = near.column("_distance").to_pylist()
    return {row: 1.0 - each for row, each in zip(near.column(_ROW_ID).to_pylist(), distances, strict=True)}


def _with_ids(database: Database, table: str, columns: Sequence[str], where: str = "") -> pa.Table:
    """Return the ids and some columns of the rows that match ``where``."""
    found = database.table(table)
    if found is None:
        fields = [pa.field(_ROW_ID, pa.uint64()), *(database.schema(table).field(name) for name in columns)]
        return pa.schema(fields).empty_table()
    query = found.search().select([_ROW_ID, *columns]).limit(1_000_000_000)
    return (query.where(where) if where else query).to_arrow()


def _take(
    database: Database, table: str, ids: Sequence[int], columns: Sequence[str] | None
) -> list[tuple[int, dict[str, Any]]]:
    """Return the rows with these ids that are still there."""
    found = database.table(table)
    if found is None:
        return []
    query = found.take_row_ids(list(ids)).with_row_id()
    rows = (query.select(list(columns)) if columns else query).to_arrow().to_pylist()
    return [(row.pop(_ROW_ID), row) for row in rows]
