"""`make bench-repo`: lines that call another file of the repository, by every method.

``LIMIT=n`` takes the first n tasks, which hold the same share of each repository; ``MODEL=`` another model of the registry;
``METHODS=base;full`` some methods; ``SPLIT=dev`` one split; ``THREADS=`` the model's threads; ``LSP=1`` also over LSP. What was generated is kept in
``generations/`` by what it depends on: a run goes on where the last one stopped.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench.cloudapi import methods
from bench.completing import Generations, Row, Wanted, fill, fingerprint, open_model, recorded, wanted
from bench.filled import filled
from bench.opened import OpenedWorkspace, opened
from bench.over_lsp import METHOD, asked_for, facts, generations, leaves_parsing
from bench.remember import RememberingModel
from bench.repo.methods import USUAL, VARIANTS
from bench.repo.metrics import score
from bench.repo.over_lsp import by_repository, write_missing
from bench.repo.report import write_report
from bench.repo.tasks import TASKS
from bench.repo.world import HERE, REPOSITORIES, interpreter, workspace
from bench.retrieval.tasks import read_tasks

from soothsay.engine.pipeline import Engine
from soothsay.engine.types import CompletionRequest

GENERATIONS = HERE / "generations"


def complete(world: OpenedWorkspace, model: RememberingModel, task: Row, method: str) -> Row:
    """One completion of a file that was just opened: what is on disk, with the answer in it, must not be read."""
    path = world.root / task["path"]
    model.reset()
    world.index.mirror(path, task["text"])
    world.oracle.mirror(path, task["text"])
    try:
        engine = Engine(model, world.index, VARIANTS[method].settings(), world.oracle)
        request = CompletionRequest(path, task["text"], task["offset"], world.root)
        if VARIANTS[method].ahead:
            engine.prepare(request)
        completion = engine.complete(request)
    finally:
        world.index.forget(path)
        world.oracle.forget(path)
    return recorded(completion, model, [each.symbol for each in completion.evidence])


def write_generations(run: Wanted, kept: Generations) -> None:
    """Every task by every method that is not there yet, one repository after the other.

    In a repository one task follows the other. The methods share a task's draft, which is remembered: what is written
    after it finds it in the KV cache, as it does in an editor, and its time is counted for each.
    """
    missing = kept.missing(run.tasks, [method for method in run.methods if method in VARIANTS])
    if not missing:
        return
    with open_model(run.model, GENERATIONS) as (model, streams):
        for name, todo in by_repository(missing):
            with opened(workspace(name), interpreter()) as world:
                fill(todo, partial(complete, world, model), kept, streams)


def scored(task: Row, row: Row) -> Row:
    """A generation with how close it is."""
    found = score(task["before"], task["answer"], row["shown"], task["names"], task["closed"])
    return {**row, **asdict(found), **filled(task["before"], row), "parses": leaves_parsing(task, row), **{key: task[key] for key in ("repository", "split", "kind", "seen", "name", "answer", "before", "receiver")}}  # fmt: skip


def main() -> None:
    run = wanted(read_tasks(TASKS), (*VARIANTS, METHOD), (*USUAL, *asked_for()))
    code = fingerprint(Path(methods.__file__), HERE / "methods.py", HERE / "requirements.txt", REPOSITORIES)
    kept = Generations(GENERATIONS / f"{run.model}.jsonl.gz", code)
    write_generations(run, kept)
    over_lsp = generations(GENERATIONS, run.model, HERE / "requirements.txt", REPOSITORIES)
    if METHOD in run.methods:
        write_missing(run, over_lsp)
    found = [*kept.of(run.tasks, VARIANTS), *over_lsp.of(run.tasks, [METHOD])]
    print(write_report([scored(task, row) for task, row in found], facts(run), run.model))


if __name__ == "__main__":
    main()
