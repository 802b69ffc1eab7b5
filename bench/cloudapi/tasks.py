"""Makes the tasks: ``python -m bench.cloudapi.tasks`` writes ``tasks.jsonl.gz``, ``stale.jsonl.gz`` and ``names.json.gz``.

In CloudAPIBench's shape: imports, a client, one comment as a developer writes it, and the beginning of the call. Strata
are by how often public code calls the API (``counts.json.gz``, made by :mod:`bench.cloudapi.frequency`), in the paper's
proportions. The paper counted all of a code search engine; here it is the code of 54 projects, so the bounds are
lower. Services are drawn into development or test as wholes.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.cloudapi.comments import comment_of
from bench.cloudapi.world import HERE, clients, old_clients
from bench.order import interleaved
from bench.retrieval.comments import SEED, name_leak, sentences
from bench.retrieval.tasks import Task, write_tasks

TASKS, STALE, NAMES = HERE / "tasks.jsonl.gz", HERE / "stale.jsonl.gz", HERE / "names.json.gz"
COUNTS = HERE / "counts.json.gz"
STRATA: Mapping[str, int] = {"High": 205, "Medium": 150, "Low": 267}
HIGH, MEDIUM = 5, 2  # calls in the projects of corpora.txt, at least
_FEWEST_MEMBERS = 12  # with fewer, anything finds the right one
_MOST_LEAK = 0.7  # of the name's words in the comment
_TEST = 2 / 3
_STALE = 100


def stratum(count: int) -> str:
    """High, Medium or Low, by the number of calls in public code."""
    return "High" if count >= HIGH else "Medium" if count >= MEDIUM else "Low"


def split_of(names: Iterable[str]) -> dict[str, str]:
    """Each client's half. Clients of one Azure package stay together."""
    groups = sorted({_group(name) for name in names})
    drawn = random.Random(SEED).sample(groups, len(groups))
    half = {group: "test" if place < _TEST * len(groups) else "dev" for place, group in enumerate(drawn)}
    return {name: half[_group(name)] for name in names}


def _group(client: str) -> str:
    return client if client.startswith("botocore:") else client.rpartition(".")[0]


def tasks_of(client: str, facts: Mapping[str, Any], unknown: Iterable[str]) -> list[Task]:
    """A task for each API of a client that has a documentation of its own; ``unknown``: those that are new."""
    apis = facts["apis"]
    if len(apis) < _FEWEST_MEMBERS:
        return []
    new = set(unknown)
    said = Counter(_first(api["doc"]) for api in apis.values())
    made: list[Task] = []
    for name, api in sorted(apis.items()):
        if api["deprecated"] or "deprecated" in api["doc"].lower() or said[_first(api["doc"])] > 1:
            continue
        comment = comment_of(client, name, api["doc"])
        if comment is None or name_leak(comment, name) > _MOST_LEAK:
            continue
        setup = f"{facts['imports']}\n\n{facts['construct']}\n"
        made.append(
            {
                "id": f"{client}.{name}", "family": client.partition(":")[0], "client": client, "name": name, "unseen": name in new,
                "comment": comment, "name_leak": name_leak(comment, name), "parameters": api["parameters"],
                "prefix": "response = client.", "text": f"{setup}\n# {comment}\nresponse = client.",
            }
        )  # fmt: skip
    return made


def _first(doc: str) -> str:
    return next(iter(sentences(doc)), "")


def choose(tasks: Sequence[Task], wanted: int, seed: str) -> list[Task]:
    """``wanted`` of ``tasks``, in turns from each client, at random."""
    chance = random.Random(f"{SEED} {seed}")
    pools: dict[str, list[Task]] = {}
    for task in chance.sample(tasks, len(tasks)):
        pools.setdefault(task["client"], []).append(task)
    order = chance.sample(sorted(pools), len(pools))
    chosen: list[Task] = []
    while len(chosen) < wanted and any(pools.values()):
        chosen += [pools[client].pop() for client in order if pools[client]]
    return chosen[:wanted]


def in_turns(tasks: Sequence[Task]) -> list[Task]:
    """In an order in which every beginning holds the same share of strata and halves."""
    groups: dict[tuple[str, str], list[Task]] = {}
    for task in tasks:
        groups.setdefault((task["stratum"], task["split"]), []).append(task)
    return interleaved(groups)


def make() -> tuple[list[Task], list[Task], dict[str, list[str]]]:
    """The tasks, the tasks whose API is gone, and the names that each client has."""
    new, old = clients(), old_clients()
    counts: Mapping[str, int] = json.loads(gzip.decompress(COUNTS.read_bytes()))
    split = split_of(new)
    everything: list[Task] = []
    stale: list[Task] = []
    for client, facts in sorted(new.items()):
        before = set(old.get(client, {}).get("apis", ()))
        is_aws = client.startswith("botocore:")
        for task in tasks_of(client, facts, set(facts["apis"]) - before if is_aws else ()):
            count = counts.get(f"{client} {task['name']}", 0)
            everything.append({**task, "split": split[client], "count": count, "stratum": stratum(count)})
        if is_aws and before:
            for task in tasks_of(client, old[client], ()):
                if task["name"] not in facts["apis"] and task["name"] not in facts["others"]:
                    stale.append({**task, "split": split[client], "stratum": "removed"})
    chosen = [
        task
        for name, wanted in STRATA.items()
        for task in choose([task for task in everything if task["stratum"] == name], wanted, name)
    ]
    chosen_stale = choose(stale, _STALE, "removed")
    used = {task["client"] for task in (*chosen, *chosen_stale)}
    names = {client: sorted({*new[client]["apis"], *new[client]["others"]}) for client in sorted(used)}
    return in_turns(chosen), chosen_stale, names


def read_names() -> dict[str, frozenset[str]]:
    """The names that each client has."""
    plain = json.loads(gzip.decompress(NAMES.read_bytes()))
    return {client: frozenset(names) for client, names in plain.items()}


def main() -> None:
    tasks, stale, names = make()
    write_tasks(tasks, TASKS)
    write_tasks(stale, STALE)
    NAMES.write_bytes(gzip.compress(json.dumps(names).encode(), mtime=0))
    table = Counter((task["stratum"], task["split"], task["family"]) for task in tasks)
    for key, number in sorted(table.items()):
        print(*key, number)
    leak = sum(task["name_leak"] for task in tasks) / len(tasks)
    print(
        f"{len(tasks)} tasks, {sum(task['unseen'] for task in tasks)} of them newer than botocore 1.35.0,",
        end=" ",
    )
    print(f"{len(names)} clients, mean name_leak {leak:.2f}; {len(stale)} whose API is gone")


if __name__ == "__main__":
    main()
