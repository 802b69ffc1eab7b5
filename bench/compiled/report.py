"""The page of `make bench-compiled`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.compiled.sites import CompiledLanguage
from bench.oracle.report import percent, table, with_interval
from bench.side_by_side import as_shown, footer, outcomes, pairs, share, write_rows

from bench import side_by_side

Row = dict[str, Any]
BASE, FULL = "base, over LSP", "full, over LSP"
OUTCOMES = ("valid", "wrong_name", "invented", "invalid_usage", "does_not_parse", "other_error", "nothing")
_HALLUCINATED = ("invented", "invalid_usage")
_EXAMPLES = 12  # of the failures


def valid(row: Row) -> bool:
    """Return whether the author's function is called, and the file compiles."""
    return row["outcome"] == "valid"


def callee(row: Row) -> bool:
    """Return whether the author's function is called, whether or not the file compiles."""
    return bool(row["callee"])


def hallucinated(row: Row) -> bool:
    """Return whether the file does not compile because of a name or an argument."""
    return row["outcome"] in _HALLUCINATED


def by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each method."""
    return side_by_side.by_method(rows, dict.fromkeys((BASE, FULL, *(row["method"] for row in rows))))


def goals(groups: Mapping[str, Sequence[Row]]) -> str:
    """Return the figures that count, of each method."""
    lines = []
    for method, group in groups.items():
        shown = [row for row in group if row["shown"].strip()]
        as_shown = [row for row in shown if row["as_shown"] in _HALLUCINATED]
        lines.append((
            method, len(group), with_interval(sum(map(callee, group)), len(group)), with_interval(sum(map(hallucinated, shown)), len(shown)),
            percent(len(as_shown), len(shown)), percent(sum(row["stops"] > 0 for row in shown), len(shown)), share(group, valid),
        ))  # fmt: skip
    return table(
        (
            "method",
            "tasks",
            "the author's function",
            "does not compile for a name or an argument, of shown",
            "with the tab stops as they are shown",
            "has tab stops, of shown",
            "valid",
        ),
        lines,
    )


def by_package(groups: Mapping[str, Sequence[Row]], what: Callable[[Row], bool]) -> str:
    """Return the share of each package and method."""
    packages = sorted({row["package"] for group in groups.values() for row in group})
    lines = []
    for package in packages:
        mine = [[row for row in group if row["package"] == package] for group in groups.values()]
        lines.append((package, len(mine[0]), *(percent(sum(map(what, rows)), len(rows)) for rows in mine)))
    return table(("package", "tasks", *groups), lines)


def failures(rows: Sequence[Row], method: str) -> str:
    """Return some of what a method got wrong."""
    found = [row for row in rows if row["method"] == method and row["outcome"] not in ("valid", "nothing")]
    return "\n".join(
        f"* {row['id']} ({row['outcome'].replace('_', ' ')}): wanted `{' '.join(row['call'].split())[:80]}`, "
        f"shown `{row['shown'].strip().partition(chr(10))[0][:90]}` ({row['verdict']}) {row['why'][:120]}"
        for row in found[:_EXAMPLES]
    )


def page(language: CompiledLanguage, rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """Return everything, as Markdown."""
    test, dev = ([row for row in rows if row["split"] == half] for half in ("test", "dev"))
    parts = [
        f"# {language.id}: installed libraries, {facts['model']}\n",
        "Calls removed from examples that the packages bring. Over LSP: the real server, default settings and time limits, a file that was opened 0.3 s "
        "before. *Valid*: the author's function, and the file compiles with what is shown. *Wrong name*: another that compiles. *Invented* and *invalid "
        "usage*: the compiler objects to a name, to arguments; what stands at a tab stop is the person's to write: it is judged as a value of any type. `make bench-compiled`; every generation is in `bench/compiled/generations`.\n",
    ]
    for title, half in (("test", test), ("development", dev)):
        groups = by_method(half)
        if groups:
            parts += [
                f"## {title.capitalize()} split\n\n{goals(groups)}\n",
                f"{as_shown(groups, 'valid (95 % interval)', valid)}\n",
                f"{outcomes(groups, OUTCOMES)}\n",
                f"The author's function, by package:\n\n{by_package(groups, callee)}\n",
                f"Side by side, the author's function:\n\n{pairs(groups, callee, (BASE,))}\n",
            ]
    parts += [f"## What `full` gets wrong (development)\n\n{failures(dev, FULL)}\n", footer(facts)]
    return "\n".join(parts)


def write_report(
    language: CompiledLanguage, rows: Sequence[Row], facts: Mapping[str, Any], model: str
) -> str:
    """Write the page and the figures behind it; return the page."""
    text = page(language, rows, facts)
    kept = (
        "id",
        "method",
        "package",
        "split",
        "outcome",
        "called",
        "callee",
        "fired",
        "as_shown",
        "stops",
        "verdict",
        "ms",
        "load",
    )
    plain = ({key: row[key] for key in kept} for row in rows)
    write_rows(f"compiled-{language.id}-{model}", text, facts, plain)
    return text
