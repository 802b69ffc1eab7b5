"""How long a search takes where no receiver is known, by the number of chunks.

    python -m bench.index.search_speed 10000 50000 200000

The stores are made of real code (the files of this interpreter's ``site-packages``, whole packages at a time) and kept
in ``--folder`` for the next run. Beside the workspace's chunks each has 20,000 symbols of packages, and a vector for
everything. Vectors are sums of random word vectors, as wide as MiniLM's and searched alike, because embedding 200,000
texts takes an hour; the query's vector is there already, as it is when its sentence was asked before. Each query is
what a completion asks: a function's first sentence and a call, with the imports, the path and the lines above it.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import random
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from soothsay_index.embedding.embedder import Vectors
from soothsay_index.search.member_views import MemberViews
from soothsay_index.search.search import Searcher
from soothsay_index.sources.base import FileFacts
from soothsay_index.store.manifest import ReleaseState
from soothsay_index.store.rows import (
    CHUNKS,
    FILES,
    SCHEMA_VERSION,
    SYMBOLS,
    chunk_embedding_text,
    chunk_row,
    embedding_text,
    symbol_row,
    table_of,
    vectors_schema,
)
from soothsay_index.store.store import Store
from soothsay_index.text import terms
from soothsay_index.types import Query
from soothsay_languages.python.sources.chunking import cut_python

DIMENSION = 384
PACKAGE_SYMBOLS = 20_000
SIZES = (10_000, 50_000, 200_000)
_BATCH = 5_000  # chunks written at once


class WordVectors:
    """An embedder for speed tests: a text's vector is the normed sum of its words' random vectors."""

    model_id = "words"
    dimension = DIMENSION
    loaded = True

    def __init__(self) -> None:
        self._words: dict[str, Vectors] = {}
        self._queries: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts])

    def encode_query(self, text: str) -> Vectors:
        if text not in self._queries:
            self._queries[text] = self._vector(text)
        return self._queries[text]

    def _vector(self, text: str) -> Vectors:
        total = np.full(DIMENSION, 1e-6, dtype=np.float32)
        for term in terms(text):
            if term not in self._words:
                seed = int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "big")
                self._words[term] = np.random.default_rng(seed).standard_normal(DIMENSION, np.float32)
            total += self._words[term]
        return total / np.float32(np.linalg.norm(total))


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds, p50 and p95.

    ``first``: the question before was about other code, so the texts of the candidates are read from disk. ``again``:
    the same rows were candidates a moment ago, as they are for the next line of the same function.
    """

    chunks: int
    vectors: int
    queries: int
    first: tuple[float, float]
    again: tuple[float, float]
    cpu: float  # of a search, on all cores together


def code_files(reverse: bool = False) -> Iterator[tuple[str, str, FileFacts]]:
    """Every Python file that is installed: its path, the release it belongs to, and what it defines."""
    root = Path(sysconfig.get_path("purelib"))
    for package in sorted((each for each in root.iterdir() if each.is_dir()), reverse=reverse):
        for path in sorted(package.rglob("*.py")):
            relative = path.relative_to(root)
            text = path.read_text(encoding="utf-8", errors="replace")
            if len(text) > 400_000:
                continue
            parts = [*relative.parts[:-1], *([relative.stem] if relative.stem != "__init__" else [])]
            facts = cut_python(
                text,
                relative.as_posix(),
                path.as_uri(),
                ".".join(parts),
                package.name,
                relative.stem == "__init__",
            )
            yield relative.as_posix(), package.name, facts


def make_store(folder: Path, chunks: int, embedder: WordVectors) -> Store:
    """The store of a workspace with ``chunks`` chunks, built unless it is there."""
    workspace = folder / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    store = Store(folder / "index", workspace, embedder.model_id, embedder.dimension)
    stamp = folder / "complete.json"
    wanted = {"schema": SCHEMA_VERSION, "chunks": chunks}
    if stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8")) == wanted:
        return store
    _fill_workspace(store, chunks, embedder)
    _fill_packages(store, embedder)
    store.local.optimize()
    store.packages.optimize()
    stamp.write_text(json.dumps(wanted), encoding="utf-8")
    return store


def _fill_workspace(store: Store, wanted: int, embedder: WordVectors) -> None:
    chunks: list[dict[str, Any]] = []
    symbols: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    texts: dict[str, str] = {}
    written = 0
    for path, _, facts in code_files():
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        room = wanted - written - len(chunks)
        chunks += [chunk_row(chunk, module, "workspace") for chunk in facts.chunks[:room]]
        symbols += [symbol_row(symbol, "", path) for symbol in facts.symbols]
        texts |= {
            row["vector_key"]: chunk_embedding_text(c)
            for row, c in zip(chunks[-len(facts.chunks[:room]) :], facts.chunks, strict=False)
        }
        nothing = {field.name: 0 if pa.types.is_integer(field.type) else "" for field in FILES}
        modules = " ".join(facts.imports.modules)
        files.append({**nothing, "path": path, "module": module, "is_package": False, "modules": modules})
        if len(chunks) >= _BATCH or written + len(chunks) >= wanted:
            written += len(chunks)
            store.local.add("chunks", table_of(chunks, CHUNKS))
            store.local.add("symbols", table_of(symbols, SYMBOLS))
            store.local.add("files", table_of(files, FILES))
            _add_vectors(store.local, "workspace", texts, embedder)
            chunks, symbols, files, texts = [], [], [], {}
            print(f"\r{written} of {wanted} chunks", end="", file=sys.stderr, flush=True)
        if written >= wanted:
            break
    print(file=sys.stderr)
    if written < wanted:
        raise SystemExit(f"site-packages has only {written} chunks: ask for fewer.")


def _fill_packages(store: Store, embedder: WordVectors) -> None:
    rows: dict[str, dict[str, Any]] = {}
    texts: dict[str, dict[str, str]] = {}
    counts: dict[str, int] = {}
    for _, package, facts in code_files(reverse=True):
        release = f"{package}@1.0/{package}"
        for symbol in facts.symbols:
            symbol = replace(symbol, origin="package", package=package, version="1.0")
            row = symbol_row(symbol, release)
            rows[row["id"]] = row
            texts.setdefault(package, {})[row["vector_key"]] = embedding_text(symbol)
            counts[release] = counts.get(release, 0) + 1
        if len(rows) >= PACKAGE_SYMBOLS:
            break
    store.packages.add("symbols", table_of(list(rows.values())[:PACKAGE_SYMBOLS], SYMBOLS))
    for package, each in texts.items():
        _add_vectors(store.packages, package, each, embedder)
    store.packages.record_releases(
        {key: ReleaseState(count, "package", True) for key, count in counts.items()}
    )
    store.write_state(list(counts), sys.version.split()[0])


def _add_vectors(database: Any, package: str, texts: dict[str, str], embedder: WordVectors) -> None:
    present = {row["key"] for row in database.rows_in("vectors", "key", list(texts), ["key"])}
    missing = [key for key in texts if key and key not in present]
    if missing:
        vectors = embedder.encode([texts[key] for key in missing])
        rows = [
            {"key": key, "package": package, "vector": vector}
            for key, vector in zip(missing, vectors.tolist(), strict=True)
        ]
        database.add("vectors", table_of(rows, vectors_schema(DIMENSION)))


def make_queries(store: Store, count: int, seed: int = 1) -> list[Query]:
    """What completions in ``count`` random functions of the store would ask."""
    chance = random.Random(seed)
    files = {row["path"]: row for row in store.local.rows("files", columns=["path", "modules"])}
    rows = store.local.rows("chunks", "symbol_id != ''", ["path", "text", "title"], limit=20_000)
    rows = [row for row in rows if row["path"] in files and row["text"].count("\n") > 6]
    paths = sorted(files)
    queries: list[Query] = []
    for row in chance.sample(rows, min(count, len(rows))):
        lines = row["text"].split("\n")
        calls = [
            line.strip() for line in lines[2:] if "(" in line and not line.strip().startswith(("#", '"', "'"))
        ]
        prose = next(
            (line.strip("\"' ") for line in lines[1:] if line.strip().startswith(('"""', "'''", "#"))), ""
        )
        modules = tuple(files[row["path"]]["modules"].split())
        queries.append(
            Query(
                text=f"{prose}\n{chance.choice(calls) if calls else lines[0]}",
                packages=tuple(dict.fromkeys(module.split(".", 1)[0] for module in modules)),
                modules=modules,
                path=row["path"],
                code="\n".join(lines[: max(3, len(lines) // 2)][-40:]),
                recent=tuple(chance.sample(paths, min(5, len(paths)))),
            )
        )
    return queries


def measure(store: Store, embedder: WordVectors, queries: Sequence[Query]) -> Figures:
    """Ask every query once for warmth (its vector, the columns, the page cache), then each three times in a row."""
    searcher = Searcher(store, MemberViews(store), embedder)
    for query in queries:
        searcher.search(query)
    gc.collect()
    gc.freeze()
    first: list[float] = []
    again: list[float] = []
    cpu = time.process_time()
    for query in queries:
        for spent in (first, again, again):
            began = time.perf_counter()
            searcher.search(query)
            spent.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - cpu) * 1000 / (3 * len(queries))
    vectors = store.local.count("vectors") + store.packages.count("vectors")
    return Figures(store.local.count("chunks"), vectors, len(queries), _spread(first), _spread(again), cpu)


def _spread(spent: Sequence[float]) -> tuple[float, float]:
    return statistics.median(spent), statistics.quantiles(spent, n=20)[18]


def main() -> None:
    """Build what is missing, measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        prog="bench.index.search_speed", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="chunks of the workspaces")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "soothsay-bench-index")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    embedder = WordVectors()
    measured: list[Figures] = []
    for size in options.sizes:
        store = make_store(options.folder / str(size), size, embedder)
        measured.append(measure(store, embedder, make_queries(store, options.queries)))
    if options.json:
        print(json.dumps([asdict(figures) for figures in measured]))
        return
    print("| chunks | vectors | queries | first p50 | first p95 | again p50 | again p95 | CPU a search |")
    print("|---|---|---|---|---|---|---|---|")
    for figures in measured:
        times = " | ".join(f"{each:.1f} ms" for each in (*figures.first, *figures.again, figures.cpu))
        print(f"| {figures.chunks:,} | {figures.vectors:,} | {figures.queries} | {times} |")


if __name__ == "__main__":
    main()
