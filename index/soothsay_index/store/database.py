"""A folder of LanceDB tables and a manifest of the releases that are completely written."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("LANCEDB_LOG", "error")  # it logs maintenance warnings to standard error

import lancedb
import pyarrow as pa
from filelock import FileLock, Timeout
from lancedb.index import FTS, BTree, IvfFlat

from soothsay_common.private import make_private
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.store.manifest import (
    Manifest,
    ReleaseState,
    read_manifest,
    restore_previous,
    write_manifest,
)
from soothsay_index.store.rows import SCHEMA_VERSION

_SCALAR_INDICES: Mapping[str, tuple[str, ...]] = {
    "symbols": ("owner", "name", "qualified_name", "release", "vector_key", "path"),
    "owners": ("owner", "path", "release"),
    "chunks": ("path", "release", "symbol_id", "vector_key"),
    "vectors": ("key", "package"),
    "files": (),
}
_FULL_TEXT: Mapping[str, str] = {"symbols": "search_text", "chunks": "search_text"}
_MIN_INDEXED_VECTORS = (
    2_000  # a flat scan of 6,000 takes 11 ms of a processor, an index 5, however many there are
)
_VECTORS_A_PARTITION = 400
_IN_LIST = 400
# Bytes of the cache for a database's indices. LanceDB's default is 7 GB, which old versions fill.
_MIN_CACHE = 16_000_000
_MAX_CACHE = 256_000_000
_CACHE_FACTOR = 2  # times the size of the indices on disk
# Full-text search scans rows that are not indexed: 1,000 take 25 ms.
_MAX_UNINDEXED_ROWS = 1_500
_INDEXING_INTERVAL_FACTOR = 5.0  # times the duration of the last indexing
# Readers in other processes check for a newer version each second, so none uses one that is older than this.
_VERSION_RETENTION = timedelta(seconds=30)


def quote(value: str) -> str:
    """Return ``value`` as a SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def one_of(column: str, values: Sequence[str]) -> str:
    """Return a SQL filter for ``column`` being one of ``values``."""
    return f"{column} IN ({', '.join(quote(value) for value in values)})"


class Database:
    """A folder of LanceDB tables with a manifest. Reads are thread-safe and never block.

    Writers hold :meth:`writing` around changes that belong together.
    """

    def __init__(self, folder: Path, schemas: Mapping[str, pa.Schema], model: str, dimension: int) -> None:
        self.notes: list[str] = []  # what the person is told with the next build
        self._schemas = schemas
        self._tables: dict[str, Any] = {}
        self._db: Any = None
        self._opening = threading.Lock()
        self._write = threading.RLock()
        self._versions: tuple[float, dict[str, int]] = (0.0, {})
        self._uncompacted_writes = 0
        self._steps = 0  # how deep in writing() the writing thread is
        self._unindexed_rows: dict[str, int] = {}  # rows added since the indices were brought up to date
        self._next_indexing: dict[str, float] = {}  # when that may be done again in the middle of a build
        try:
            self.folder = self._folder_of_this_version(folder)
            make_private(self.folder)
            self._file_lock = FileLock(str(self.folder / "write.lock"), thread_local=False)
            with self.writing():
                self._discard_incompatible(model, dimension)
            self.reopen()
        except (OSError, Timeout) as error:
            raise SoothsayIndexError(
                f"Cannot use the index folder {folder} ({error}): make it writable."
            ) from None

    @contextlib.contextmanager
    def writing(self, timeout: float = 600.0) -> Iterator[None]:
        """Hold the write lock, against other threads and processes. Raises `filelock.Timeout` after ``timeout`` seconds.

        Cached table versions are invalidated once, at the end of the outermost block.
        """
        with self._write, self._file_lock.acquire(timeout=timeout):
            self._steps += 1
            try:
                yield
            finally:
                self._steps -= 1
                if not self._steps:
                    self.invalidate_versions()

    # -- manifest ------------------------------------------------------------------------------------------

    def manifest(self) -> Manifest:
        """Return what is completely written."""
        with contextlib.suppress(OSError):
            return self._recorded()
        return Manifest()

    def _recorded(self) -> Manifest:
        """Return the manifest, for a change of it. Raises `OSError`: what cannot be read now is not to be forgotten."""
        return read_manifest(self.folder) or Manifest()

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest atomically."""
        write_manifest(self.folder, manifest)

    def record_releases(self, states: Mapping[str, ReleaseState]) -> None:
        """Record releases as completely written."""
        with self.writing():
            manifest = self._recorded()
            self.write_manifest(replace(manifest, releases={**manifest.releases, **states}))

    def remove_releases(self, keys: Sequence[str]) -> None:
        """Record releases as not written."""
        with self.writing():
            manifest = self._recorded()
            gone = set(keys)
            kept = {key: state for key, state in manifest.releases.items() if key not in gone}
            self.write_manifest(replace(manifest, releases=kept))

    def _folder_of_this_version(self, folder: Path) -> Path:
        """Return ``folder``, or one beside it where a version of soothsay with another schema writes ``folder``."""
        found = read_manifest(folder)
        if found is None or found.schema == SCHEMA_VERSION:
            return folder
        own = folder.with_name(f"{folder.name}-schema{SCHEMA_VERSION}")
        if not own.exists():
            self.notes.append(
                f"the index in {folder} is of another version of soothsay and stays as it is; this version builds its own"
            )
        return own

    def _discard_incompatible(self, model: str, dimension: int) -> None:
        """Delete tables of which nothing is recorded, and vectors of another embedding model."""
        if restore_previous(self.folder):
            self.notes.append(
                f"the list of what the index in {self.folder} holds was damaged: what was added last is indexed again"
            )
        manifest = read_manifest(self.folder)
        if manifest is None:
            if (self.folder / "db").exists():
                shutil.rmtree(self.folder / "db")
                self.notes.append(
                    f"what the index in {self.folder} holds cannot be read: everything is indexed again"
                )
            self.write_manifest(Manifest(SCHEMA_VERSION, model, dimension))
        elif model and (manifest.model, manifest.dimension) != (model, dimension):
            shutil.rmtree(self.folder / "db" / "vectors.lance", ignore_errors=True)
            releases = {key: replace(state, embedded=False) for key, state in manifest.releases.items()}
            self.write_manifest(Manifest(SCHEMA_VERSION, model, dimension, releases))
            if manifest.model:
                self.notes.append(
                    f"the vectors in {self.folder} are of the model {manifest.model}: they are computed again"
                )

    def reopen(self) -> None:
        """Reopen the tables with a cache of a size that fits the indices now; the old cache holds past versions."""
        indices = sum(_size(folder) for folder in self.folder.glob("db/*/_indices"))
        cache = max(_MIN_CACHE, min(_CACHE_FACTOR * indices, _MAX_CACHE))
        db = lancedb.connect(
            str(self.folder / "db"),
            # Another process may write the shared database: look again after a second.
            read_consistency_interval=timedelta(seconds=1),
            session=lancedb.Session(cache, cache // 8),
        )
        with self._write, self._opening:  # what is just being written is seen by the new ones
            self._db, self._tables = db, {}

    # -- tables --------------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tables, whether they were ever written or not."""
        return tuple(self._schemas)

    def folder_of(self, name: str) -> Path:
        """Return where the files of a table are."""
        return self.folder / "db" / f"{name}.lance"

    def indexed_columns(self, name: str) -> tuple[str, ...]:
        """Return the columns of a table that are indexed by value."""
        return _SCALAR_INDICES[name]

    def text_column(self, name: str) -> str:
        """Return the column of a table that is indexed by its words; empty: none."""
        return _FULL_TEXT.get(name, "")

    def open_anew(self, name: str) -> Any:
        """Return a table as it is on disk now. Raises what LanceDB raises."""
        return lancedb.connect(str(self.folder / "db")).open_table(name)

    def overwrite(self, name: str, rows: pa.Table) -> None:
        """Put ``rows`` in place of all others of a table, at once."""
        with self._write:
            table = self._db.create_table(name, data=rows, schema=self._schemas[name], mode="overwrite")
            self.make_indices(name, table)
            self._record_write()

    def drop(self, name: str) -> None:
        """Delete a table."""
        with self._write:
            shutil.rmtree(self.folder_of(name))

    def table(self, name: str) -> Any | None:
        """Return the table, or None when nothing was ever written to it."""
        with self._opening:
            if name not in self._tables:
                try:
                    self._tables[name] = self._db.open_table(name)
                except (ValueError, FileNotFoundError, RuntimeError):
                    return None
            return self._tables[name]

    def schema(self, name: str) -> pa.Schema:
        """Return the columns of a table, whether it was ever written or not."""
        return self._schemas[name]

    def add(self, name: str, rows: pa.Table) -> None:
        """Append rows."""
        if not len(rows):
            return
        with self._write:
            table = self.table(name)
            if table is None:
                table = self._db.create_table(name, data=rows, schema=self._schemas[name], exist_ok=False)
                self.make_indices(name, table)
                with self._opening:
                    self._tables[name] = table
            else:
                table.add(rows)
                self._unindexed_rows[name] = self._unindexed_rows.get(name, 0) + len(rows)
            self._record_write()

    def delete(self, name: str, where: str) -> None:
        """Remove the rows that match."""
        with self._write:
            table = self.table(name)
            if table is not None:
                table.delete(where)
                self._record_write()

    def _record_write(self) -> None:
        self._uncompacted_writes += 1
        if not self._steps:
            self.invalidate_versions()

    def invalidate_versions(self) -> None:
        """Invalidate the cached table versions."""
        self._versions = (0.0, {})

    def refresh(self) -> None:
        """Make what other processes have written visible now instead of within a second."""
        for name in self._schemas:
            table = self.table(name)
            if table is not None:
                table.checkout_latest()
        self.invalidate_versions()

    def delete_in(self, name: str, column: str, values: Sequence[str]) -> None:
        """Remove the rows whose ``column`` is one of ``values``."""
        for start in range(0, len(values), _IN_LIST):
            self.delete(name, one_of(column, values[start : start + _IN_LIST]))

    def rows(
        self, name: str, where: str = "", columns: Sequence[str] | None = None, limit: int = 1_000_000
    ) -> list[dict[str, Any]]:
        """Return the rows that match, as dictionaries."""
        return self.arrow(name, where, columns, limit).to_pylist()

    def arrow(
        self, name: str, where: str = "", columns: Sequence[str] | None = None, limit: int = 1_000_000
    ) -> pa.Table:
        """Return the rows that match, as an Arrow table."""
        table = self.table(name)
        schema = self._schemas[name]
        wanted = list(columns or schema.names)
        if table is None:
            return pa.schema([schema.field(column) for column in wanted]).empty_table()
        query = table.search().select(wanted).limit(limit)
        return (query.where(where) if where else query).to_arrow()

    def rows_in(
        self, name: str, column: str, values: Sequence[str], columns: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows whose ``column`` is one of ``values``."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(values), _IN_LIST):
            found += self.rows(name, one_of(column, values[start : start + _IN_LIST]), columns)
        return found

    def count(self, name: str, where: str | None = None) -> int:
        """Return how many rows match."""
        table = self.table(name)
        return table.count_rows(where) if table is not None else 0

    def version(self, name: str) -> int:
        """Return a number that changes with the table; it is read from disk at most once a second."""
        asked, known = self._versions
        if time.monotonic() - asked < 1.0 and name in known:
            return known[name]
        table = self.table(name)
        version = table.version if table is not None else 0
        if time.monotonic() - asked >= 1.0:
            known = {}
            asked = time.monotonic()
        self._versions = (asked, {**known, name: version})
        return version

    @property
    def uncompacted_writes(self) -> int:
        """Return the number of writes since the last compaction; rows that are not indexed slow every search."""
        return self._uncompacted_writes

    def optimize(self) -> None:
        """Compact the files of many small writes and bring the indices up to date, if anything was written."""
        if not self._uncompacted_writes:
            return
        with self.writing():
            self._uncompacted_writes = 0
            for name in self._schemas:
                table = self.table(name)
                if table is None:
                    continue
                self._optimize(name, table)
                if name == "vectors" and table.count_rows() >= _MIN_INDEXED_VECTORS:
                    self._index_vectors(table)

    def index_recent_rows(self) -> None:
        """Update the full-text indices during a build if many rows are not indexed.

        The larger the table, the longer this takes, so it runs at most a sixth of the time.
        """
        for name in _FULL_TEXT:
            started = time.monotonic()
            if self._unindexed_rows.get(name, 0) < _MAX_UNINDEXED_ROWS or started < self._next_indexing.get(
                name, 0.0
            ):
                continue
            with self.writing():
                table = self.table(name)
                if table is not None:
                    self._optimize(name, table)
            now = time.monotonic()
            self._next_indexing[name] = now + _INDEXING_INTERVAL_FACTOR * (now - started)

    def _optimize(self, name: str, table: Any) -> None:
        table.optimize(cleanup_older_than=_VERSION_RETENTION)
        self._unindexed_rows[name] = 0

    def make_indices(self, name: str, table: Any) -> None:
        """Make the indices of a table's columns, in place of those that it has."""
        for column in _SCALAR_INDICES[name]:
            table.create_index(column, config=BTree())
        if name in _FULL_TEXT:
            table.create_index(
                _FULL_TEXT[name], config=FTS(with_position=False, remove_stop_words=True, stem=True)
            )

    @staticmethod
    def _index_vectors(table: Any) -> None:
        """Build the vector index, again when the number of vectors has doubled."""
        wanted = max(8, min(256, table.count_rows() // _VECTORS_A_PARTITION))
        known = [index.name for index in table.list_indices() if "vector" in index.columns]
        partitions = max((int(name.rsplit("_", 1)[-1]) for name in known), default=0)
        if wanted >= 2 * partitions:
            config = IvfFlat(distance_type="dot", num_partitions=wanted)
            table.create_index("vector", config=config, name=f"vector_{wanted}")
            for name in known:
                table.drop_index(name)


def _size(folder: Path) -> int:
    """Return the size of the files in ``folder`` in bytes; files that vanish meanwhile count as 0."""
    size = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            size += file.stat().st_size
    return size
