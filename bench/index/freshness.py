"""How soon an edit, a save and a branch switch can be found, while a first build is running.

    python -m bench.index.freshness --files 2000 --trials 200

A workspace of real code is opened for the first time. While its files, numpy, boto3 and botocore are read, one document
after another is *edited* (its text is sent as it is typed) or *saved* (written, and reported as an editor does). Each
gets a new function, and the time until a search finds that function is taken, the polling of the search included.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.index.figures import Spread
from bench.index.workspaces import real_code
from bench.oracle.world import interpreter

from soothsay_index.types import Query
from soothsay_index.worker.client import IndexClient

_PATIENCE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Freshness:
    """Milliseconds until searchable. ``building``: how many of the trials ended while the build was running."""

    edited: Spread
    saved: Spread
    stored: Spread  # a saved file: until it is reported as indexed, and so outlives the process
    building: int
    trials: int


@dataclass(slots=True)
class _Trials:
    client: IndexClient
    files: Sequence[Path]
    edited: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)
    stored: list[float] = field(default_factory=list)

    def edit(self, number: int) -> None:
        path = self.files[number % len(self.files)]
        name = f"freshly_edited_{number}_thing"
        text = path.read_text(encoding="utf-8", errors="replace") + _definition(name)
        started = time.perf_counter()
        self.client.mirror(path, text)
        self.edited.append(self._wait(name, started))
        self.client.forget(path)

    def save(self, number: int) -> None:
        path = self.files[number % len(self.files)]
        name = f"freshly_saved_{number}_thing"
        text = path.read_text(encoding="utf-8", errors="replace").split("\n\n# added", 1)[0]
        path.write_text(text + "\n\n# added" + _definition(name), encoding="utf-8")
        started = time.perf_counter()
        storing = threading.Thread(target=self.client.update, args=([path],))
        storing.start()
        self.saved.append(self._wait(name, started))
        storing.join()
        self.stored.append((time.perf_counter() - started) * 1000)

    def _wait(self, name: str, started: float) -> float:
        while not _found(self.client, name):
            if time.perf_counter() - started > _PATIENCE:
                raise SystemExit(f"{name} could not be found within {_PATIENCE:g} s")
            time.sleep(0.002)
        return (time.perf_counter() - started) * 1000


def _definition(name: str) -> str:
    return (
        f'\n\n\ndef {name}(width, height):\n    """Make the {name.replace("_", " ")}."""\n    return width\n'
    )


def _found(client: IndexClient, name: str) -> bool:
    hits = client.search(Query(f"{name}(", limit=3))
    return any(hit.symbol is not None and hit.symbol.name == name for hit in hits)


def measure(folder: Path, files: int, trials: int, model: Path | None) -> Freshness:
    """Open a workspace of ``files`` files and measure while it is built."""
    workspace = folder / "workspace"
    paths = real_code(workspace, files)
    with IndexClient(folder / "index", workspace, model, log_file=folder / "log", timeout=10.0) as client:
        client.status()  # the worker has started
        cancel = threading.Event()
        building = threading.Thread(
            target=client.build, kwargs={"interpreter": interpreter("plain"), "cancel": cancel}
        )
        building.start()
        runs = _Trials(client, paths)
        during = 0
        steps: list[Callable[[int], None]] = [runs.edit, runs.save]
        for number in range(trials):
            steps[number % 2](number * 7)
            during += building.is_alive()
        cancel.set()  # the vectors of such a workspace take minutes more
        building.join()
    return Freshness(Spread.of(runs.edited), Spread.of(runs.saved), Spread.of(runs.stored), during, trials)


def switch(folder: Path, files: int, model: Path | None) -> tuple[float, int]:
    """Change a tenth of the files behind the index's back (rewritten, renamed, deleted); seconds until all is right.

    Returns also how many stale rows there were then.
    """
    workspace = folder / "workspace"
    paths = real_code(workspace, files)
    with IndexClient(folder / "index", workspace, model, log_file=folder / "log", timeout=10.0) as client:
        client.build(interpreter="/no/such/python", embed=False)
        time.sleep(3.0)  # it has looked at the files once
        third = files // 30
        for number, path in enumerate(paths[:third]):
            path.write_text(_definition(f"switched_{number}_thing"), encoding="utf-8")
        for path in paths[third : 2 * third]:
            path.rename(path.with_name(f"renamed_{path.name}"))
        for path in paths[2 * third : 3 * third]:
            path.unlink()
        started = time.perf_counter()
        there = {path.relative_to(workspace).as_posix() for path in workspace.rglob("*.py")}
        last = f"switched_{third - 1}_thing"
        while time.perf_counter() - started < 120.0:
            if client.status().files == len(there) and client.has_name(last):
                break
            time.sleep(0.05)
        took = time.perf_counter() - started
    from soothsay_index.worker.local import LocalIndex

    index = LocalIndex.open(folder / "index", workspace)
    stale = sum(row["path"] not in there for row in index.store.local.rows("chunks", "path != ''", ["path"]))
    return took, stale


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="bench.index.freshness",
        description="Measure how soon edits, saves and branch switches can be found.",
    )
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--model", type=Path, help="folder of the embedding model; without it: text alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(measure(Path(folder) / "fresh", options.files, options.trials, options.model))
        print(switch(Path(folder) / "switch", options.files, None))


if __name__ == "__main__":
    main()
