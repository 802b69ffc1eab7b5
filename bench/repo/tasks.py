"""Makes the tasks: ``python -m bench.repo.tasks`` writes ``tasks.jsonl.gz``.

A task is a file of a repository with the rest of one line removed, from where it calls something that another file of
the repository defines. What follows the line stays, as in an editor. Repositories are drawn into development or test
as wholes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from bench.order import interleaved
from bench.repo.sites import Site, sites
from bench.repo.symbols import Repository, parse
from bench.repo.world import HERE, names, workspace
from bench.retrieval.comments import SEED
from bench.retrieval.tasks import Task, write_tasks

TASKS = HERE / "tasks.jsonl.gz"
_A_REPOSITORY, _A_FILE, _A_SYMBOL = 14, 3, 2  # tasks at most
_MOST_CHARACTERS = 24_000  # of a file
_TEST = 2 / 3


def tasks_of(name: str) -> list[Task]:
    """The tasks of one repository."""
    root = workspace(name)
    repository = Repository.read(root)
    found: list[tuple[Site, str]] = []
    for module in repository.modules.values():
        source = (root / module.path).read_text(encoding="utf-8", errors="replace")
        tree = parse(source)
        if tree is not None and len(source) <= _MOST_CHARACTERS and not module.path.endswith("__init__.py"):
            found += [(site, source) for site in sites(repository, module, source, tree)]
    return [task_of(name, site, source) for site, source in choose(found, random.Random(f"{SEED} {name}"))]


def choose(found: Sequence[tuple[Site, str]], chance: random.Random) -> list[tuple[Site, str]]:
    """Some of them at random: few of a file, few of a symbol."""
    files: Counter[str] = Counter()
    symbols: Counter[str] = Counter()
    chosen: list[tuple[Site, str]] = []
    for site, source in chance.sample(found, len(found)):
        if files[site.path] < _A_FILE and symbols[site.symbol] < _A_SYMBOL and len(chosen) < _A_REPOSITORY:
            files[site.path] += 1
            symbols[site.symbol] += 1
            chosen.append((site, source))
    return chosen


def task_of(name: str, site: Site, source: str) -> Task:
    """The task of one site: the file's text without the answer, and where the cursor is."""
    lines = source.splitlines(keepends=True)
    before = "".join(lines[: site.line - 1]) + lines[site.line - 1][: site.column]
    after = lines[site.line - 1][site.column :].removeprefix(site.answer)
    text = before + after + "".join(lines[site.line :])
    return {
        "id": f"{name}/{site.path}:{site.line}", "repository": name, "path": site.path, "text": text, "offset": len(before),
        "before": lines[site.line - 1][: site.column], "answer": site.answer, "receiver": site.receiver, "name": site.name,
        "symbol": site.symbol, "kind": site.kind, "seen": site.seen, "names": sorted(site.names), "closed": site.closed,
    }  # fmt: skip


def halves(repositories: Sequence[str]) -> dict[str, str]:
    """Each repository's half."""
    drawn = random.Random(SEED).sample(repositories, len(repositories))
    return {name: "test" if place < _TEST * len(drawn) else "dev" for place, name in enumerate(drawn)}


def make() -> list[Task]:
    """All tasks, in an order in which every beginning holds the same share of each repository."""
    repositories = names()
    half = halves(repositories)
    groups = {name: [{**task, "split": half[name]} for task in tasks_of(name)] for name in repositories}
    return interleaved(groups)


def main() -> None:
    tasks = make()
    write_tasks(tasks, TASKS)
    for key in ("repository", "split", "kind", "seen", "closed"):
        print(key, Counter(task[key] for task in tasks).most_common())
    print(f"{len(tasks)} tasks")


if __name__ == "__main__":
    main()
