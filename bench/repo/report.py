"""The page of `make bench-repo`: what every method made of the same lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.oracle.report import percent, quantile, table, with_interval
from bench.over_lsp import METHOD
from bench.repo.methods import VARIANTS
from bench.side_by_side import AS_SHOWN, FILLED, as_shown, filled_in, footer, share, write_rows

from bench import side_by_side

Row = dict[str, Any]
FEWER = 0.4  # retrievals, against always: the goal
_EXAMPLES = 6  # of each class of failures


def by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    return side_by_side.by_method(rows, (*VARIANTS, METHOD))


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


def pairs(rows: Sequence[Row], what: str = "exact") -> str:
    """The same lines, two methods."""
    return side_by_side.pairs(by_method(rows), lambda row: bool(row[what]), ("base", "dag"))


def subsets(rows: Sequence[Row]) -> str:
    """Exact match and retrieval where it matters."""
    wanted: Mapping[str, Callable[[Row], bool]] = {
        "called elsewhere in the file": lambda row: row["seen"],
        "not called elsewhere": lambda row: not row["seen"],
        "function": lambda row: row["kind"] == "function",
        "class": lambda row: row["kind"] == "class",
        "member of a class": lambda row: row["kind"] == "member",
    }

    def cell(part: Sequence[Row]) -> str:
        exact, fired = (share(part, lambda row, key=key: row[key]) for key in ("exact", "fired"))
        return f"{exact} of {len(part)}, retrieved {fired}"

    return side_by_side.subsets(by_method(rows), wanted, cell)


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
        f"## As it is shown (test)\n\n{AS_SHOWN}\n\n{as_shown(by_method(test), 'exact match (95 % interval)', lambda row: row['exact'])}\n",
        f"## What is filled in (all)\n\n{FILLED}\n\n{filled_in(by_method(rows))}\n",
        f"## Side by side, the same lines: exact match (test)\n\n{pairs(test)}\n",
        f"## Side by side: the name resolves (test)\n\n{pairs(test, 'resolves')}\n",
        f"## Subsets: exact match (test)\n\n{subsets(test)}\n",
        f"## Development split\n\n{main_table(dev)}\n",
        f"## What `full` gets wrong (development)\n\n{failures(dev, 'full')}\n",
        footer(facts),
    ]
    return "\n".join(part for part in parts if part)


def write_report(rows: Sequence[Row], facts: Mapping[str, Any], model: str) -> str:
    """Write the page and the figures behind it; returns the page."""
    text = page(rows, facts)
    kept = (
        "id", "method", "split", "fired", "exact", "similarity", "identifiers", "resolves", "verdict", "ms", "load",
    )  # fmt: skip
    plain = [{key: round(row[key], 4) if isinstance(row[key], float) else row[key] for key in kept} for row in rows]  # fmt: skip
    write_rows(f"repo-{model}", text, facts, plain)
    return text
