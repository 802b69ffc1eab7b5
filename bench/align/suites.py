"""The splits of the three benchmarks of calls, each asked and judged as that benchmark does."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.cloudapi import run as cloudapi
from bench.cloudapi import world as cloudapi_world
from bench.cloudapi.tasks import TASKS as CLOUD_APIS
from bench.cloudapi.tasks import read_names
from bench.completing import Row
from bench.installed import run as installed
from bench.installed import world as installed_world
from bench.installed.tasks import TASKS as INSTALLED
from bench.opened import OpenedWorkspace, index_of_words, opened
from bench.repo import run as repo
from bench.repo import world as repo_world
from bench.repo.over_lsp import by_repository
from bench.repo.tasks import TASKS as REPO
from bench.retrieval.comments import SEED
from bench.retrieval.tasks import read_tasks

from soothsay.engine.types import CompletionRequest

Todo = Sequence[tuple[Row, str]]


class Suite(Protocol):
    """Tasks, the workspaces in which they are completed, and their judge."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def requirements(self) -> tuple[Path, ...]:
        """The files that say what is installed, and read."""
        ...

    @property
    def streams(self) -> Path:
        """The folder with what the weights alone have written for the benchmark itself."""
        ...

    def tasks(self, split: str = "test") -> list[Row]:
        """Return the tasks of a split."""
        ...

    def parts(self, todo: Todo) -> Iterator[tuple[OpenedWorkspace, Todo]]:
        """Yield what is to be done, by the workspace that it is done in."""
        ...

    def wanted(self, task: Row) -> tuple[str, str]:
        """Return the owner and the name of what a task asks for, as the index has them."""
        ...

    def asking(self, task: Row, world: OpenedWorkspace) -> AbstractContextManager[CompletionRequest]:
        """Give the request of a task."""
        ...

    def judged(self, found: Sequence[tuple[Row, Row]]) -> list[Row]:
        """Return generations with ``good``, whether they are what was asked for, and ``called``, the name that they call."""
        ...


def _drawn(path: Path, split: str) -> list[Row]:
    """Return the tasks of ``split`` in an order that chance makes: the first of them say as much of the others as any."""
    found = [task for task in read_tasks(path) if task["split"] == split]
    return random.Random(f"{SEED} {split} split").sample(found, len(found))


@dataclass(frozen=True)
class CloudApis:
    """`make bench-quality`: *good* is a valid call of the right operation."""

    name: str = "cloudapi"
    requirements: tuple[Path, ...] = (cloudapi_world.HERE / "requirements.txt",)
    streams: Path = cloudapi.GENERATIONS

    def tasks(self, split: str = "test") -> list[Row]:
        return _drawn(CLOUD_APIS, split)

    def parts(self, todo: Todo) -> Iterator[tuple[OpenedWorkspace, Todo]]:
        folder = cloudapi.client_workspace(read_tasks(CLOUD_APIS))
        with opened(folder, cloudapi_world.interpreter(), index_of_words) as world:
            yield world, todo

    def wanted(self, task: Row) -> tuple[str, str]:
        return cloudapi.owner_of(task["client"]), task["name"]

    @contextmanager
    def asking(self, task: Row, world: OpenedWorkspace) -> Iterator[CompletionRequest]:
        yield CompletionRequest(world.root / "task.py", task["text"], len(task["text"]), world.root)

    def judged(self, found: Sequence[tuple[Row, Row]]) -> list[Row]:
        names = read_names()
        rows = [cloudapi.judged(task, row, names) for task, row in found]
        return [{**row, "good": row["outcome"] == "valid"} for row in rows]


@dataclass(frozen=True)
class Libraries:
    """`make bench-installed`: *good* is a valid call of the author's function."""

    name: str = "installed"
    requirements: tuple[Path, ...] = (installed_world.REQUIREMENTS,)
    streams: Path = installed.GENERATIONS

    def tasks(self, split: str = "test") -> list[Row]:
        return _drawn(INSTALLED, split)

    def parts(self, todo: Todo) -> Iterator[tuple[OpenedWorkspace, Todo]]:
        folder = installed.workspace(read_tasks(INSTALLED))
        with opened(folder, installed_world.interpreter(), index_of_words) as world:
            yield world, todo

    def wanted(self, task: Row) -> tuple[str, str]:
        return task["client"].partition(":")[2], task["name"]

    @contextmanager
    def asking(self, task: Row, world: OpenedWorkspace) -> Iterator[CompletionRequest]:
        yield CompletionRequest(world.root / "task.py", task["text"], len(task["text"]), world.root)

    def judged(self, found: Sequence[tuple[Row, Row]]) -> list[Row]:
        referee = installed_world.Referee(installed_world.interpreter())
        try:
            rows = [installed.judged(task, row, referee) for task, row in found]
        finally:
            referee.close()
        return [{**row, "good": row["outcome"] == "valid"} for row in rows]


@dataclass(frozen=True)
class Repositories:
    """`make bench-repo`, or other ``lines`` of its repositories: *good* is the line that was there."""

    name: str = "repo"
    lines: tuple[Row, ...] = ()
    requirements: tuple[Path, ...] = (repo_world.HERE / "requirements.txt", repo_world.REPOSITORIES)
    streams: Path = repo.GENERATIONS

    def tasks(self, split: str = "test") -> list[Row]:
        return list(self.lines) or _drawn(REPO, split)

    def parts(self, todo: Todo) -> Iterator[tuple[OpenedWorkspace, Todo]]:
        for name, some in by_repository(todo):
            with opened(repo_world.workspace(name), repo_world.interpreter(), index_of_words) as world:
                yield world, some

    def wanted(self, task: Row) -> tuple[str, str]:
        return task["symbol"].rpartition(".")[0], task["name"]

    @contextmanager
    def asking(self, task: Row, world: OpenedWorkspace) -> Iterator[CompletionRequest]:
        """What is on disk, with the answer in it, must not be read."""
        path = world.root / task["path"]
        world.index.mirror(path, task["text"])
        world.oracle.mirror(path, task["text"])
        try:
            yield CompletionRequest(path, task["text"], task["offset"], world.root)
        finally:
            world.index.forget(path)
            world.oracle.forget(path)

    def judged(self, found: Sequence[tuple[Row, Row]]) -> list[Row]:
        rows = [repo.scored(task, row) for task, row in found]
        return [{**row, "good": row["exact"]} for row in rows]


SUITES: tuple[Suite, ...] = (CloudApis(), Libraries(), Repositories())
