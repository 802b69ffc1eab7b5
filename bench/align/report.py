"""The page of `make bench-align`: what an adapter that was trained here gives and takes away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.align.control import INFILLING, RETENTION
from bench.align.methods import FIVE, METHODS
from bench.align.plots import draw_losses, draw_shares
from bench.cloudapi.stats import bootstrap_difference, mcnemar
from bench.oracle.report import table, with_interval
from bench.side_by_side import RESULTS, footer, write_rows

Row = dict[str, Any]
What = Callable[[Row], bool]
GOOD: Mapping[str, str] = {
    "cloudapi": "valid calls of the right operation",
    "installed": "valid calls of the author's function",
    "repo": "the line that was there",
}


@dataclass(frozen=True)
class Found:
    """Everything that the stages have left."""

    adapter: str
    card: Mapping[str, Any]
    curves: Sequence[Row] = ()
    rows: Sequence[Row] = ()  # of the suites
    control: Sequence[Row] = ()
    losses: Mapping[str, str] = field(default_factory=dict)  # by loss, the adapter
    workspaces: Sequence[Row] = ()
    speed: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """The same tasks without an adapter and with it."""

    tasks: int
    without: int
    with_it: int
    low: float  # points
    high: float
    p: float

    @property
    def points(self) -> float:
        """By how many points the share has changed."""
        return 100 * (self.with_it - self.without) / max(1, self.tasks)

    @property
    def interval(self) -> str:
        """The points with their 95 % interval (bootstrap)."""
        return f"{self.points:+.1f} ({self.low:+.1f} to {self.high:+.1f})"


def change(rows: Sequence[Row], adapter: str, what: What) -> Change:
    """Return what ``adapter`` has changed of ``rows``, over the tasks that were done both with and without it."""
    key = ("suite", "id")
    without = {tuple(row.get(each) for each in key): what(row) for row in rows if not row["adapter"]}
    with_it = {tuple(row.get(each) for each in key): what(row) for row in rows if row["adapter"] == adapter}
    both = sorted(without.keys() & with_it.keys(), key=str)
    one, two = [with_it[each] for each in both], [without[each] for each in both]
    low, high = bootstrap_difference(one, two)
    return Change(len(both), sum(two), sum(one), 100 * low, 100 * high, mcnemar(one, two))


def good(row: Row) -> bool:
    return bool(row["good"])


def of(rows: Sequence[Row], **wanted: Any) -> list[Row]:
    """Return the rows that have these values."""
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def changes(groups: Mapping[str, Sequence[Row]], adapter: str, what: What = good) -> str:
    """A line for each group of tasks: how many without, how many with, and the difference."""
    lines: list[Sequence[object]] = []
    for name, rows in groups.items():
        found = change(rows, adapter, what)
        if found.tasks:
            both = (with_interval(each, found.tasks) for each in (found.without, found.with_it))
            lines.append((name, found.tasks, *both, found.interval, f"{found.p:.2g}"))
    head = ("", "tasks", "without", "with the adapter", "points (95 %, bootstrap)", "p (McNemar)")
    return table(head, lines) if lines else "Not measured yet."


def by_suite_and_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    return {f"{suite}, {method}": of(rows, suite=suite, asked=method) for suite in GOOD for method in METHODS}


def in_view(rows: Sequence[Row]) -> list[Row]:
    """The tasks whose right document was in view, with the adapter and without."""
    return [row for row in of(rows, asked=FIVE) if row["misled"] is not None]


def misled(row: Row) -> bool:
    return bool(row["misled"])


def trainings(curves: Sequence[Row]) -> str:
    """What each training took."""
    lines = [
        (
            each["name"], each["loss"], each["rows"], len(each["steps"]), f"{each['seconds'] / 60:.0f} min",
            f"{each['tokens'] / max(1.0, each['seconds']):.0f}", f"{each['memory'] / 1e9:.1f} GB", f"{each['bytes'] / 1e6:.0f} MB",
            f"{each['steps'][0]['loss']:.3f} → {_last(each['steps']):.3f}", _held_out(each["held_out"]), each["load"],
        )
        for each in curves if each["steps"]
    ]  # fmt: skip
    head = ("adapter", "loss", "rows there", "steps", "time", "tokens/s", "memory", "adapter's size", "loss, first → last 8 steps", "held-out packages", "load")  # fmt: skip
    return table(head, lines) if lines else "Nothing was trained yet."


def _last(steps: Sequence[Row]) -> float:
    few = steps[-8:]
    return sum(each["loss"] for each in few) / len(few)


def _held_out(found: Sequence[Row]) -> str:
    return f"{found[0]['loss']:.3f} → {found[-1]['loss']:.3f}" if found else "–"


def rows_made(card: Mapping[str, Any]) -> str:
    """What is trained on."""
    if not card:
        return "No rows were made yet."
    counts, kinds = card["counts"], card["kinds"]
    said = ", ".join(f"{kind} {found['rows']}" for kind, found in kinds.items() if found["rows"])
    packages = ", ".join(f"{name or 'workspace'} {count}" for name, count in card["packages"].items())
    return (
        f"{counts['rows']} rows, {counts['pairs']} of them pairs ({said}); {card['repeated']} were repeated, and "
        f"{card['leaked']} were found to be about something that is excluded when all were made. By package: {packages}. "
        f"Hash `{card['hash'][:16]}`."
    )


def losses_table(found: Found) -> str:
    """The same pairs, other losses: on all suites together."""
    lines: list[Sequence[object]] = []
    for loss, adapter in found.losses.items():
        base = change(of(found.rows, asked="base"), adapter, good)
        five = change(of(found.rows, asked=FIVE), adapter, good)
        led = change(in_view(found.rows), adapter, misled)
        held = [change(of(found.control, asked=each), adapter, good) for each in (INFILLING, RETENTION)]
        if base.tasks:
            said = (base.interval, five.interval, f"{led.without} → {led.with_it} of {led.tasks}")
            lines.append(
                (loss, adapter, base.tasks, *said, *(each.interval if each.tasks else "–" for each in held))
            )
    head = ("loss", "adapter", "tasks", "base", FIVE, "led astray", "infilling", "retention")
    return table(head, lines) if lines else "Not measured yet."


def goals(found: Found) -> str:
    """The goals, and what became of them."""
    calls = [row for row in found.rows if row["suite"] != "repo"]
    base = change(of(calls, asked="base"), found.adapter, good)
    full = change(of(calls, asked="full"), found.adapter, good)
    led = change(in_view(found.rows), found.adapter, misled)
    control = change(of(found.control, asked=INFILLING), found.adapter, good)
    retention = change(of(found.control, asked=RETENTION), found.adapter, good)
    fewer = 1 - led.with_it / led.without if led.without else 0.0
    local = [change(of(found.workspaces, asked=each), "workspace", good) for each in ("base", "full")]
    lines = [
        ("valid calls of packages it never saw, base: +8 points", base.tasks, base.interval, _met(base, base.points >= 8)),
        ("another member taken with the right document in view: a third fewer", led.tasks, f"{led.without} → {led.with_it} ({-100 * fewer:+.0f} %)", _met(led, fewer >= 1 / 3)),
        ("valid calls, full: +1.5 points, or its interval", full.tasks, full.interval, _met(full, full.points >= 1.5)),
        ("infilling control: −1 point at most", control.tasks, control.interval, _met(control, control.points >= -1)),
        ("APIs that were not trained: reported", retention.tasks, retention.interval, "–"),
        ("a workspace's own adapter, exact match, base", local[0].tasks, local[0].interval, "–"),
        ("a workspace's own adapter beside retrieval, exact match: +4 points", local[1].tasks, local[1].interval, _met(local[1], local[1].points >= 4)),
    ]  # fmt: skip
    return table(("goal", "tasks", "found", ""), lines)


def _met(found: Change, is_met: bool) -> str:
    return ("met" if is_met else "missed") if found.tasks else "not measured"


def workspaces(rows: Sequence[Row]) -> str:
    """What an adapter of a repository's own does in the files that it was not trained on."""
    if not rows:
        return "Not measured yet."
    names = sorted({row["repository"] for row in rows})
    groups = {
        f"{name}, {method}": of(rows, repository=name, asked=method)
        for name in names
        for method in ("base", "full")
    }
    groups |= {f"both, {method}": of(rows, asked=method) for method in ("base", "full")}
    lines = []
    for name, group in groups.items():
        halves = [
            [row["similarity"] for row in group if bool(row["adapter"]) == trained]
            for trained in (False, True)
        ]
        lines.append((name, *(f"{100 * sum(half) / len(half):.1f}" if half else "–" for half in halves)))
    similar = table(("", "edit similarity, without", "with the adapter"), lines)
    return f"{changes(groups, 'workspace')}\n\n{similar}"


def speed(rows: Sequence[Row]) -> str:
    """What a step costs, against the first variant."""
    if not rows:
        return "Not measured yet."
    first = rows[0]
    lines = [
        (each["variant"], f"{each['few']:.2f} s", f"{each['many']:.2f} s", f"{each['seconds']:.0f} s", f"{first['seconds'] / each['seconds']:.1f}")
        for each in rows
    ]  # fmt: skip
    head = ("a pair, 412 tokens each", "1 layer", "3 layers", "24 layers, from these", "times as fast")
    return table(head, lines)


def page(found: Found, facts: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """Everything, as Markdown."""
    shown = {f"{suite}, {what}": of(found.rows, suite=suite, asked=FIVE) for suite, what in GOOD.items()}
    astray = {suite: in_view(group) for suite, group in shown.items()}
    parts = [
        f"# Alignment at home: {facts['model']}\n",
        "An adapter that was trained on this machine's processor, from pairs of packages that no task of a test split is about, held against the "
        f"same weights without it, on the same tasks: {facts['tasks']}. *Base*: the weights alone. *Full*: everything, with the default settings. *Five documents*: "
        "the right document and four of the same owner's other members, in an order that says nothing, always shown. Searches go by words alone, as in a project's first minutes. "
        f"*Good*: {'; '.join(f'{suite}: {what}' for suite, what in GOOD.items())}. `make bench-align`; every generation is in `bench/align/generations`.\n",
        f"## Goals\n\nValid calls are those of `cloudapi` and `installed` together.\n\n{goals(found)}\n",
        f"## What it was trained on\n\n{rows_made(found.card)}\n",
        f"## Training\n\n{trainings(found.curves)}\n",
        *(f"![{name}]({name})\n" for name in pictures),
        f"## Good answers\n\n{changes(by_suite_and_method(found.rows), found.adapter)}\n",
        f"## Another of the five documents followed, where the right one was in view\n\n{changes(astray, found.adapter, misled)}\n",
        f"## Nothing lost?\n\nLines taken out of other packages' files, written again to the character, and calls of functions that packages call often, none of them trained on.\n\n"
        f"{changes({name: of(found.control, asked=name) for name in (INFILLING, RETENTION)}, found.adapter)}\n",
        f"## Losses, on the same pairs\n\nAll three suites together: points of good answers, each with its interval. As many rows each; those of `sft` are the right texts of the same set, also of places where nothing was rejected.\n\n{losses_table(found)}\n",
        f"## A repository's own adapter\n\nTrained (`sft`) on every other file of a repository that is younger than the model, measured on lines of the others that call another file.\n\n{workspaces(found.workspaces)}\n",
        f"## What a step costs\n\nProcessor time on one thread, random weights as wide as the 0.5B's: the policy forward and backward, and the reference.\n\n{speed(found.speed)}\n",
        footer(facts),
    ]  # fmt: skip
    return "\n".join(parts)


def write_report(found: Found, facts: Mapping[str, Any], suffix: str = "") -> str:
    """Write the page, its pictures and the figures behind it; return the page."""
    RESULTS.mkdir(exist_ok=True)
    pictures: list[str] = []
    drawn = [each for each in found.curves if each["steps"]]
    if drawn:
        pictures.append(f"align-losses{suffix}.png")
        draw_losses(drawn, RESULTS / pictures[-1])
    counts: dict[str, dict[str, Any]] = {}
    for suite in GOOD:
        for method in METHODS:
            both = change(of(found.rows, suite=suite, asked=method), found.adapter, good)
            if both.tasks:
                counts.setdefault(suite, {})[method] = (
                    (both.without, both.tasks),
                    (both.with_it, both.tasks),
                )
    if counts:
        pictures.append(f"align{suffix}.png")
        draw_shares(counts, RESULTS / pictures[-1])
    text = page(found, facts, pictures)
    kept = ("suite", "id", "asked", "adapter", "good", "misled", "called", "verdict", "ms", "load")
    rows = [*found.rows, *found.control, *found.workspaces]
    write_rows(f"align{suffix}", text, facts, ({key: row[key] for key in kept if key in row} for row in rows))
    return text
