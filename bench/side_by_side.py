"""Tables of the same tasks by several methods. A row is one generation: it names its ``id``, ``method`` and ``split``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.cloudapi.stats import bootstrap_difference, mcnemar
from bench.oracle.report import percent, quantile, table, with_interval

Row = dict[str, Any]
Groups = Mapping[str, Sequence[Row]]  # by method
SLOW = 2000.0  # ms: longer than anybody waits
AS_SHOWN = (
    "`over LSP`: the real server, default settings and time limits, a file that was opened 0.3 s before. The others have all the time that they "
    "need. *Does not parse*: of what is shown, Python cannot parse the file with it."
)
FILLED = (
    "Of the arguments of the calls that are shown. *Placeholders*: `...`, or a string that says no more than the parameter's name or the "
    "documents' own blank, where no tab stop is (goal: under 5 % of the values). *Chosen*: of the tokens of the answer as it was written, those "
    "that the model was asked for."
)
RESULTS = Path(__file__).resolve().parent / "results"


def by_method(rows: Sequence[Row], methods: Iterable[str]) -> dict[str, list[Row]]:
    """The rows of each method that has any, in the order of ``methods``."""
    groups = {method: [row for row in rows if row["method"] == method] for method in methods}
    return {method: group for method, group in groups.items() if group}


def share(rows: Sequence[Row], what: Callable[[Row], bool]) -> str:
    """How many are so, in percent."""
    return percent(sum(map(what, rows)), len(rows))


def as_shown(groups: Groups, what: str, good: Callable[[Row], bool]) -> str:
    """What a person would see: the share that is ``good``, what is shown but does not parse, where nothing is shown, times."""
    lines = []
    for method, group in groups.items():
        shown = [row for row in group if row["shown"].strip()]
        times = [row["ms"] for row in group]
        lines.append((
            method, len(group), with_interval(sum(map(good, group)), len(group)), f"{sum(not row['parses'] for row in shown)} of {len(shown)}",
            share(group, lambda row: not row["shown"].strip()), f"{quantile(times, 0.5):.0f} ms", f"{quantile(times, 0.95):.0f} ms",
            share(group, lambda row: row["ms"] > SLOW), f"{sum(row['load'] for row in group) / len(group):.1f}",
        ))  # fmt: skip
    head = ("method", "tasks", what, "does not parse", "nothing shown", "p50", "p95", "over 2 s", "load")
    return table(head, lines)


def filled_in(groups: Groups) -> str:
    """What stands in the calls: values, blanks that nobody can use, tab stops; and what of it the model had to choose."""
    lines = []
    for method, group in groups.items():
        values, blank, calls, stops = (
            sum(row.get(key, 0) for row in group) for key in ("values", "placeholders", "calls", "stops")
        )
        written, chosen = (
            sum((row.get("generated") or {}).get(key, 0) for row in group) for key in ("written", "chosen")
        )
        lines.append((
            method, values, percent(blank, values), share(group, lambda row: row.get("placeholders", 0) > 0),
            f"{stops / calls:.2f}" if calls else "–", f"{chosen} / {written}", percent(chosen, written),
        ))  # fmt: skip
    head = (
        "method",
        "values",
        "placeholders",
        "answers with one",
        "tab stops a call",
        "tokens chosen / written",
        "chosen",
    )
    return table(head, lines)


def outcomes(groups: Groups, names: Sequence[str]) -> str:
    """The share of each outcome."""
    lines = []
    for method, group in groups.items():
        counted = Counter(row["outcome"] for row in group)
        lines.append((method, *(percent(counted[name], len(group)) for name in names)))
    return table(("method", *(name.replace("_", " ") for name in names)), lines)


def subsets(
    groups: Groups, wanted: Mapping[str, Callable[[Row], bool]], cell: Callable[[Sequence[Row]], str]
) -> str:
    """A column for each kind of task that is ``wanted``; ``cell`` says what there is to say of its rows."""
    lines = []
    for method, group in groups.items():
        parts = [[row for row in group if of(row)] for of in wanted.values()]
        lines.append((method, *(cell(part) for part in parts)))
    return table(("method", *wanted), lines)


def pairs(groups: Groups, what: Callable[[Row], bool], against: Sequence[str]) -> str:
    """The same tasks, two methods: each with those of ``against``, and no pair twice."""
    said = {method: {row["id"]: what(row) for row in group} for method, group in groups.items()}
    lines: list[Sequence[object]] = []
    for method, mine in said.items():
        for other in against:
            if other not in said or other == method or method in against[: against.index(other)]:
                continue
            ids = sorted(mine.keys() & said[other].keys())
            one, two = [mine[each] for each in ids], [said[other][each] for each in ids]
            low, high = bootstrap_difference(one, two)
            points = 100 * (sum(one) - sum(two)) / max(1, len(ids))
            between = f"{100 * low:+.1f} to {100 * high:+.1f}"
            lines.append((method, other, len(ids), f"{points:+.1f}", between, f"{mcnemar(one, two):.2g}"))
    return table(("method", "against", "tasks", "points", "95 % (bootstrap)", "p (McNemar)"), lines)


def footer(facts: Mapping[str, Any]) -> str:
    """What a page depends on, in its last line."""
    return "*" + ", ".join(f"{key} {value}" for key, value in facts.items()) + "*\n"


def write_rows(name: str, text: str, facts: Mapping[str, Any], rows: Iterable[Row]) -> None:
    """Write a page and the rows behind it, a line each: ``name.md`` and ``name.json``."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    lines = ",\n".join(map(json.dumps, rows))
    content = f'{{"about": {json.dumps(facts)},\n"rows": [\n{lines}\n]}}\n'
    (RESULTS / f"{name}.json").write_text(content, encoding="utf-8")
