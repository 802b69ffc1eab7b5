"""The page of `make bench-quality`: what every method made of the same tasks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.cloudapi.confidence import Examined, examine, plot, summary
from bench.cloudapi.judge import OUTCOMES
from bench.cloudapi.methods import VARIANTS
from bench.cloudapi.stats import bootstrap_difference, mcnemar
from bench.cloudapi.tasks import STRATA
from bench.oracle.report import percent, quantile, table, with_interval

Row = dict[str, Any]
RESULTS = Path(__file__).resolve().parents[1] / "results"
# GPT-4o with DAG++ and CodeGemma-7B with DAG++ in Jain et al. 2024, on the paper's own tasks
PAPER = (
    ("GPT-4o, DAG++ (paper)", "94.2 %", "82.0 %", "55.4 %", "74.6 %"),
    ("GPT-4o, base (paper)", "93.7 %", "78.7 %", "38.6 %", "66.4 %"),
    ("CodeGemma-7B, DAG++ (paper)", "88.3 %", "65.3 %", "43.1 %", "63.3 %"),
)  # fmt: skip


def valid(row: Row) -> bool:
    return row["outcome"] == "valid"


def share(rows: Sequence[Row], what: Callable[[Row], bool] = valid) -> str:
    return percent(sum(map(what, rows)), len(rows))


def by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each method that has any, in the order of the methods."""
    groups = {method: [row for row in rows if row["method"] == method] for method in VARIANTS}
    return {method: group for method, group in groups.items() if group}


def validity(rows: Sequence[Row]) -> str:
    lines: list[Sequence[object]] = []
    for method, group in by_method(rows).items():
        strata = [[row for row in group if row["stratum"] == name] for name in STRATA]
        lines.append(
            (method, *(share(each) for each in strata), with_interval(sum(map(valid, group)), len(group)))
        )
    # what the average would be in the paper's proportions is the average itself: the strata are drawn like that
    return table(("method", *STRATA, "all (95 % interval)"), [*lines, *PAPER])


def retrieval(rows: Sequence[Row]) -> str:
    lines = []
    for method, group in by_method(rows).items():
        searched = [row for row in group if row["found"]]
        hit = [row for row in searched if row["rank"] >= 1]
        lines.append(
            (
                method,
                *(share([row for row in group if row["stratum"] == name], lambda row: row["fired"]) for name in STRATA),
                *(share(searched, lambda row, k=k: 1 <= row["rank"] <= k) for k in (1, 3, 5)),
                share(hit), share([row for row in searched if not row["rank"]]),
                share([row for row in group if not row["fired"]]),
            )
        )  # fmt: skip
    head = (
        "method", *(f"retrieved, {name}" for name in STRATA), "hit@1", "hit@3", "hit@5", "valid given hit",
        "valid given miss", "valid, not retrieved",
    )  # fmt: skip
    return table(head, lines)


def failures(rows: Sequence[Row]) -> str:
    lines = []
    for method, group in by_method(rows).items():
        counted = Counter(row["outcome"] for row in group)
        lines.append((method, *(percent(counted[name], len(group)) for name in OUTCOMES)))
    return table(("method", *(name.replace("_", " ") for name in OUTCOMES)), lines)


def costs(rows: Sequence[Row]) -> str:
    """Times mean something where the machine was quiet: its load stands beside them."""
    lines: list[Sequence[object]] = []
    for method, group in by_method(rows).items():
        totals = [row["ms"] for row in group]
        evaluated = [sum(row["evaluated"].values()) for row in group]
        load = sum(row["load"] for row in group) / len(group)
        lines.append(
            (
                method, f"{quantile(totals, 0.5):.0f} ms", f"{quantile(totals, 0.95):.0f} ms",
                f"{quantile(evaluated, 0.5):.0f}", f"{load:.1f}",
            )
        )  # fmt: skip
    return table(("method", "p50", "p95", "prompt tokens evaluated, median", "load, mean"), lines)


def pairs(rows: Sequence[Row], against: Sequence[str] = ("base", "dag, top 3", "dag++")) -> str:
    groups = {method: {row["id"]: valid(row) for row in group} for method, group in by_method(rows).items()}
    lines = []
    for method, mine in groups.items():
        for other in against:
            if other == method or other not in groups or method in against[: against.index(other)]:
                continue
            ids = sorted(mine.keys() & groups[other].keys())
            one, two = [mine[each] for each in ids], [groups[other][each] for each in ids]
            low, high = bootstrap_difference(one, two)
            difference = (sum(one) - sum(two)) / max(1, len(ids))
            lines.append(
                (
                    method, other, len(ids), f"{100 * difference:+.1f}", f"{100 * low:+.1f} to {100 * high:+.1f}",
                    f"{mcnemar(one, two):.2g}",
                )
            )  # fmt: skip
    return table(("method", "against", "tasks", "points", "95 % (bootstrap)", "p (McNemar)"), lines)


def subsets(rows: Sequence[Row]) -> str:
    """Where it matters: what the models cannot have seen, comments that give little away, each family."""
    wanted: Mapping[str, Callable[[Row], bool]] = {
        "newer than August 2024": lambda row: row["unseen"],
        "seen": lambda row: not row["unseen"],
        "name_leak up to 0.35": lambda row: row["name_leak"] <= 0.35,
        "AWS": lambda row: row["family"] == "botocore",
        "Azure": lambda row: row["family"] == "azure",
    }
    lines = []
    for method, group in by_method(rows).items():
        parts = [[row for row in group if of(row)] for of in wanted.values()]
        lines.append((method, *(f"{share(part)} of {len(part)}" for part in parts)))
    return table(("method", *wanted), lines)


def stale(rows: Sequence[Row]) -> str:
    """Operations that are gone: a call of one of them cannot be right."""
    lines = []
    for method, group in by_method(rows).items():
        gone = [row for row in group if row["called"] == row["name"]]
        invented = [row for row in group if row["outcome"] == "no_such_api"]
        lines.append(
            (
                method, len(group), share(group, lambda row: row["called"] == row["name"]),
                percent(len(invented), len(group)), percent(sum(row["verdict"] == "verified" for row in gone), len(group)),
            )
        )  # fmt: skip
    return table(
        ("method", "tasks", "calls what is gone", "calls what does not exist", "and says verified"), lines
    )


def page(rows: Sequence[Row], found: Sequence[Examined], facts: Mapping[str, Any]) -> str:
    """Everything, as Markdown. ``found`` is what the drafts' probabilities are worth."""
    tasks = [row for row in rows if row["stratum"] in STRATA]
    test = [row for row in tasks if row["split"] == "test"]
    confidence = (
        f"{summary(found)}\n\n![risk and coverage](cloudapi-{facts['model']}-confidence.png)"
        if found
        else "too few tasks"
    )
    parts = [
        f"# CloudAPIBench's question: {facts['model']}\n",
        "A valid API invocation binds to a stub of the wanted API: its name, no unknown argument, none missing. "
        "`make bench-quality`; every generation is in `bench/cloudapi/generations`.\n",
        f"## Valid invocations, test split\n\n{validity(test)}\n",
        f"## Development split\n\n{validity([row for row in tasks if row['split'] == 'dev'])}\n",
        f"## When it retrieved, and what that brought (test)\n\n{retrieval(test)}\n",
        f"## What the others were (test)\n\n{failures(test)}\n",
        f"## Subsets (test)\n\n{subsets(test)}\n",
        f"## Side by side, the same tasks (test)\n\n{pairs(test)}\n",
        f"## Does the model know (test)\n\nProbabilities of the name that `base` drafted, against whether its call was valid.\n\n{confidence}\n",
        f"## What it took (all)\n\n{costs(tasks)}\n",
        f"## APIs that are gone since August 2024\n\n{stale([row for row in rows if row['stratum'] == 'removed'])}\n",
        "*" + ", ".join(f"{key} {value}" for key, value in facts.items()) + "*\n",
    ]
    return "\n".join(parts)


def write_report(rows: Sequence[Row], facts: Mapping[str, Any], model: str) -> str:
    """Write the page and the counts behind it; returns the page."""
    found = examine([row for row in rows if row["stratum"] in STRATA])
    text = page(rows, found, facts)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"cloudapi-{model}.md").write_text(text, encoding="utf-8")
    if found:
        plot(found, RESULTS / f"cloudapi-{model}-confidence.png")
    counts = Counter(
        (row["method"], row["stratum"], row["split"], row["outcome"], row["fired"]) for row in rows
    )
    plain = [
        {"method": method, "stratum": stratum, "split": split, "outcome": outcome, "retrieved": fired, "tasks": number}
        for (method, stratum, split, outcome, fired), number in sorted(counts.items())
    ]  # fmt: skip
    (RESULTS / f"cloudapi-{model}.json").write_text(
        json.dumps({"about": facts, "counts": plain}, indent=1), encoding="utf-8"
    )
    return text
