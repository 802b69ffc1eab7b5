"""What a sudden death costs: a writing process is killed at a random moment, and the index is looked at.

    python -m bench.index.crash --trials 100

Each trial builds the index of a small workspace in a process of its own, rewrites files at random and notes every
rewriting that was reported as indexed. At a random moment, during the build or after it, the process is killed
(SIGKILL). Then, before anything is repaired, whatever had been reported must be found; and after the next build the
index must have what the files say, and nothing else.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.store.store import Store
from soothsay_index.types import Query
from soothsay_index.worker.local import LocalIndex

FILES = 40


@dataclass(frozen=True, slots=True)
class Trial:
    """One killing. ``lost``: reported and not found; ``wrong``: what the next build left that the files do not say."""

    during_build: bool
    reported: int
    lost: tuple[str, ...]
    wrong: tuple[str, ...]


def function(file: int, version: int) -> str:
    """The one function that version ``version`` of a file defines."""
    return f"step_{file}_of_{version}"


def write(workspace: Path, file: int, version: int) -> Path:
    """Write a version of a file."""
    path = workspace / f"m{file}.py"
    body = f'def {function(file, version)}(a, b):\n    """Take step {file} in version {version}."""\n'
    path.write_text(body, encoding="utf-8")
    return path


def open_index(folder: Path) -> LocalIndex:
    """The index of the trial in ``folder``."""
    return LocalIndex(Store(folder / "index", folder / "workspace"), open_executor=open_single_thread)


def victim(folder: Path, seed: int) -> None:
    """Build, then rewrite files for ever, saying so: a line ``built``, then a line ``file version`` each."""
    index = open_index(folder)
    index.writer.keep_lease()
    print("building", flush=True)
    index.build_from(None)
    print("built", flush=True)
    chance, version = random.Random(seed), 0
    while True:
        version += 1
        file = chance.randrange(FILES)
        index.update([write(folder / "workspace", file, version)])
        print(file, version, flush=True)


def trial(folder: Path, seed: int) -> Trial:
    """Kill one victim, and look."""
    chance = random.Random(seed)
    workspace = folder / "workspace"
    workspace.mkdir(parents=True)
    for file in range(FILES):
        write(workspace, file, 0)
    command = [sys.executable, "-m", "bench.index.crash", "--victim", str(folder), "--seed", str(seed)]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=root
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "building\n"
    during_build = chance.random() < 0.25
    if not during_build:
        assert process.stdout.readline() == "built\n"
    time.sleep(chance.uniform(0.0, 0.3 if during_build else 1.5))
    os.kill(process.pid, signal.SIGKILL)
    lines = process.stdout.read().splitlines()
    process.wait()
    reported: dict[int, int] = {}
    if not during_build or "built" in lines:
        reported = dict.fromkeys(range(FILES), 0)
        reported.update(tuple(map(int, line.split())) for line in lines if line != "built")  # type: ignore[misc]
    index = open_index(folder)
    lost = tuple(_lost(index, reported))
    index.search(Query("take a step"))  # readable: raises when it is not
    index.build_from(None)
    wrong = tuple(_wrong(index, workspace))
    index.close()
    return Trial(during_build, len(reported), lost, wrong)


def _lost(index: LocalIndex, reported: Mapping[int, int]) -> list[str]:
    """Files of which neither the reported version nor a later one is there."""
    lost: list[str] = []
    for file, version in reported.items():
        versions = [int(symbol.name.rsplit("_", 1)[1]) for symbol in index.members(f"m{file}") if symbol.uri]
        if max(versions, default=-1) < version:
            lost.append(f"m{file}: version {version} was reported, {versions} found")
    return lost


def _wrong(index: LocalIndex, workspace: Path) -> list[str]:
    """Files whose members, or chunks, are not exactly what they say."""
    wrong: list[str] = []
    for file in range(FILES):
        said = (workspace / f"m{file}.py").read_text(encoding="utf-8").split("(", 1)[0].removeprefix("def ")
        found = [symbol.name for symbol in index.members(f"m{file}") if symbol.uri]
        chunks = index.store.local.rows("chunks", f"path = 'm{file}.py'", ["text"])
        if found != ([said] if said else []) or [said in row["text"] for row in chunks] != [True]:
            wrong.append(f"m{file}: says {said}, has {found} in {len(chunks)} chunks")
    return wrong


def main() -> None:
    """Run the trials and print what came out."""
    parser = argparse.ArgumentParser(
        prog="bench.index.crash", description="Kill what writes an index, and look at what is left."
    )
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--victim", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.victim:
        victim(options.victim, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        trials = [trial(Path(folder) / str(n), options.seed + n) for n in range(options.trials)]
    print(summary(trials))


def summary(trials: list[Trial]) -> str:
    """All trials in a line, and a line for each that failed."""
    bad = [line for each in trials for line in (*each.lost, *each.wrong)]
    head = (
        f"{len(trials)} processes killed, {sum(each.during_build for each in trials)} of them during the build: "
        f"{sum(each.reported for each in trials)} files had been reported as indexed, "
        f"{sum(len(each.lost) for each in trials)} were lost, "
        f"{sum(len(each.wrong) for each in trials)} were wrong after the next build"
    )
    return "\n".join([head, *bad])


if __name__ == "__main__":
    main()
