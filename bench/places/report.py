"""The page of `make bench-places`: what was shown at each kind of place, what it did to the file, and how long it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.oracle.report import percent, quantile, table, with_interval
from bench.places.cutting import KINDS
from bench.side_by_side import SLOW, footer, write_rows

from soothsay.model.files.registry import DEFAULT_MODEL

Row = dict[str, Any]
_EXAMPLES = 3  # of each kind
_LONGEST = 90  # characters of an example


def is_shown(row: Row) -> bool:
    return row["outcome"] != "nothing"


def by_kind(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each kind that has any."""
    groups = {kind: [row for row in rows if row["kind"] == kind] for kind in KINDS}
    return {kind: group for kind, group in groups.items() if group}


def line(name: str, rows: Sequence[Row]) -> tuple[object, ...]:
    """Return one line of `main_table`."""
    shown = [row for row in rows if is_shown(row)]
    wanted = [row for row in rows if row["useful"] is not None]
    outcomes = Counter(row["outcome"] for row in rows)
    times = [row["ms"] for row in rows]
    return (
        name, len(rows), percent(len(shown), len(rows)), percent(outcomes["parses"], len(shown)), outcomes["unfinished"], outcomes["breaks"], sum(row["idle"] for row in rows),
        percent(sum(row["useful"] for row in wanted), len(wanted)), f"{quantile(times, 0.5):.0f}", f"{quantile(times, 0.95):.0f}",
        f"{max(times, default=0):.0f}", sum(ms > SLOW for ms in times), sum(bool(row["messages"]) for row in rows),
    )  # fmt: skip


HEAD = (
    "place", "asked", "shown", "parses after accepting", "unfinished", "breaks the file", "changes nothing", "useful", "p50 ms", "p95 ms", "max ms", "over 2 s", "pop-ups",
)  # fmt: skip


def main_table(rows: Sequence[Row]) -> str:
    """Return the figures of each kind, then of all."""
    return table(HEAD, [*(line(kind, group) for kind, group in by_kind(rows).items()), line("**all**", rows)])


def goals(rows: Sequence[Row]) -> str:
    """Return what is aimed at, and what came of it."""
    if not rows:
        return "Not measured: no place of this split was asked."
    shown = [row for row in rows if is_shown(row)]
    good = sum(row["outcome"] == "parses" for row in shown)
    breaks = sum(row["outcome"] == "breaks" for row in shown)
    slow = [row for row in rows if row["ms"] > SLOW]
    silent = sum(not reason(row) for row in slow)
    return table(
        ("goal", "wanted", "measured", ""),
        [
            ("parses after accepting", "100 %", with_interval(good, len(shown)), _met(good == len(shown))),
            ("breaks the file", "0", breaks, _met(not breaks)),
            ("over 2 s without a reason", "0", f"{silent} of {len(slow)} over 2 s", _met(not silent)),
        ],
    )


def _met(met: bool) -> str:
    return "met" if met else "**missed**"


def reason(row: Row) -> str:
    """Return the server's reason for an answer that ended early or shows nothing; "" where it gives none."""
    return str(row["ending"])


def nothing_shown(rows: Sequence[Row]) -> str:
    """Return why nothing was shown, the commonest reason first."""
    silent = [row for row in rows if not is_shown(row)]
    counted = Counter(_reason_class(row) for row in silent)
    return table(("reason", "places"), counted.most_common())


def _reason_class(row: Row) -> str:
    """Return the reason without the names in it."""
    return row["ending"].partition(":")[0].partition("`")[0].strip()[:60] or "none given"


def slow(rows: Sequence[Row]) -> str:
    """Return the answers that took longest, and with which step."""
    found = sorted((row for row in rows if row["ms"] > SLOW), key=lambda row: -row["ms"])
    lines = []
    for row in found[:20]:
        steps = {name: ms for name, ms in row["steps"].items() if name != "total"}
        longest = max(steps, key=lambda name: steps[name], default="")
        step = f"{longest} {steps[longest]:.0f} ms" if longest else ""
        lines.append(
            (row["kind"], f"{row['ms']:.0f}", step, "yes" if is_shown(row) else "no", _plain(reason(row)))
        )
    return table(("place", "ms", "longest step", "shown", "reason"), lines)


def examples(rows: Sequence[Row], which: Callable[[Row], bool]) -> str:
    """Return some of the rows that are so, of each kind."""
    parts: list[str] = []
    for kind, group in by_kind(rows).items():
        found = [row for row in group if which(row)]
        if found:
            parts.append(f"* **{kind}**: {len(found)} of {len(group)}")
            parts += [f"  * {example(row)}" for row in found[:_EXAMPLES]]
    return "\n".join(parts) or "none"


def example(row: Row) -> str:
    """Return a place and what was shown there, in a line; ``‸`` is the cursor."""
    before = (
        row["before"].rpartition("\n")[2].lstrip() or row["before"].rstrip().rpartition("\n")[2].strip() + "⏎"
    )
    after = row["after"].partition("\n")[0]
    return f"`{_plain(before)}‸{_plain(after)}` shows `{_plain(row['text'])}` ({row['verdict']}), wanted `{_plain(row['answer'])}`"  # fmt: skip


def _plain(text: str) -> str:
    flat = text.replace("\r", "␍").replace("\n", "⏎").replace("`", "'").replace("|", "¦")
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"


def page(rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """Everything, as Markdown."""
    test, dev = ([row for row in rows if row["split"] == half] for half in ("test", "dev"))
    parts = [
        f"# Suggestions at every kind of place: {facts['model']}\n",
        "Files of repositories that are younger than the model (`bench/repo/repositories.txt`), asked over LSP with default settings "
        "and time limits, 0.3 s after a file was opened, one request a place. *Parses after accepting*: of what was shown, by Python's own parser; "
        "what the place has broken above the cursor is taken out before. *Unfinished*: it does not parse, and was no better before. *Breaks*: it "
        "parsed before, or tree-sitter finds more errors now. *Useful*: it agrees with what stood there as far as both go, or names the "
        "same thing first; not judged where nothing was removed. *Changes nothing*: it says what stands there already. `make bench-places`; every generation is in `bench/places/generations`.\n",
        f"## Goals, test split\n\n{goals(test)}\n",
        f"## Test split\n\n{main_table(test)}\n",
        f"## Development split\n\n{main_table(dev)}\n",
        f"## Why nothing was shown (all)\n\n{nothing_shown(rows)}\n",
        f"## What took over 2 s (all)\n\n{slow(rows)}\n",
        f"## What breaks the file (development)\n\n{examples(dev, lambda row: row['outcome'] == 'breaks')}\n",
        f"## What is unfinished (development)\n\n{examples(dev, lambda row: row['outcome'] == 'unfinished')}\n",
        footer(facts),
    ]
    return "\n".join(parts)


def write_report(rows: Sequence[Row], facts: Mapping[str, Any], model: str) -> str:
    """Write the page and the figures behind it; returns the page."""
    text = page(rows, facts)
    kept = ("id", "kind", "split", "outcome", "useful", "verdict", "text", "ending", "ms", "load")
    name = "places" if model == DEFAULT_MODEL else f"places-{model}"
    write_rows(name, text, facts, ({key: row[key] for key in kept} for row in rows))
    return text
