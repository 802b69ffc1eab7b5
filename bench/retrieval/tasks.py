"""Makes the tasks: ``python -m bench.retrieval.tasks`` writes ``tasks.jsonl.gz``.

A task is a receiver that is known, a comment, and the member it asks for. Services, and packages, are drawn into
development or test as wholes: what is learned on one half has never seen a name of the other.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.retrieval.comments import SEED, comment_of, name_leak, sentences
from bench.retrieval.world import HERE, PACKAGES, Owners, read_owners

from soothsay_index.text import terms
from soothsay_index.types import Symbol

TASKS = HERE / "tasks.jsonl.gz"
LEAK = 0.45  # mean share of the name's words in the comment, as in the design's first measurement
_WANTED = {
    ("botocore", "dev"): 460,
    ("botocore", "test"): 640,
    ("scientific", "dev"): 320,
    ("scientific", "test"): 420,
}
_FROM_SERVICE, _FROM_OWNER = 6, 24  # at most
_FEWEST_MEMBERS = 12  # with fewer, anything finds the right one
_CALLED = frozenset({"operation", "function", "method", "class"})
Task = dict[str, Any]


def split_of() -> dict[str, str]:
    """Each scientific package's half. Services are split by :func:`service_split`."""
    packages = random.Random(SEED).sample(PACKAGES, len(PACKAGES))
    return {name: "dev" if place % 2 else "test" for place, name in enumerate(packages)}


def service_split(services: Sequence[str]) -> dict[str, str]:
    """Each service's half."""
    drawn = random.Random(SEED).sample(sorted(services), len(services))
    return {name: "dev" if place % 2 else "test" for place, name in enumerate(drawn)}


def eligible(members: Sequence[Symbol]) -> list[Symbol]:
    """What can be asked for: called, described, and told apart from its neighbours by its description."""
    said = Counter(" ".join(terms(symbol.summary)) for symbol in members)
    return [
        symbol for symbol in members
        if symbol.kind in _CALLED and symbol.parameters is not None and len(symbol.name) > 2
        and not symbol.name.startswith("_") and said[" ".join(terms(symbol.summary))] == 1
        and not re.search(r"deprecated|alias", symbol.doc[:300], re.I)
    ]  # fmt: skip


def is_public(owner: str, members: Sequence[Symbol]) -> bool:
    """Packages, their modules and the classes of both: what people write calls on."""
    parts = owner.split(".")
    hidden = any(part.startswith("_") or part == "core" for part in parts)
    return len(members) >= _FEWEST_MEMBERS and len(parts) <= 3 and not hidden


def task_of(symbol: Symbol, family: str, split: str, members: Sequence[Symbol]) -> Task | None:
    # the first line of an operation's documentation is prose, what follows are its parameters
    prose = symbol.doc.split("\n", 1)[0] if symbol.kind == "operation" else symbol.doc
    comment = comment_of(symbol.owner, symbol.name, prose)
    if comment is None:
        return None
    first = set(terms(sentences(prose)[0]))
    said = set(terms(comment))
    return {
        "id": f"{symbol.owner}.{symbol.name}", "family": family, "split": split, "owner": symbol.owner, "name": symbol.name,
        "comment": comment, "name_leak": name_leak(comment, symbol.name),
        "doc_leak": round(len(said & first) / max(1, len(said)), 3), "members": len(members),
    }  # fmt: skip


def service_tasks(owners: Owners) -> list[Task]:
    split = service_split([owner for owner in owners if owner.startswith("botocore:")])
    found: list[Task] = []
    for owner in sorted(split):
        members = owners[owner]
        if len(members) >= _FEWEST_MEMBERS:
            operations = [symbol for symbol in eligible(members) if symbol.kind == "operation"]
            found += _drawn(operations, _FROM_SERVICE, "botocore", split[owner], members)
    return found


def package_tasks(owners: Owners) -> list[Task]:
    split = split_of()
    found: list[Task] = []
    asked: set[tuple[str, int, str]] = (
        set()
    )  # a definition that is re-exported is asked for once, where its path is shortest
    for owner in sorted(owners, key=lambda each: (each.count("."), each)):
        package = owner.partition(".")[0]
        if package not in split or not is_public(owner, owners[owner]):
            continue
        fresh = [s for s in eligible(owners[owner]) if (s.uri, s.line, s.name) not in asked]
        asked |= {(symbol.uri, symbol.line, symbol.name) for symbol in fresh}
        found += _drawn(fresh, _FROM_OWNER, "scientific", split[package], owners[owner])
    return found


def _drawn(
    symbols: Iterable[Symbol], most: int, family: str, split: str, members: Sequence[Symbol]
) -> list[Task]:
    made = [task for symbol in symbols if (task := task_of(symbol, family, split, members)) is not None]
    chance = random.Random(f"{SEED} {members[0].owner}")
    return chance.sample(made, min(most, len(made)))


def all_tasks(owners: Owners) -> list[Task]:
    """The tasks in an order in which every beginning holds the same share of families and halves."""
    everything = service_tasks(owners) + package_tasks(owners)
    placed: list[tuple[float, str, Task]] = []
    for (family, split), wanted in _WANTED.items():
        there = [task for task in everything if (task["family"], task["split"]) == (family, split)]
        chosen = _even(there, wanted, random.Random(f"{SEED} {family} {split}"))
        placed += [((n + 0.5) / len(chosen), f"{family} {split}", task) for n, task in enumerate(chosen)]
    return [task for _, _, task in sorted(placed, key=lambda each: each[:2])]


def _even(tasks: Sequence[Task], wanted: int, chance: random.Random) -> list[Task]:
    """``wanted`` of ``tasks``, in turns from each package (all services are one), in random order."""
    pools: dict[str, list[Task]] = {}
    for task in chance.sample(tasks, len(tasks)):
        pools.setdefault(task["owner"].partition(".")[0].partition(":")[0], []).append(task)
    chosen: list[Task] = []
    while len(chosen) < wanted and any(pools.values()):
        chosen += [pool.pop() for _, pool in sorted(pools.items()) if pool]
    return chosen[:wanted]


def read_tasks(path: Path = TASKS) -> list[Task]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write_tasks(tasks: Iterable[Task], path: Path = TASKS) -> None:
    text = "".join(json.dumps(task, ensure_ascii=False) + "\n" for task in tasks)
    path.write_bytes(
        gzip.compress(text.encode("utf-8"), mtime=0)
    )  # no clock in it: the same tasks, the same bytes


if __name__ == "__main__":
    made = all_tasks(read_owners())
    write_tasks(made)
    for half in ("dev", "test"):
        leaks = [task["name_leak"] for task in made if task["split"] == half]
        print(f"{half}: {len(leaks)} tasks, mean name_leak {sum(leaks) / len(leaks):.3f} (aim {LEAK})")
