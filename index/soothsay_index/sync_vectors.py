"""Vectors, filled in behind the text: what has none is found by its words until then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .database import Database, quote
from .embedding import Embedder
from .progress import OnProgress
from .rows import embedding_text, symbol_of, table_of, vectors_schema
from .types import Progress

_AT_ONCE = 128


class VectorSync:
    """Embeds what has no vector yet. A vector belongs to a text, so what only moved is not embedded again."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

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
        self._write(
            database,
            package,
            texts,
            lambda done: progress(Progress("embedding", done, len(texts), "workspace")),
            stop,
        )

    def releases(
        self, database: Database, keys: Sequence[str], progress: OnProgress, stop: threading.Event
    ) -> None:
        """Embed the symbols and chunks of these releases, in this order; what is interrupted goes on next time."""
        states = database.manifest().releases
        missing = [key for key in keys if key in states and not states[key].embedded]
        total = sum(states[key].symbols + states[key].chunks for key in missing)
        done = 0
        for key in missing:
            so_far, name = done, key.rsplit("/", 1)[-1]
            complete = self._write(
                database,
                key.split("@", 1)[0],
                _texts(database, key),
                lambda n, so_far=so_far, name=name: progress(
                    Progress("embedding", min(so_far + n, total), total, name)
                ),
                stop,
            )
            if not complete:
                return
            done += states[key].symbols + states[key].chunks
            database.mark({key: replace(states[key], embedded=True)})
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
        for start in range(0, len(missing), _AT_ONCE):
            if stop.is_set():
                return False
            report(len(present) + start)
            keys = missing[start : start + _AT_ONCE]
            vectors = self._embedder.encode([texts[key] for key in keys])
            rows = [
                {"key": key, "package": package, "vector": vector}
                for key, vector in zip(keys, vectors.tolist(), strict=True)
            ]
            database.add("vectors", table_of(rows, schema))
        return True


def _texts(database: Database, release: str) -> dict[str, str]:
    """What is to be embedded of a release, by key; what stands nearest to the package's root first."""
    rows = database.rows("symbols", f"release = {quote(release)} AND vector_key != ''")
    rows.sort(key=lambda row: row["owner"].count("."))
    texts = {row["vector_key"]: embedding_text(symbol_of(row)) for row in rows}
    chunks = database.rows("chunks", f"release = {quote(release)}", ["vector_key", "embedding_text"])
    return texts | {row["vector_key"]: row["embedding_text"] for row in chunks}
