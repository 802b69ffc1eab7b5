"""What ten thousand single-file updates do to a store: its size, and how long a search takes, before and after.

python -m bench.index.growth --updates 10000
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.index.figures import Spread
from bench.index.workspaces import real_code

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.store.store import Store
from soothsay_index.types import Query
from soothsay_index.worker.local import LocalIndex


@dataclass(frozen=True, slots=True)
class Growth:
    """Bytes and milliseconds; ``fresh`` is a store that was built from the files as they are at the end."""

    updates: int
    files: int
    update: Spread  # one update, compactions included
    fresh_bytes: int
    bytes_before_compaction: int
    bytes_after: int
    fresh_search: Spread
    search_after: Spread


def measure(folder: Path, files: int, updates: int, seed: int = 1) -> Growth:
    """Update files at random, as the worker does: one by one, compacting when it is crowded or idle."""
    workspace = folder / "workspace"
    paths = real_code(workspace, files)
    index = LocalIndex(Store(folder / "index", workspace), open_executor=open_single_thread)
    index.writer.keep_lease()
    index.build_from(None)
    chance = random.Random(seed)
    times: list[float] = []
    for number in range(updates):
        path = chance.choice(paths)
        text = path.read_text(encoding="utf-8", errors="replace").split("\n\n# added", 1)[0]
        path.write_text(f"{text}\n\n# added\ndef added_{number}(value): ...\n", encoding="utf-8")
        started = time.perf_counter()
        index.update([path])
        if index.writer.needs_compaction:
            index.writer.compact()
        times.append((time.perf_counter() - started) * 1000)
    before = size(index.store.local.folder)
    time.sleep(31.0)  # versions that a reader of another process may be on are kept for 30 s
    index.update([_touch(paths[0])])
    index.writer.compact()
    after, search_after = size(index.store.local.folder), _search(index)
    index.close()
    fresh = LocalIndex(Store(folder / "fresh", workspace), open_executor=open_single_thread)
    fresh.build_from(None)
    figures = Growth(
        updates,
        files,
        Spread.of(times),
        size(fresh.store.local.folder),
        before,
        after,
        _search(fresh),
        search_after,
    )
    fresh.close()
    return figures


def size(folder: Path) -> int:
    """Bytes of all files under ``folder``."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _touch(path: Path) -> Path:
    path.write_text(path.read_text(encoding="utf-8", errors="replace") + "\n# the last\n", encoding="utf-8")
    return path


def _search(index: LocalIndex) -> Spread:
    texts = ("parse the configuration file", "open a connection to the server", "added_17(", "read all rows")
    times: list[float] = []
    for number in range(120):
        started = time.perf_counter()
        index.search(Query(f"{texts[number % len(texts)]} {number // 4}"))
        times.append((time.perf_counter() - started) * 1000)
    return Spread.of(times[20:])  # the first ones read what the others have in memory


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.index.growth", description="Update files, weigh the store.")
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--updates", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(measure(Path(folder), options.files, options.updates))


if __name__ == "__main__":
    main()
