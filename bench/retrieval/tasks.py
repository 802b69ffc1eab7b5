"""Makes the tasks: ``python -m bench.retrieval.tasks`` writes ``tasks.jsonl.gz``.

A task is a receiver that is known, a comment, and the member it asks for. Services, and packages, are drawn into
development or test as wholes: what is learned on one half has never seen a name of the other. Beside the generated tasks
stand the titles that people gave to botocore's example requests ("To increase the target capacity of a Spot fleet
request"), which no index here reads: ``titles.jsonl.gz``.
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

from bench.order import interleaved
from bench.retrieval.comments import SEED, comment_of, name_leak, sentences
from bench.retrieval.world import HERE, PACKAGES, Owners, installed, read_owners

from soothsay_index.text import terms
from soothsay_index.types import Symbol
from soothsay_languages.python.sources.botocore_models import snake_case, special_names

TASKS = HERE / "tasks.jsonl.gz"
TITLES = HERE / "titles.jsonl.gz"
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
    return {
        "id": f"{symbol.owner}.{symbol.name}", "family": family, "split": split, "owner": symbol.owner, "name": symbol.name,
        "comment": comment, "name_leak": name_leak(comment, symbol.name),
        "doc_leak": doc_leak(comment, sentences(prose)[0]), "members": len(members),
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


def title_tasks(owners: Owners, data: Path) -> list[Task]:
    """One task an operation that has an example with a title of its own. ``data`` is botocore's folder of models."""
    split = service_split([owner for owner in owners if owner.startswith("botocore:")])
    special = special_names(data.parent)
    found: dict[str, Task] = {}
    for path in sorted(data.glob("*/*/examples-1.json*")):
        owner = f"botocore:{path.parts[-3]}"
        names = {symbol.name: symbol for symbol in owners.get(owner, ())}
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:
            examples = json.load(file).get("examples", {})
        for operation, each in sorted(examples.items()):
            symbol = names.get(snake_case(operation, special))
            title = next((t for e in each if len((t := _wish(e.get("title", ""))).split()) >= 3), "")
            if symbol is not None and title and len(names) >= _FEWEST_MEMBERS:
                # of several API versions the newest comes last
                found[f"{owner}.{symbol.name}"] = {
                    "id": f"title:{owner}.{symbol.name}", "family": "botocore", "split": split[owner], "owner": owner,
                    "name": symbol.name, "comment": title, "name_leak": name_leak(title, symbol.name),
                    "doc_leak": doc_leak(title, symbol.summary), "members": len(names),
                }  # fmt: skip
    return list(found.values())


def _wish(title: str) -> str:
    """``To create a vault`` as ``create a vault``."""
    plain = re.sub(r"^(to|example:?) ", "", " ".join(title.split()).strip(" .:"), flags=re.I)
    return plain[:1].lower() + plain[1:]


def doc_leak(comment: str, summary: str) -> float:
    """The share of the words of ``comment`` that the documentation's first sentence has."""
    said = set(terms(comment))
    return round(len(said & set(terms(summary))) / max(1, len(said)), 3)


def _drawn(
    symbols: Iterable[Symbol], most: int, family: str, split: str, members: Sequence[Symbol]
) -> list[Task]:
    made = [task for symbol in symbols if (task := task_of(symbol, family, split, members)) is not None]
    chance = random.Random(f"{SEED} {members[0].owner}")
    return chance.sample(made, min(most, len(made)))


def all_tasks(owners: Owners) -> list[Task]:
    """The tasks in an order in which every beginning holds the same share of families and halves."""
    everything = service_tasks(owners) + package_tasks(owners)
    groups: dict[str, list[Task]] = {}
    for (family, split), wanted in _WANTED.items():
        there = [task for task in everything if (task["family"], task["split"]) == (family, split)]
        groups[f"{family} {split}"] = _even(there, wanted, random.Random(f"{SEED} {family} {split}"))
    return interleaved(groups)


def _even(tasks: Sequence[Task], wanted: int, chance: random.Random) -> list[Task]:
    """``wanted`` of ``tasks``, in turns from each package (all services are one), in random order."""
    pools: dict[str, list[Task]] = {}
    for task in chance.sample(tasks, len(tasks)):
        pools.setdefault(task["owner"].partition(".")[0].partition(":")[0], []).append(task)
    chosen: list[Task] = []
    while len(chosen) < wanted and any(pools.values()):
        chosen += [pool.pop() for _, pool in sorted(pools.items()) if pool]
    return chosen[:wanted]


def answerable(tasks: Iterable[Task], owners: Owners) -> list[Task]:
    """Without the tasks whose answer the index's sources no longer read as a member of that owner."""
    names = {owner: {symbol.name for symbol in members} for owner, members in owners.items()}
    return [task for task in tasks if task["name"] in names.get(task["owner"], ())]


def read_tasks(path: Path = TASKS) -> list[Task]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write_tasks(tasks: Iterable[Task], path: Path = TASKS) -> None:
    text = "".join(json.dumps(task, ensure_ascii=False) + "\n" for task in tasks)
    path.write_bytes(
        gzip.compress(text.encode("utf-8"), mtime=0)
    )  # no clock in it: the same tasks, the same bytes


def main() -> None:
    owners = read_owners()
    generated = all_tasks(owners)
    data = installed().find_folder("botocore/data")
    assert data is not None
    titles = title_tasks(owners, data)
    write_tasks(generated, TASKS)
    write_tasks(titles, TITLES)
    for name, tasks in (("generated", generated), ("titles", titles)):
        for half in ("dev", "test"):
            leaks = [task["name_leak"] for task in tasks if task["split"] == half]
            print(
                f"{name}, {half}: {len(leaks)} tasks, mean name_leak {sum(leaks) / len(leaks):.3f} (aim {LEAK})"
            )


if __name__ == "__main__":
    main()
