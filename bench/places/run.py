"""`make bench-places`: one suggestion at each of many places of real files, asked over LSP with default settings.

``LIMIT=n`` takes the first n places, which hold the same share of each kind; ``SPLIT=dev`` one split; ``KINDS=a;b`` some
kinds; ``MODEL=`` another model of the registry; ``SLOWDOWN=8`` time limits for a machine on which others work. What was
generated is kept in ``generations/`` by what it depends on: a run goes on where the last one stopped. Judging is done
anew each time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict

from bench.completing import Generations, Row, Wanted, wanted
from bench.over_lsp import METHOD, Answer, Project, generations, limits_said, slowdown_asked, write_over_lsp
from bench.places.cutting import KINDS
from bench.places.judge import judge
from bench.places.report import write_report
from bench.places.tasks import HERE, read
from bench.repo.world import CACHE, interpreter, workspace
from bench.repo.world import HERE as REPO

GENERATIONS = HERE / "generations"


def write_generations(run: Wanted, kept: Generations) -> None:
    """Ask at every place that is not there yet, one repository after the other."""
    missing = [task for task in run.tasks if kept.get(task, METHOD) is None]
    names = sorted({task["repository"] for task in missing})
    for number, name in enumerate(names, 1):
        todo = [(task, METHOD) for task in missing if task["repository"] == name]
        print(f"{name} ({number} of {len(names)} repositories)", flush=True)
        project = Project(workspace(name), interpreter(), CACHE / "home")  # its index is that of bench.repo
        write_over_lsp(todo, lambda task: task["path"], project, run.model, kept)


def judged(task: Row, row: Row) -> Row:
    """Return a generation with what the judge says of it today."""
    answer = Answer(row["text"], row["start"], row["end"], row["ms"], {})
    place = {key: task[key] for key in ("kind", "split", "repository", "path", "offset", "answer")}
    around = {"before": task["text"][: task["offset"]][-90:], "after": task["text"][task["offset"] :][:50]}
    return {**row, **place, **around, **asdict(judge(task, answer))}


def chosen(tasks: Sequence[Row]) -> list[Row]:
    """Return the places of the kinds that ``KINDS=`` names, else all."""
    kinds = [each for each in (os.environ.get("KINDS") or "").split(";") if each]
    unknown = [each for each in kinds if each not in KINDS]
    if unknown:
        raise SystemExit(f"KINDS: there is no {', '.join(unknown)}; there are {'; '.join(KINDS)}")
    return [task for task in tasks if not kinds or task["kind"] in kinds]


def main() -> None:
    run = wanted(chosen(read()), (METHOD,), (METHOD,))
    kept = generations(GENERATIONS, run.model, REPO / "requirements.txt", REPO / "world.py")
    write_generations(run, kept)
    rows = [judged(task, row) for task in run.tasks if (row := kept.get(task, METHOD))]
    print(write_report(rows, {**run.facts(), **limits_said(slowdown_asked())}, run.model))


if __name__ == "__main__":
    main()
