"""`make bench-quality`: CloudAPIBench's question, asked of every method: is the right API called, and rightly?

``LIMIT=n`` takes the first n tasks, which hold the same share of strata as all of them; ``MODEL=`` another model of
the registry; ``METHODS=base;full`` some methods; ``SPLIT=dev`` one split; ``LSP=1`` also over LSP. What was generated is kept in ``generations/`` by what it depends on, so
a run goes on where the last one stopped, on any machine, and regenerates what a change of the engine touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.cloudapi.judge import judge, stub
from bench.cloudapi.methods import VARIANTS, Bench
from bench.cloudapi.report import write_report
from bench.cloudapi.tasks import STALE, TASKS, read_names
from bench.cloudapi.world import CACHE, HERE, interpreter
from bench.completing import Generations, Row, fill, fingerprint, open_model, recorded, wanted
from bench.filled import filled
from bench.opened import built_index, opened
from bench.over_lsp import (
    METHOD,
    OVER_LSP,
    Project,
    asked_for,
    facts,
    generations,
    leaves_parsing,
    write_over_lsp,
)
from bench.retrieval.tasks import read_tasks

from soothsay.engine.pipeline import Engine
from soothsay.engine.types import CompletionRequest
from soothsay_index.worker.local import LocalIndex

GENERATIONS = HERE / "generations"
# Tasks that one method writes in a row: none finds the prompt of the method before it in the KV cache.
_BLOCK = 12


def client_workspace(tasks: Iterable[Mapping[str, Any]]) -> Path:
    """The workspace, which makes a client of every kind that a task has."""
    workspace = CACHE / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    setups = sorted({task["text"].rpartition("\n# ")[0] for task in tasks})
    for number, setup in enumerate(setups):
        path = workspace / f"client_{number}.py"
        if not path.exists() or path.read_text() != setup:
            path.write_text(setup)
    return workspace


def open_index(tasks: Iterable[Mapping[str, Any]]) -> tuple[LocalIndex, Path]:
    """The index of the SDKs, built first, and its workspace."""
    workspace = client_workspace(tasks)
    return built_index(workspace, interpreter()), workspace


def owner_of(client: str) -> str:
    """What the index calls a client's class."""
    family, _, name = client.partition(":")
    return client if family == "botocore" else name


def write_all_over_lsp(tasks: Sequence[Row], methods: Sequence[str], model: str, kept: Generations) -> None:
    """Every task that is not there yet over LSP: in the workspace that uses all clients, and in one that uses none."""
    for method in methods:
        todo = kept.missing(tasks, [method])
        if method in OVER_LSP and todo:
            folder = client_workspace(tasks) if method == METHOD else CACHE / "workspace-new"
            folder.mkdir(parents=True, exist_ok=True)
            write_over_lsp(
                todo, lambda _: "task.py", Project(folder, interpreter(), CACHE / "home"), model, kept
            )


def judged(task: Row, row: Row, names: Mapping[str, frozenset[str]]) -> Row:
    """A generation with what the judge says of it today, and the place of the right document (0: not found)."""
    verdict = judge(
        task["name"], stub(task["parameters"]), names[task["client"]], task["prefix"], row["shown"]
    )
    found = [each.rpartition(".")[2] for each in row["found"]]
    return {
        **row, **filled(task["prefix"], row), "outcome": verdict.outcome, "called": verdict.called, "why": verdict.why,
        "parses": leaves_parsing(task, row), "rank": found.index(task["name"]) + 1 if task["name"] in found else 0,
        **{key: task[key] for key in ("client", "name", "family", "split", "stratum", "unseen", "name_leak", "count") if key in task},
    }  # fmt: skip


def write_generations(
    tasks: Sequence[Row], methods: Sequence[str], model_name: str, kept: Generations
) -> None:
    """Every task by every method that is not there yet."""
    missing = [
        each
        for begin in range(0, len(tasks), _BLOCK)
        for method in methods
        for each in kept.missing(tasks[begin : begin + _BLOCK], [method])
    ]
    if not missing:
        return
    with (
        opened(client_workspace(tasks), interpreter()) as world,
        open_model(model_name, GENERATIONS) as (model, streams),
    ):
        bench = Bench(world.index)
        engines = {name: Engine(model, bench, VARIANTS[name].settings(), world.oracle) for name in methods}

        def complete(task: Row, method: str) -> Row:
            model.reset()
            bench.ask_for(owner_of(task["client"]), task["name"], VARIANTS[method])
            text = task["text"]
            request = CompletionRequest(world.root / "task.py", text, len(text), world.root)
            return recorded(engines[method].complete(request), model, bench.found)

        fill(missing, complete, kept, streams)


def main() -> None:
    over = OVER_LSP if asked_for() else ()
    run = wanted(read_tasks(TASKS), (*VARIANTS, *OVER_LSP), (*VARIANTS, *over))
    stale = read_tasks(STALE)[: len(run.tasks) // 6]
    code = fingerprint(HERE / "requirements.txt", HERE / "methods.py")
    kept = Generations(GENERATIONS / f"{run.model}.jsonl.gz", code)
    write_generations(run.tasks, [name for name in run.methods if name in VARIANTS], run.model, kept)
    write_generations(
        stale, [name for name in run.methods if name in ("base", "dag++", "full")], run.model, kept
    )
    over_lsp = generations(GENERATIONS, run.model, HERE / "requirements.txt")
    write_all_over_lsp(run.tasks, run.methods, run.model, over_lsp)
    names = read_names()
    found = [*kept.of((*run.tasks, *stale), VARIANTS), *over_lsp.of(run.tasks, OVER_LSP)]
    print(write_report([judged(task, row, names) for task, row in found], facts(run), run.model))


if __name__ == "__main__":
    main()
