"""The page of `make bench-installed`: what every method made of the same call sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.cloudapi.methods import VARIANTS
from bench.installed.child import OUTCOMES
from bench.installed.tasks import STRATA
from bench.oracle.report import quantile, table, with_interval
from bench.over_lsp import METHOD
from bench.side_by_side import (
    AS_SHOWN,
    FILLED,
    as_shown,
    filled_in,
    footer,
    outcomes,
    pairs,
    share,
    write_rows,
)

from bench import side_by_side

Row = dict[str, Any]
AGAINST = ("base", "dag, top 3")  # what the others are compared with
HALLUCINATED = ("invented", "invalid_usage")
_EXAMPLES = 8  # of each class of failures


def valid(row: Row) -> bool:
    return row["outcome"] == "valid"


def sound(row: Row) -> bool:
    """Nothing is made up: a call that exists and binds, wanted or not, or nothing."""
    return row["outcome"] not in HALLUCINATED


def by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    return side_by_side.by_method(rows, (*VARIANTS, METHOD))


def by_stratum(rows: Sequence[Row], what: Callable[[Row], bool]) -> str:
    """A share per method and stratum."""
    lines: list[Sequence[object]] = []
    for method, group in by_method(rows).items():
        strata = [[row for row in group if row["stratum"] == name] for name in STRATA]
        lines.append((method, *(share(each, what) for each in strata), with_interval(sum(map(what, group)), len(group))))  # fmt: skip
    sizes = Counter(row["stratum"] for row in next(iter(by_method(rows).values()), []))
    return table(("method", *(f"{name} ({sizes[name]})" for name in STRATA), "all (95 % interval)"), lines)


def retrieval(rows: Sequence[Row]) -> str:
    lines = []
    for method, group in by_method(rows).items():
        searched = [row for row in group if row["found"]]
        hit = [row for row in searched if row["rank"]]
        lines.append((
            method, *(share([row for row in group if row["stratum"] == name], lambda row: row["fired"]) for name in STRATA),
            *(share(searched, lambda row, k=k: 1 <= row["rank"] <= k) for k in (1, 3, 5)),
            share(hit, valid), share([row for row in searched if not row["rank"]], valid), share([row for row in group if not row["fired"]], valid),
            f"{quantile([row['ms'] for row in group], 0.5):.0f} ms", f"{quantile([row['ms'] for row in group], 0.95):.0f} ms",
            f"{sum(row['load'] for row in group) / len(group):.1f}",
        ))  # fmt: skip
    head = ("method", *(f"retrieved, {name}" for name in STRATA), "hit@1", "hit@3", "hit@5", "valid given hit", "valid given miss", "valid, not retrieved", "p50", "p95", "load")  # fmt: skip
    return table(head, lines)


def subsets(rows: Sequence[Row]) -> str:
    wanted: Mapping[str, Callable[[Row], bool]] = {
        "the developer's own comment": lambda row: row["comment_from"] == "site",
        "a comment from the documentation": lambda row: row["comment_from"] != "site",
        "name_leak up to 0.35": lambda row: row["name_leak"] <= 0.35,
        "of a module": lambda row: row["of_module"],
        "of a class": lambda row: not row["of_module"],
    }
    return side_by_side.subsets(by_method(rows), wanted, lambda part: f"{share(part, valid)} of {len(part)}")


def failures(rows: Sequence[Row], method: str) -> str:
    """How often each outcome, and some of them."""
    group = by_method(rows).get(method, [])
    parts: list[str] = []
    for outcome in OUTCOMES[1:]:
        found = [row for row in group if row["outcome"] == outcome]
        parts.append(f"* **{outcome.replace('_', ' ')}**: {len(found)} of {len(group)}")
        for row in found[:_EXAMPLES]:
            shown = (row["shown"] or row["trimmed"]).strip().partition("\n")[0][:100]
            said = f"trimmed `{shown}`" if not row["shown"].strip() else f"shown `{shown}`"
            how = "retrieved, rank " + str(row["rank"] or "–") if row["fired"] else "not retrieved"
            parts.append(f"  * {row['id']} ({row['stratum']}): wanted `{row['call'][:80]}`, {said} ({row['verdict']}, {how}): {row['why'] or row['problem']}")  # fmt: skip
    return "\n".join(parts)


def page(rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """Everything, as Markdown."""
    test, dev = ([row for row in rows if row["split"] == half] for half in ("test", "dev"))
    parts = [
        f"# Libraries as they are installed: {facts['model']}\n",
        "Call sites from the libraries' own tests and documented examples, the call removed. *Valid*: the wanted callable, and the "
        "arguments bind (`inspect.signature(...).bind` on the imported package). *Wrong name*: another that exists and binds. "
        "*Invented*: no such name. *Invalid usage*: it exists but cannot be called like this. *New*: the release of February 2024 does not "
        "have it. *Frequent*: at least 40 calls in the code of other distributions. `make bench-installed`; every generation is in "
        "`bench/installed/generations`.\n",
        f"## Valid, test split\n\n{by_stratum(test, valid)}\n",
        f"## As it is shown (test)\n\n{AS_SHOWN}\n\n{as_shown(by_method(test), 'valid (95 % interval)', valid)}\n",
        f"## What is filled in (all)\n\n{FILLED}\n\n{filled_in(by_method(rows))}\n",
        f"## Hallucinated: invented, or cannot be called like this (test)\n\n{by_stratum(test, lambda row: not sound(row))}\n",
        f"## What became of them (test)\n\n{outcomes(by_method(test), OUTCOMES)}\n",
        f"## When it retrieved, and what that brought (test)\n\n{retrieval(test)}\n",
        f"## Side by side, the same tasks: valid (test)\n\n{pairs(by_method(test), valid, AGAINST)}\n",
        f"## Side by side: not hallucinated (test)\n\n{pairs(by_method(test), sound, AGAINST)}\n",
        f"## Subsets: valid (test)\n\n{subsets(test)}\n",
        f"## Development split\n\n{by_stratum(dev, valid)}\n\n{outcomes(by_method(dev), OUTCOMES)}\n",
        f"## What `full` gets wrong (development)\n\n{failures(dev, 'full')}\n",
        footer(facts),
    ]
    return "\n".join(parts)


def write_report(rows: Sequence[Row], facts: Mapping[str, Any], model: str) -> str:
    """Write the page and the figures behind it; returns the page."""
    text = page(rows, facts)
    kept = ("id", "method", "split", "stratum", "outcome", "called", "fired", "rank", "verdict", "ms", "load")
    write_rows(f"installed-{model}", text, facts, ({key: row[key] for key in kept} for row in rows))
    return text
