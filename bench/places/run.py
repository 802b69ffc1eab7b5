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

from bench.completing import Row, wanted
from bench.over_lsp import METHOD, Answer, facts, generations
from bench.places.cutting import KINDS
from bench.places.judge import judge
from bench.places.report import write_report
from bench.places.tasks import HERE, read
from bench.repo.over_lsp import write_missing
from bench.repo.world import HERE as REPO

GENERATIONS = HERE / "generations"


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
    write_missing(run, kept)  # the index of a repository is that of bench.repo
    rows = [judged(task, row) for task, row in kept.of(run.tasks, [METHOD])]
    print(write_report(rows, facts(run), run.model))


if __name__ == "__main__":
    main()
