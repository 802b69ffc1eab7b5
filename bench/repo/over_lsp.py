"""Tasks that lie in repositories, completed over LSP, one repository after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.completing import Generations, Row, Wanted
from bench.over_lsp import METHOD, Project, write_over_lsp
from bench.repo.world import CACHE, interpreter, workspace


def by_repository(todo: Sequence[tuple[Row, str]]) -> Iterator[tuple[str, list[tuple[Row, str]]]]:
    """Yield the name of each repository with its part of ``todo``, and print which one it is."""
    names = sorted({task["repository"] for task, _ in todo})
    for number, name in enumerate(names, 1):
        print(f"{name} ({number} of {len(names)} repositories)", flush=True)
        yield name, [(task, method) for task, method in todo if task["repository"] == name]


def write_missing(run: Wanted, kept: Generations) -> None:
    """Complete every task of ``run`` that is not in ``kept`` yet."""
    for name, todo in by_repository(kept.missing(run.tasks, [METHOD])):
        project = Project(workspace(name), interpreter(), CACHE / "home")
        write_over_lsp(todo, lambda task: task["path"], project, run.model, kept)
