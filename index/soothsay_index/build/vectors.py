"""Computation of vectors after the text is indexed; rows without a vector are found by full text."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from soothsay_index.embedding.embedder import Embedder
from soothsay_index.progress import OnProgress
from soothsay_index.shared.index import with_column
from soothsay_index.shared.reader import SharedReader
from soothsay_index.sources.base import package_of, part_of
from soothsay_index.store.database import Database, quote
from soothsay_index.store.rows import embedding_text, symbol_of, table_of, vector_key, vectors_schema
from soothsay_index.types import Progress

_BATCH_SIZE = 128


class VectorSync:
    """Embed what has no vector yet. Vectors are stored by text, so moved code is not embedded again."""

    def __init__(self, embedder: Embedder, shared: SharedReader | None = None) -> None:
        """``shared`` is a shared index to copy vectors from instead of computing them."""
        self._embedder = embedder
        self._shared = shared

    def chunks(
        self,
        database: Database,
        package: str,
        progress: OnProgress,
        stop: threading.Event,
        paths: Sequence[str] | None = None,
    ) -> None:
        """Embed the chunks of the files ``paths`` (None: of all)."""
        columns = ["vector_key", "embedding_text"]
        rows = (
            database.rows("chunks", columns=columns)
            if paths is None
            else database.rows_in("chunks", "path", paths, columns)
        )
        texts = {row["vector_key"]: row["embedding_text"] for row in rows}
        if self._shared is not None:
            self._take_own(self._shared, database, package, texts, stop)
        self._write(
            database,
            package,
            texts,
            lambda done: progress(Progress("embedding", done, len(texts), "workspace")),
            stop,
        )

    def take(self, database: Database, keys: Iterable[str], stop: threading.Event) -> None:
        """Copy the vectors of these releases from the shared index, and mark complete ones as embedded."""
        states = database.manifest().releases
        missing = [key for key in keys if key in states and not states[key].embedded]
        if self._shared is None or not missing:
            return
        wanted: dict[str, set[str]] = {key: set() for key in missing}
        for table in ("symbols", "chunks"):
            for row in database.rows_in(table, "release", missing, ["release", "vector_key"]):
                if row["vector_key"]:
                    wanted[row["release"]].add(row["vector_key"])
        packages: dict[str, set[str]] = {}
        for key in missing:
            packages.setdefault(package_of(key), set()).update(wanted[key])
        for package, names in packages.items():
            for found in self._shared.vectors(package, names - _present(database), stop):
                database.add("vectors", found)
        present = _present(database)
        database.record_releases(
            {key: replace(states[key], embedded=True) for key in missing if wanted[key] <= present}
        )

    def _take_own(
        self,
        shared: SharedReader,
        database: Database,
        package: str,
        texts: Mapping[str, str],
        stop: threading.Event,
    ) -> None:
        """Copy the vectors of texts that a published workspace has as well, whatever its name."""
        missing = texts.keys() - _present(database)
        for project in shared.projects() if missing else ():
            names = {vector_key(project.package, texts[key]): key for key in missing}
            for found in shared.vectors(project.package, names, stop):
                keys = [names[name] for name in found.column("key").to_pylist()]
                found = with_column(found, "key", pa.array(keys, pa.string()))
                found = with_column(found, "package", pa.array([package] * len(keys), pa.string()))
                database.add("vectors", found)
                missing = missing - set(keys)

    def releases(
        self, database: Database, keys: Sequence[str], progress: OnProgress, stop: threading.Event
    ) -> None:
        """Embed the symbols and chunks of these releases, in this order; an interrupted run continues in the next build."""
        states = database.manifest().releases
        missing = [key for key in keys if key in states and not states[key].embedded]
        total = sum(states[key].symbols + states[key].chunks for key in missing)
        done = 0
        for key in missing:
            so_far, name = done, part_of(key)
            complete = self._write(
                database,
                package_of(key),
                _texts(database, key),
                lambda n, so_far=so_far, name=name: progress(
                    Progress("embedding", min(so_far + n, total), total, name)
                ),
                stop,
            )
            if not complete:
                return
            done += states[key].symbols + states[key].chunks
            database.record_releases({key: replace(states[key], embedded=True)})
        progress(Progress("embedding", total, total))

    def _write(
        self,
        database: Database,
        package: str,
        texts: Mapping[str, str],
        report: Callable[[int], None],
        stop: threading.Event,
    ) -> bool:
        """Add the vectors of ``texts`` (by key) that are missing; False when stopped."""
        present = {row["key"] for row in database.rows_in("vectors", "key", list(texts), ["key"])}
        missing = [key for key in texts if key not in present]
        schema = vectors_schema(self._embedder.dimension)
        for start in range(0, len(missing), _BATCH_SIZE):
            if stop.is_set():
                return False
            report(len(present) + start)
            keys = missing[start : start + _BATCH_SIZE]
            vectors = self._embedder.encode([texts[key] for key in keys])
            rows = [
                {"key": key, "package": package, "vector": vector}
                for key, vector in zip(keys, vectors.tolist(), strict=True)
            ]
            database.add("vectors", table_of(rows, schema))
        return True


def _present(database: Database) -> set[str]:
    """Return the keys of the stored vectors."""
    return set(database.arrow("vectors", columns=["key"]).column("key").to_pylist())


def _texts(database: Database, release: str) -> dict[str, str]:
    """Return the texts of a release to embed by key, those nearest to the package's root first."""
    rows = database.rows("symbols", f"release = {quote(release)} AND vector_key != ''")
    rows.sort(key=lambda row: row["owner"].count("."))
    texts = {row["vector_key"]: embedding_text(symbol_of(row)) for row in rows}
    chunks = database.rows("chunks", f"release = {quote(release)}", ["vector_key", "embedding_text"])
    return texts | {row["vector_key"]: row["embedding_text"] for row in chunks}
