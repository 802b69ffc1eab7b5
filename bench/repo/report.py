"""The page of `make bench-repo`: what every method made of the same lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.cloudapi.stats import bootstrap_difference, mcnemar
from bench.oracle.report import percent, quantile, table, with_interval
from bench.repo.methods import VARIANTS

Row = dict[str, Any]
RESULTS = Path(__file__).resolve().parents[1] / "results"
FEWER = 0.4  # retrievals, against always: the goal
_EXAMPLES = 6  # of each class of failures


def by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each method that has any, in the order of the methods."""
    groups = {method: [row for row in rows if row["method"] == method] for method in VARIANTS}
    return {method: group for method, group in groups.items() if group}


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def main_table(rows: Sequence[Row]) -> str:
    lines: list[Sequence[object]] = []
    for method, group in by_method(rows).items():
        told = [row for row in group if row["resolves"] is not None]
        lines.append((
            method, percent(sum(row["fired"] for row in group), len(group)), with_interval(sum(row["exact"] for row in group), len(group)),
            f"{100 * mean([row['similarity'] for row in group]):.1f}", f"{100 * mean([row['identifiers'] for row in group]):.1f}",
            percent(sum(row["resolves"] for row in told), len(told)), percent(sum(not row["shown"].strip() for row in group), len(group)),
            f"{quantile([row['ms'] for row in group], 0.5):.0f} ms", f"{quantile([row['ms'] for row in group], 0.95):.0f} ms",
            f"{mean([row['load'] for row in group]):.1f}",
        ))  # fmt: skip
    head = ("method", "retrieved", "exact match (95 % interval)", "edit similarity", "identifier F1", "the name resolves", "nothing shown", "p50", "p95", "load")  # fmt: skip
    return table(head, lines)


def pairs(rows: Sequence[Row], what: str = "exact", against: Sequence[str] = ("base", "dag")) -> str:
    """The same lines, two methods."""
    groups = {
        method: {row["id"]: bool(row[what]) for row in group} for method, group in by_method(rows).items()
    }
    lines: list[Sequence[object]] = []
    for method, mine in groups.items():
        for other in against:
            if other not in groups or other == method or method in against[: against.index(other)]:
                continue
            ids = sorted(mine.keys() & groups[other].keys())
            one, two = [mine[each] for each in ids], [groups[other][each] for each in ids]
            low, high = bootstrap_difference(one, two)
            points = 100 * (sum(one) - sum(two)) / max(1, len(ids))
            lines.append((method, other, len(ids), f"{points:+.1f}", f"{100 * low:+.1f} to {100 * high:+.1f}", f"{mcnemar(one, two):.2g}"))  # fmt: skip
    return table(("method", "against", "tasks", "points", "95 % (bootstrap)", "p (McNemar)"), lines)


def subsets(rows: Sequence[Row]) -> str:
    """Exact match and retrieval where it matters."""
    wanted: Mapping[str, Callable[[Row], bool]] = {
        "called elsewhere in the file": lambda row: row["seen"],
        "not called elsewhere": lambda row: not row["seen"],
        "function": lambda row: row["kind"] == "function",
        "class": lambda row: row["kind"] == "class",
        "member of a class": lambda row: row["kind"] == "member",
    }
    lines: list[Sequence[object]] = []
    for method, group in by_method(rows).items():
        parts = [[row for row in group if of(row)] for of in wanted.values()]
        lines.append((method, *(f"{percent(sum(row['exact'] for row in part), len(part))} of {len(part)}, retrieved {percent(sum(row['fired'] for row in part), len(part))}" for part in parts)))  # fmt: skip
    return table(("method", *wanted), lines)


def goal(rows: Sequence[Row], method: str) -> str:
    """Whether ``method`` retrieves less often than always and is not worse, in a sentence."""
    groups = by_method(rows)
    if method not in groups or "dag" not in groups:
        return ""
    mine = {row["id"]: row for row in groups[method]}
    always = {row["id"]: row for row in groups["dag"]}
    ids = mine.keys() & always.keys()
    fired, exact, theirs = (sum(of[each][what] for each in ids) for of, what in ((mine, "fired"), (mine, "exact"), (always, "exact")))  # fmt: skip
    fewer = 1 - fired / max(1, len(ids))
    met = fewer >= FEWER and exact >= theirs
    missed = [f"{100 * (FEWER - fewer):.1f} points too often"] * (fewer < FEWER) + [f"{theirs - exact} exact matches fewer"] * (exact < theirs)  # fmt: skip
    return f"`{method}` retrieved {100 * fewer:.1f} % less often than always (goal: {100 * FEWER:.0f} %), with {exact} exact matches against {theirs} of {len(ids)}: {'met' if met else 'missed, ' + ', '.join(missed)}."  # fmt: skip


def failure_class(row: Row) -> str:
    """What is wrong with a line that is not the one that was there."""
    if row["exact"]:
        return ""
    if not row["shown"].strip():
        return "nothing shown"
    if row["called"] == row["name"]:
        return "right name, other arguments"
    if row["resolves"]:
        return "another name that exists"
    return "a name that does not exist" if row["called"] else "no name"


def failures(rows: Sequence[Row], method: str) -> str:
    """How often each class, and some of them."""
    classes: dict[str, list[Row]] = {}
    group = by_method(rows).get(method, [])
    for row in group:
        if kind := failure_class(row):
            classes.setdefault(kind, []).append(row)
    parts: list[str] = []
    for kind, found in sorted(classes.items(), key=lambda each: -len(each[1])):
        parts.append(f"* **{kind}**: {len(found)} of {len(group)}")
        for row in found[:_EXAMPLES]:
            shown = row["shown"].strip().partition("\n")[0]
            why = row["problem"] or row["repaired"]
            parts.append(f"  * `{row['before'].strip()}` wanted `{row['answer']}`, shown `{shown}`{'' if row['fired'] else ' (not retrieved)'}{f' ({why})' if why else ''}")  # fmt: skip
    return "\n".join(parts)


def page(rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """Everything, as Markdown."""
    test, dev = ([row for row in rows if row["split"] == half] for half in ("test", "dev"))
    goals = "\n".join(f"* {line}" for method in ("dag++", "full") if (line := goal(test, method)))
    parts = [
        f"# Lines that call another file: {facts['model']}\n",
        "Repositories that are younger than the model (`bench/repo/repositories.txt`), without their tests and examples. A line is cut where "
        "it calls something that another file defines; what follows stays. `make bench-repo`; every generation is in "
        "`bench/repo/generations`.\n",
        f"## Test split\n\n{main_table(test)}\n",
        f"The goal:\n\n{goals}\n" if goals else "",
        f"## Side by side, the same lines: exact match (test)\n\n{pairs(test)}\n",
        f"## Side by side: the name resolves (test)\n\n{pairs(test, 'resolves')}\n",
        f"## Subsets: exact match (test)\n\n{subsets(test)}\n",
        f"## Development split\n\n{main_table(dev)}\n",
        f"## What `full` gets wrong (development)\n\n{failures(dev, 'full')}\n",
        "*" + ", ".join(f"{key} {value}" for key, value in facts.items()) + "*\n",
    ]
    return "\n".join(part for part in parts if part)


def write_report(rows: Sequence[Row], facts: Mapping[str, Any], model: str) -> str:
    """Write the page and the figures behind it; returns the page."""
    text = page(rows, facts)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"repo-{model}.md").write_text(text, encoding="utf-8")
    kept = (
        "id",
        "method",
        "split",
        "fired",
        "exact",
        "similarity",
        "identifiers",
        "resolves",
        "verdict",
        "ms",
        "load",
    )
    plain = [{key: round(row[key], 4) if isinstance(row[key], float) else row[key] for key in kept} for row in rows]  # fmt: skip
    lines = ",\n".join(json.dumps(row) for row in plain)
    (RESULTS / f"repo-{model}.json").write_text(f'{{"about": {json.dumps(facts)},\n"rows": [\n{lines}\n]}}\n', encoding="utf-8")  # fmt: skip
    return text
