"""Makes the tasks: ``python -m bench.crosslingual.tasks`` writes ``tasks.jsonl.gz``.

A task is a file beside the code with the rest of one line removed, from where it writes a name that a file of another
language defines. Repositories are drawn into development or test as wholes; those of ``development.txt`` are all for development.
"""

from __future__ import annotations

import random
from collections import Counter

from bench.crosslingual.sites import SharedSite, read, sites
from bench.crosslingual.world import DEVELOPMENT, HERE, names, workspace
from bench.order import interleaved
from bench.repo.tasks import halves
from bench.retrieval.comments import SEED
from bench.retrieval.tasks import Task, write_tasks

TASKS = HERE / "tasks.jsonl.gz"
_A_REPOSITORY, _A_FILE, _A_NAME = 30, 8, 2  # tasks at most


def tasks_of(name: str) -> list[Task]:
    """Return the tasks of one repository: few of a file, few of a name."""
    texts = read(workspace(name))
    found = list(sites(texts))
    files: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    chosen: list[Task] = []
    for site in random.Random(f"{SEED} {name}").sample(found, len(found)):
        if files[site.path] < _A_FILE and answers[site.answer] < _A_NAME and len(chosen) < _A_REPOSITORY:
            files[site.path] += 1
            answers[site.answer] += 1
            chosen.append(task_of(name, site, texts[site.path]))
    return chosen


def task_of(name: str, site: SharedSite, source: str) -> Task:
    """Return the task of one site: the file's text without the rest of its line, and where the cursor is."""
    end = source.find("\n", site.offset)
    text = source[: site.offset] + source[end if end >= 0 else len(source) :]
    line = source[source.rfind("\n", 0, site.offset) + 1 : site.offset]
    return {
        "id": f"{name}/{site.path}:{site.offset}", "repository": name, "path": site.path, "text": text,
        "offset": site.offset, "before": line, "answer": site.answer, "kind": site.kind,
    }  # fmt: skip


def main() -> None:
    repositories = names()
    half = {**halves(repositories), **dict.fromkeys(names(DEVELOPMENT), "dev")}
    groups = {name: [{**task, "split": split} for task in tasks_of(name)] for name, split in half.items()}
    tasks = interleaved({name: groups[name] for name in sorted(groups)})
    write_tasks(tasks, TASKS)
    for key in ("repository", "split", "kind"):
        print(key, Counter(task[key] for task in tasks).most_common())
    print(f"{len(tasks)} tasks")


if __name__ == "__main__":
    main()
