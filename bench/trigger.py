"""`make bench-trigger`: which measure of certainty tells right drafts from wrong ones, on all three benchmarks.

Generates nothing: it reads what `make bench-quality`, `bench-installed` and `bench-repo` have written. What retrieving below
a threshold is worth is computed from what was generated: the call of ``dag`` where it fires, the draft's where it does not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bench.cloudapi.confidence import MEASURES, RETRIEVING, Certainty, Drafts
from bench.cloudapi.run import judged
from bench.cloudapi.tasks import TASKS, read_names
from bench.machine import about, head_commit
from bench.oracle.report import table
from bench.retrieval.tasks import read_tasks
from bench.side_by_side import RESULTS, footer
from sklearn.metrics import roc_auc_score

from soothsay.model.files.registry import DEFAULT_MODEL, DEFAULT_THRESHOLDS, find_thresholds

Row = dict[str, Any]
HERE = Path(__file__).resolve().parent
PAPER, CHOSEN = "minimum probability", "mean entropy"
_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Question:
    """What makes a completion of a benchmark right, and the method that always retrieves there."""

    name: str
    bench: str
    right: Callable[[Row], bool]
    always: str


QUESTIONS = (
    Question("cloud APIs: valid", "cloudapi", lambda row: row["outcome"] == "valid", RETRIEVING),
    Question("libraries: valid", "installed", lambda row: row["outcome"] == "valid", RETRIEVING),
    Question("repositories: the name resolves", "repo", lambda row: bool(row["resolves"]), "dag"),
    Question("repositories: exact match", "repo", lambda row: bool(row["exact"]), "dag"),
)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for a benchmark, and what became of it; both by task and method."""

    rows: Mapping[tuple[str, str], Row]
    answers: Mapping[tuple[str, str], Row]

    @classmethod
    def of(cls, bench: str, model: str) -> Written:
        """Read what is there. Raises `SystemExit` when there is nothing."""
        path = HERE / bench / "generations" / f"{model}.jsonl.gz"
        if not path.exists():
            raise SystemExit(f"{path} is not there: run the benchmark with MODEL={model} first")
        rows = read_tasks(path)
        return cls(_by_task(rows), _by_task(answers(bench, model, rows)))


def _by_task(rows: Iterable[Row]) -> dict[tuple[str, str], Row]:
    return {(row["id"], row["method"]): row for row in rows}


def answers(bench: str, model: str, rows: Sequence[Row]) -> Iterator[Row]:
    """What became of them: the rows behind the benchmark's page; the cloud APIs' are judged anew, from their syntax."""
    if bench != "cloudapi":
        yield from json.loads((RESULTS / f"{bench}-{model}.json").read_text(encoding="utf-8"))["rows"]
        return
    names, tasks = read_names(), {task["id"]: task for task in read_tasks(TASKS)}
    for row in rows:
        if row["id"] in tasks and row["method"] in ("base", RETRIEVING):
            yield judged(tasks[row["id"]], row, names)


def drafts(question: Question, written: Written, split: str) -> Drafts:
    """The tasks of ``split`` that were completed with and without retrieval, and in which a name was drafted."""
    of, said = written.rows, written.answers
    ids = sorted(
        each
        for each, method in said
        if method == "base"
        and said[each, method]["split"] == split
        and of[each, "base"]["certainty"]
        and (each, question.always) in said
        and (each, "dag++") in of
    )
    return Drafts(
        tuple(Certainty.of(of[each, "base"]) for each in ids),
        np.array([question.right(said[each, "base"]) for each in ids]),
        np.array(["not_in_index" in of[each, "dag++"]["reasons"] for each in ids]),
        np.array([question.right(said[each, question.always]) for each in ids]),
    )


def auroc(drafts: Drafts, measure: str) -> float:
    return float(roc_auc_score(drafts.valid, drafts.scores(MEASURES[measure])))


def page(model: str) -> str:
    """Everything, as Markdown."""
    written = {bench: Written.of(bench, model) for bench in dict.fromkeys(q.bench for q in QUESTIONS)}
    columns = [(q.name, split) for q in QUESTIONS for split in ("dev", "test")]
    known = {
        (q.name, split): drafts(q, written[q.bench], split) for q in QUESTIONS for split in ("dev", "test")
    }
    head = (
        "measure of the drafted name",
        *(f"{name}, {split} ({len(known[name, split].valid)})" for name, split in columns),
    )
    told = table(head, [(measure, *(f"{auroc(known[each], measure):.3f}" for each in columns)) for measure in MEASURES])  # fmt: skip
    lines = []
    for measure in (PAPER, CHOSEN):
        for threshold in _THRESHOLDS:
            of_dev = [known[q.name, "dev"] for q in QUESTIONS]
            cells = [each.selective(each.scores(MEASURES[measure]), threshold) for each in of_dev]
            lines.append(
                (
                    measure,
                    threshold,
                    *(f"{100 * right:.1f} %, retrieved {100 * fired:.1f} %" for fired, right in cells),
                )
            )
    worth = table(("trigger", "threshold", *(q.name for q in QUESTIONS)), lines)
    facts = {"commit": head_commit(), "model": model, **about(("scikit-learn",))}
    thresholds = find_thresholds(model, "") or DEFAULT_THRESHOLDS
    return "\n".join((
        f"# When to retrieve: {model}\n",
        "Whether the draft of `base` was right, against how sure the model was of its first API name. `make bench-trigger`, from the generations of "
        "`make bench-quality`, `bench-installed` and `bench-repo`.\n",
        f"## AUROC\n\n{told}\n",
        f"*{CHOSEN}*, as `exp(-H)`, is the best or next to it on every development split, and became the trigger of `full`; `confidence` and "
        f"`dag++` keep the paper's *{PAPER}*. It was chosen by the development columns.\n",
        f"## What a threshold is worth (development)\n\n{worth}\n",
        f"Chosen from this table: {thresholds.certainty} for `full` (`trigger.certainty`): it retrieves more than *{PAPER}* below {thresholds.confidence} where the model "
        "knows little (libraries) and less where it does not help (repositories). `full` retrieves still less in repositories than is shown here, since it "
        "believes names of the workspace.\n",
        footer(facts),
    ))  # fmt: skip


def main() -> None:
    model = os.environ.get("MODEL") or DEFAULT_MODEL
    text = page(model)
    (RESULTS / f"trigger-{model}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
