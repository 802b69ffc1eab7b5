"""`make bench-installed`: calls of ordinary libraries, as they are installed, by every method.

``LIMIT=n`` takes the first n tasks, which hold the same share of strata as all of them; ``MODEL=`` another model of the
registry; ``METHODS=base;full`` some methods; ``SPLIT=dev`` one split; ``THREADS=`` the model's threads; ``LSP=1`` also over LSP. What was generated is kept
in ``generations/`` by what it depends on: a run goes on where the last one stopped. Judging is done anew each time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.cloudapi import methods
from bench.cloudapi.methods import VARIANTS, Bench
from bench.completing import Generations, Row, Wanted, fill, fingerprint, open_model, recorded, wanted
from bench.filled import filled
from bench.installed.report import write_report
from bench.installed.tasks import LIBRARIES, STANDARD, TASKS, preload
from bench.installed.world import CACHE, HERE, REQUIREMENTS, Referee, interpreter
from bench.opened import opened
from bench.over_lsp import METHOD, Project, asked_for, facts, generations, leaves_parsing, write_over_lsp
from bench.retrieval.tasks import read_tasks

from soothsay.engine.pipeline import Engine
from soothsay.engine.types import CompletionRequest

GENERATIONS = HERE / "generations"
USUAL = ("base", "dag, top 3", "dag++", "full")


def workspace(tasks: Sequence[Row]) -> Path:
    """A folder whose one file imports what the tasks import, so that it is indexed."""
    folder = CACHE / "workspace"
    folder.mkdir(parents=True, exist_ok=True)
    modules = {
        each for task in tasks for each in re.findall(r"^(?:import|from) ([\w.]+)", task["setup"], re.M)
    }
    known = sorted(each for each in modules if each.partition(".")[0] in {*LIBRARIES, *STANDARD})
    path, text = folder / "imports.py", "".join(f"import {each}\n" for each in known)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return folder


def write_generations(everything: Sequence[Row], run: Wanted, kept: Generations) -> None:
    """Every task by every method that is not there yet."""
    # one task after the other: the methods share its draft, which is remembered, and find it in the KV cache
    missing = kept.missing(run.tasks, [method for method in run.methods if method in VARIANTS])
    if not missing:
        return
    with (
        opened(workspace(everything), interpreter()) as world,
        open_model(run.model, GENERATIONS) as (model, streams),
    ):
        bench = Bench(world.index)

        def complete(task: Row, method: str) -> Row:
            model.reset()
            bench.ask_for(task["client"].partition(":")[2], task["name"], VARIANTS[method])
            engine = Engine(model, bench, VARIANTS[method].settings(), world.oracle)
            text = task["text"]
            request = CompletionRequest(world.root / "task.py", text, len(text), world.root)
            return recorded(engine.complete(request), model, bench.found)

        fill(missing, complete, kept, streams)


def write_all_over_lsp(everything: Sequence[Row], run: Wanted, kept: Generations) -> None:
    """Every task that is not there yet over LSP."""
    if METHOD in run.methods:
        project = Project(workspace(everything), interpreter(), CACHE / "home")
        write_over_lsp(kept.missing(run.tasks, [METHOD]), lambda _: "task.py", project, run.model, kept)


def judged(task: Row, row: Row, referee: Referee) -> Row:
    """A generation with what the referee says of it today, and the place of the right document (0: not found)."""
    verdict = referee.ask({
        "ask": "judge", "setup": task["setup"], "prefix": task["prefix"], "receiver": task["receiver"], "name": task["name"],
        "shown": row["shown"], "preload": preload(task["setup"]),
    })  # fmt: skip
    found = [each.rpartition(".")[2] for each in row["found"]]
    keys = ("name", "library", "split", "stratum", "comment_from", "name_leak", "call")
    return {
        **row, **filled(task["prefix"], row), **(verdict or {"outcome": "nothing", "called": "", "why": "the code before the call ended in an error"}),
        "parses": leaves_parsing(task, row), "rank": found.index(task["name"]) + 1 if task["name"] in found else 0,
        "of_module": task["client"].endswith(f":{task['module']}"), **{key: task[key] for key in keys},
    }  # fmt: skip


def main() -> None:
    everything = read_tasks(TASKS)
    run = wanted(everything, (*VARIANTS, METHOD), (*USUAL, *asked_for()))
    kept = Generations(
        GENERATIONS / f"{run.model}.jsonl.gz", fingerprint(Path(methods.__file__), REQUIREMENTS)
    )
    write_generations(everything, run, kept)
    over_lsp = generations(GENERATIONS, run.model, REQUIREMENTS)
    write_all_over_lsp(everything, run, over_lsp)
    referee = Referee(interpreter())
    found = [*kept.of(run.tasks, VARIANTS), *over_lsp.of(run.tasks, [METHOD])]
    rows = [judged(task, row, referee) for task, row in found]
    referee.close()
    print(write_report(rows, facts(run), run.model))


if __name__ == "__main__":
    main()
