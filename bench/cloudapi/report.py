"""The page of `make bench-quality`: what every method made of the same tasks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.cloudapi.confidence import Examined, examine, summary
from bench.cloudapi.judge import OUTCOMES
from bench.cloudapi.methods import VARIANTS
from bench.cloudapi.plots import draw_confidence, draw_strata
from bench.cloudapi.tasks import STRATA
from bench.oracle.report import percent, quantile, table, with_interval
from bench.over_lsp import OVER_LSP
from bench.side_by_side import AS_SHOWN, FILLED, RESULTS, as_shown, filled_in, footer, outcomes, pairs, share

from bench import side_by_side

Row = dict[str, Any]
AGAINST = ("base", "dag, top 3", "dag++")  # what the others are compared with
# Jain et al. 2024, on the paper's own tasks
PAPER: Mapping[str, Mapping[str, float]] = {
    "GPT-4o, DAG++ (paper)": {"High": 0.942, "Medium": 0.820, "Low": 0.554, "all": 0.746},
    "GPT-4o, base (paper)": {"High": 0.937, "Medium": 0.787, "Low": 0.386, "all": 0.664},
    "CodeGemma-7B, DAG++ (paper)": {"High": 0.883, "Medium": 0.653, "Low": 0.431, "all": 0.633},
}
CONFIDENCE = (
    "Threshold and combination are chosen on the development split. The last two columns are DAG++ with this trigger: "
    "`dag, top 3`'s call below the threshold or where the name is not in the index, else the draft's."
)
_EXAMPLES = 6  # failures shown of each class


def valid(row: Row) -> bool:
    return row["outcome"] == "valid"


def by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    return side_by_side.by_method(rows, (*VARIANTS, *OVER_LSP))


def validity(rows: Sequence[Row]) -> str:
    lines: list[Sequence[object]] = []
    for method, group in by_method(rows).items():
        strata = [[row for row in group if row["stratum"] == name] for name in STRATA]
        lines.append(
            (
                method,
                *(share(each, valid) for each in strata),
                with_interval(sum(map(valid, group)), len(group)),
            )
        )
    paper = [(name, *(f"{100 * value:.1f} %" for value in shares.values())) for name, shares in PAPER.items()]
    # what the average would be in the paper's proportions is the average itself: the strata are drawn like that
    return table(("method", *STRATA, "all (95 % interval)"), [*lines, *paper])


def counts_by_stratum(rows: Sequence[Row]) -> dict[str, dict[str, tuple[int, int]]]:
    """Valid ones and all, by method, then by stratum and for all of them."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for method, group in by_method(rows).items():
        parts = {name: [row for row in group if row["stratum"] == name] for name in STRATA} | {"all": group}
        found[method] = {name: (sum(map(valid, part)), len(part)) for name, part in parts.items()}
    return found


def goals(rows: Sequence[Row], model: str) -> str:
    """What was aimed at on the test split with the method ``full``, and what came of it."""
    groups = by_method(rows)
    if "full" not in groups or "base" not in groups:
        return "`full` or `base` was not run"
    counts = counts_by_stratum(rows)

    def valid_share(method: str, stratum: str) -> float:
        good, total = counts[method][stratum]
        return 100 * good / max(1, total)

    high = [row for row in groups["full"] if row["stratum"] == "High"]
    retrieved = 100 * sum(row["fired"] for row in high) / max(1, len(high))
    average = 80.0 if "0.5b" in model else 85.0
    gain = valid_share("full", "High") - valid_share("base", "High")
    reached = (  # what, the goal, what was measured, by how much it is missed
        (
            "valid calls, all",
            f"{average:.0f}",
            valid_share("full", "all"),
            average - valid_share("full", "all"),
        ),
        ("valid calls, Low", "70", valid_share("full", "Low"), 70.0 - valid_share("full", "Low")),
        ("valid calls, High, against base's", "-1", gain, -1.0 - gain),
        ("retrieved for, High (at most)", "at most 35", retrieved, retrieved - 35.0),
    )
    lines = [
        (what, goal, f"{measured:.1f}", f"**missed by {missed:.1f} points**" if missed > 0 else "met")
        for what, goal, measured, missed in reached
    ]
    return table(("goal (`full`, test)", "wanted", "measured", ""), lines)


def failure_classes(rows: Sequence[Row], method: str = "full") -> str:
    """Why the best method's calls are invalid, the commonest cause first, with examples."""
    classes: dict[str, list[Row]] = {}
    for row in rows:
        if row["method"] == method and not valid(row):
            classes.setdefault(_cause(row), []).append(row)
    parts: list[str] = []
    for cause, group in sorted(classes.items(), key=lambda item: -len(item[1])):
        parts.append(f"**{cause}** ({len(group)})\n")
        for row in group[:_EXAMPLES]:
            shown = " ".join(row["shown"].split())[:90].replace("`", "'")
            parts.append(
                f"* `{row['client']}` wanted `{row['name']}`: `{shown or '(nothing)'}` {row['why']}".rstrip()
            )
        parts.append("")
    return "\n".join(parts) or "none"


def _cause(row: Row) -> str:
    match row["outcome"]:
        case "wrong_api" if row["rank"]:
            return "another operation than the right one, which was retrieved"
        case "wrong_api" if not row["fired"]:
            return "another operation, believed without retrieval"
        case "wrong_api":
            return "another operation, the right one was not found"
        case "invalid_usage":
            return "the right operation, wrong arguments"
        case "no_such_api":
            return "an operation that does not exist"
    return "no call" if row["shown"] else "nothing shown"


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
                share(hit, valid), share([row for row in searched if not row["rank"]], valid),
                share([row for row in group if not row["fired"]], valid),
            )
        )  # fmt: skip
    head = (
        "method", *(f"retrieved, {name}" for name in STRATA), "hit@1", "hit@3", "hit@5", "valid given hit",
        "valid given miss", "valid, not retrieved",
    )  # fmt: skip
    return table(head, lines)


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


def subsets(rows: Sequence[Row]) -> str:
    """Where it matters: what the models cannot have seen, comments that give little away, each family."""
    wanted: Mapping[str, Callable[[Row], bool]] = {
        "newer than August 2024": lambda row: row["unseen"],
        "seen": lambda row: not row["unseen"],
        "name_leak up to 0.35": lambda row: row["name_leak"] <= 0.35,
        "AWS": lambda row: row["family"] == "botocore",
        "Azure": lambda row: row["family"] == "azure",
    }
    return side_by_side.subsets(by_method(rows), wanted, lambda part: f"{share(part, valid)} of {len(part)}")


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
    picture = f"![valid invocations](cloudapi-{facts['model']}.png)\n\n" if test else ""
    parts = [
        f"# CloudAPIBench's question: {facts['model']}\n",
        "A valid API invocation binds to a stub of the wanted API: its name, no unknown argument, none missing. "
        "`make bench-quality`; every generation is in `bench/cloudapi/generations`.\n",
        f"## Goals\n\n{goals(test, facts['model'])}\n",
        f"## Valid invocations, test split\n\n{picture}{validity(test)}\n",
        f"## As it is shown (test)\n\n{AS_SHOWN}\n\n{as_shown(by_method(test), 'valid (95 % interval)', valid)}\n",
        f"## What is filled in (all)\n\n{FILLED}\n\n{filled_in(by_method(tasks))}\n",
        f"## Development split\n\n{validity([row for row in tasks if row['split'] == 'dev'])}\n",
        f"## When it retrieved, and what that brought (test)\n\n{retrieval(test)}\n",
        f"## What the others were (test)\n\n{outcomes(by_method(test), OUTCOMES)}\n",
        f"### What `full` gets wrong (test)\n\n{failure_classes(test)}\n",
        f"## Subsets (test)\n\n{subsets(test)}\n",
        f"## Side by side, the same tasks (test)\n\n{pairs(by_method(test), valid, AGAINST)}\n",
        f"## Does the model know (test)\n\nOf the name that `base` drafted, against whether its call was valid. {CONFIDENCE}\n\n{confidence}\n",
        f"## What it took (all)\n\n{costs(tasks)}\n",
        f"## APIs that are gone since August 2024\n\n{stale([row for row in rows if row['stratum'] == 'removed'])}\n",
        footer(facts),
    ]
    return "\n".join(parts)


def write_report(rows: Sequence[Row], facts: Mapping[str, Any], model: str) -> str:
    """Write the page and the counts behind it; returns the page."""
    found = examine([row for row in rows if row["stratum"] in STRATA])
    text = page(rows, found, facts)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"cloudapi-{model}.md").write_text(text, encoding="utf-8")
    if found:
        draw_confidence(found, RESULTS / f"cloudapi-{model}-confidence.png")
    test = [row for row in rows if row["split"] == "test" and row["stratum"] in STRATA]
    if test:
        draw_strata(
            counts_by_stratum(test),
            PAPER,
            f"{model}: test split, calls that bind",
            RESULTS / f"cloudapi-{model}.png",
        )
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
