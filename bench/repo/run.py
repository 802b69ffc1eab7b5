"""`make bench-repo`: lines that call another file of the repository, by every method.

``LIMIT=n`` takes the first n tasks, which hold the same share of each repository; ``MODEL=`` another model of the registry;
``METHODS=base;full`` some methods; ``SPLIT=dev`` one split; ``THREADS=`` the model's threads; ``LSP=1`` also over LSP. What was generated is kept in
``generations/`` by what it depends on: a run goes on where the last one stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.cloudapi import methods
from bench.completing import Generations, Row, Wanted, fill, fingerprint, open_model, recorded, wanted
from bench.oracle.world import built_index
from bench.over_lsp import (
    METHOD,
    Project,
    asked_for,
    generations,
    leaves_parsing,
    limits_said,
    slowdown_asked,
    write_over_lsp,
)
from bench.remember import RememberingModel, Streams
from bench.repo.methods import USUAL, VARIANTS
from bench.repo.metrics import score
from bench.repo.report import write_report
from bench.repo.tasks import TASKS
from bench.repo.world import CACHE, HERE, REPOSITORIES, interpreter, workspace
from bench.retrieval.tasks import read_tasks

from soothsay.engine.pipeline import Engine
from soothsay.engine.types import CompletionRequest
from soothsay.oracle.client import LspOracle
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.python.oracle import TY

GENERATIONS = HERE / "generations"


@dataclass(frozen=True, slots=True)
class World:
    """One repository opened: its index built, its language server started."""

    root: Path
    index: LocalIndex
    oracle: LspOracle

    @classmethod
    def open(cls, name: str) -> World:
        root, python = workspace(name), interpreter()
        oracle = LspOracle(TY, root, python)
        index = built_index(root, python)
        oracle.start()
        return cls(root, index, oracle)

    def close(self) -> None:
        self.oracle.close()
        self.index.close()

    def complete(self, task: Row, method: str, model: RememberingModel) -> Row:
        """One completion of a file that was just opened: what is on disk, with the answer in it, must not be read."""
        path = self.root / task["path"]
        model.reset()
        self.index.mirror(path, task["text"])
        self.oracle.mirror(path, task["text"])
        try:
            engine = Engine(model, self.index, VARIANTS[method].settings(), self.oracle)
            request = CompletionRequest(path, task["text"], task["offset"], self.root)
            if VARIANTS[method].ahead:
                engine.prepare(request)
            completion = engine.complete(request)
        finally:
            self.index.forget(path)
            self.oracle.forget(path)
        return recorded(completion, model, [each.symbol for each in completion.evidence])


def missing_of(tasks: Sequence[Row], methods: Sequence[str], kept: Generations) -> list[tuple[Row, str]]:
    """What is not written yet, one task after the other.

    The methods share a task's draft, which is remembered: what is written after it finds it in the KV cache, as it does
    in an editor, and its time is counted for each.
    """
    return [(task, method) for task in tasks for method in methods if kept.get(task, method) is None]


def write_generations(run: Wanted, kept: Generations) -> None:
    """Every task by every method that is not there yet, one repository after the other."""
    names = sorted({task["repository"] for task in run.tasks})
    patient = [method for method in run.methods if method in VARIANTS]
    todo = {name: missing_of([task for task in run.tasks if task["repository"] == name], patient, kept) for name in names}  # fmt: skip
    if not any(todo.values()):
        return
    with open_model(run.model, GENERATIONS) as (model, streams):
        for number, name in enumerate(names, 1):
            if todo[name]:
                print(f"{name} ({number} of {len(names)} repositories)", flush=True)
                _of_repository(name, todo[name], kept, model, streams)


def _of_repository(
    name: str, todo: Sequence[tuple[Row, str]], kept: Generations, model: RememberingModel, streams: Streams
) -> None:
    world = World.open(name)
    try:
        fill(todo, lambda task, method: world.complete(task, method, model), kept, streams)
    finally:
        world.close()


def write_all_over_lsp(run: Wanted, kept: Generations) -> None:
    """Every task that is not there yet over LSP, one repository after the other."""
    for name in sorted({task["repository"] for task in run.tasks}):
        tasks = [task for task in run.tasks if task["repository"] == name]
        todo = missing_of(tasks, [METHOD] if METHOD in run.methods else [], kept)
        write_over_lsp(
            todo,
            lambda task: task["path"],
            Project(workspace(name), interpreter(), CACHE / "home"),
            run.model,
            kept,
        )


def scored(task: Row, row: Row) -> Row:
    """A generation with how close it is."""
    found = score(task["before"], task["answer"], row["shown"], task["names"], task["closed"])
    return {**row, **asdict(found), "parses": leaves_parsing(task, row), **{key: task[key] for key in ("repository", "split", "kind", "seen", "name", "answer", "before", "receiver")}}  # fmt: skip


def main() -> None:
    run = wanted(read_tasks(TASKS), (*VARIANTS, METHOD), (*USUAL, *asked_for()))
    code = fingerprint(Path(methods.__file__), HERE / "methods.py", HERE / "requirements.txt", REPOSITORIES)
    kept = Generations(GENERATIONS / f"{run.model}.jsonl.gz", code)
    write_generations(run, kept)
    over_lsp = generations(GENERATIONS, run.model, HERE / "requirements.txt", REPOSITORIES)
    write_all_over_lsp(run, over_lsp)
    rows = [scored(task, row) for task in run.tasks for method in VARIANTS if (row := kept.get(task, method))]
    rows += [scored(task, row) for task in run.tasks if (row := over_lsp.get(task, METHOD))]
    print(write_report(rows, {**run.facts(), **limits_said(slowdown_asked())}, run.model))


if __name__ == "__main__":
    main()
