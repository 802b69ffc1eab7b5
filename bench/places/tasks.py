"""Makes the places: ``python -m bench.places.tasks`` writes ``tasks.jsonl.gz``.

They are cut from the files of the repositories that `bench.repo` pins, all younger than the model; the same repositories
are its development split. Each place names its file, its distribution and that distribution's licence.
"""

from __future__ import annotations

import email
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.installed.world import pins
from bench.order import interleaved
from bench.places.cutting import KINDS, File, Place
from bench.repo.symbols import parse
from bench.repo.tasks import halves
from bench.repo.world import CACHE as REPO_CACHE
from bench.repo.world import REPOSITORIES, workspace
from bench.retrieval.comments import SEED
from bench.retrieval.tasks import Task, read_tasks, write_tasks

HERE = Path(__file__).resolve().parent
TASKS = HERE / "tasks.jsonl.gz"
_OF_KIND = 28
_FEWEST, _MOST = 1_500, 12_000  # characters of a file
_FILES = 6  # of a repository
_A_FILE = 2  # places of one kind in one file


def files_of(repository: str, pin: str) -> dict[str, File]:
    """Return some files of a repository, at random, by path."""
    root = workspace(repository)
    found: dict[str, File] = {}
    paths = sorted(root.rglob("*.py"))
    for path in random.Random(f"{SEED} {pin} places").sample(paths, len(paths)):
        text = path.read_bytes().decode("utf-8", "replace")
        usual = "\r" not in text and "\t" not in text and "\f" not in text
        if usual and _FEWEST <= len(text) <= _MOST and parse(text) is not None and len(found) < _FILES:
            found[path.relative_to(root).as_posix()] = File(text)
    return found


def choose(files: Mapping[tuple[str, str], File], kind: str) -> list[tuple[str, str, Place]]:
    """Return `_OF_KIND` places of one kind, by repository and path: in turns from each repository, at random."""
    chance = random.Random(f"{SEED} {kind}")
    pools: dict[str, list[tuple[str, str, Place]]] = {}
    for (repository, path), file in sorted(files.items()):
        found = list(KINDS[kind](file))
        some = chance.sample(found, min(_A_FILE, len(found)))
        pools.setdefault(repository, []).extend((repository, path, place) for place in some)
    order = chance.sample(sorted(pools), len(pools))
    for pool in pools.values():
        chance.shuffle(pool)
    chosen: list[tuple[str, str, Place]] = []
    while len(chosen) < _OF_KIND and any(pools.values()):
        chosen += [pools[name].pop() for name in order if pools[name]]
    return chosen[:_OF_KIND]


def licence(pin: str) -> str:
    """Return the licence that a distribution's metadata name."""
    facts = email.message_from_string(
        (REPO_CACHE / "sources" / pin.replace("==", "-") / "PKG-INFO").read_text(encoding="utf-8")
    )
    classified = [
        each.rpartition(" :: ")[2] for each in facts.get_all("Classifier") or () if each.startswith("License")
    ]
    named = [
        facts.get("License-Expression"),
        *classified,
        (facts.get("License") or "").strip("# \n").partition("\n")[0],
    ]
    return next((str(each) for each in named if each), "see the distribution")


def make() -> list[Task]:
    """Return all places, those of one file next to each other: so they compress well."""
    pinned = {pin.partition("==")[0]: pin for pin in pins(REPOSITORIES)}
    half = halves(list(pinned))
    files = {(name, path): file for name, pin in pinned.items() for path, file in files_of(name, pin).items()}
    licences = {name: licence(pin) for name, pin in pinned.items()}
    made: list[Task] = []
    for kind in KINDS:
        for number, (name, path, place) in enumerate(choose(files, kind)):
            made.append({
                "id": f"{kind} {number}: {name}/{path}", "kind": kind, "repository": name, "pin": pinned[name], "path": path,
                "licence": licences[name], "split": half[name], "offset": place.offset, "answer": place.answer,
                "broken": list(place.broken), "text": place.text,
            })  # fmt: skip
    return sorted(made, key=lambda task: (task["repository"], task["path"], task["id"]))


def read() -> list[Task]:
    """Return the places in an order in which every beginning holds the same share of each kind and split."""
    groups: dict[tuple[str, str], list[Task]] = {}
    for task in read_tasks(TASKS):
        groups.setdefault((task["kind"], task["split"]), []).append(task)
    return interleaved({key: _mixed(group, str(key)) for key, group in groups.items()})


def _mixed(tasks: Sequence[Task], seed: str) -> list[Task]:
    return random.Random(f"{SEED} {seed}").sample(tasks, len(tasks))


def main() -> None:
    tasks = make()
    write_tasks(tasks, TASKS)
    for key in ("kind", "split", "repository", "licence"):
        print(key, Counter(task[key] for task in tasks).most_common())
    print(f"{len(tasks)} places, {TASKS.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
