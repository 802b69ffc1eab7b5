"""Tables from figures: what `make bench-retrieval` writes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.machine import about, head_commit
from bench.oracle.report import table

from soothsay.engine.choice import CLOSE

GOALS = {"hit@1": 0.75, "hit@3": 0.90}
_GOAL_KIND = "comment + draft"
_PACKAGES = ("soothsay", "sentence-transformers", "torch", "numpy")


def write_report(results: dict[str, Any], folder: Path) -> None:
    """Write ``retrieval.json`` and ``retrieval.md``."""
    facts = {"commit": head_commit(), "drafts": "qwen2.5-coder-0.5b, greedy", **about(_PACKAGES)}
    results = {"about": facts, **results}
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (folder / "retrieval.json").write_text(text + "\n", encoding="utf-8")
    (folder / "retrieval.md").write_text(page(results), encoding="utf-8")


def page(results: Mapping[str, Any]) -> str:
    """The page, from the figures of both halves."""
    test, dev = results["test"], results["dev"]
    rows = {row["family"]: row for row in test["kinds"] if row["kind"] == _GOAL_KIND}
    goals = ", ".join(f"{name} {rows['all'][name]:.3f} (goal {goal:.2f})" for name, goal in GOALS.items())
    return f"""# Retrieval: is the right member found first?

One command: `make bench-retrieval`. On the test half, by comment + draft, the receiver known: **{goals}**, {rows["all"]["n"]} tasks.

{table(("", ""), results["about"].items())}

## How it was measured

* Where the receiver is known, its members are the candidates ({test["members"]:.0f} of them in the mean), as the index's own sources read
  them from the pinned packages of `bench/retrieval/requirements.txt`. Ranking and vectors are the index's; only the store is left out.
* **Tasks**: {dev["tasks"]} for development, {test["tasks"]} for test, split by service and by package with a fixed seed (`tasks.py`). Weights and
  choices were made on development; no single failure of the test half was read. Left out: {results["left_out"]}, whose answers the sources now read elsewhere.
* **Comments** are made from the documentation by open rules (`comments.py`): as an order, words said otherwise by a table of 491
  phrases that is independent of the ranking's synonyms (they know the way back for 5 of them), most words of the name replaced or left out. They share {test["name_leak"]:.2f} of the name's words and,
  of their own words, {test["doc_leak"]:.2f} with the description that the index searches (test half). They are rougher than a developer's.
* **Titles** are a second set, by people: the titles of botocore's example requests, which the index does not read. They give away more.
* **Drafts** are the 0.5B model's own (`drafts.py`), {test["hallucinated"]} of {test["tasks"]} with a name that does not exist. `comment + draft` is the
  pipeline's query: identifiers that hold a token of probability under 0.4 are masked.
* Intervals: 95 %, bootstrap over owners.

## By kind of query, test half

{_kinds(test["kinds"])}

## By kind of query, development half

{_kinds(dev["kinds"])}

## What each stage adds, comment + draft

{_compared(test["stages"], dev["stages"], "what")}

"As it was" ranks with the code of that commit.

## What each stage adds, titles

{_compared(test["stages_titles"], dev["stages_titles"], "what")}

## Other choices, comment + draft

{_compared(test["choices"], dev["choices"], "what")}

On development a second look at the best 20 by a longer text changes nothing that its vectors would be worth, so the index has none.

## Where it is hard, comment + draft, test half

{_strata(test["strata"])}

## When the first is far ahead

Where no other member comes within {CLOSE} of the first, the engine writes its name, and reads no documents; else it reads those of the members
that come as close. The figure was chosen on development.

{_leads(test["leads"], dev["leads"])}

## Embeddings

{_costs(results["embeddings"])}

The static embedding is distilled from MiniLM's vocabulary (`embeddings.py`); its quality stands under the other choices. One thread,
each model in a process of its own; documents are a name and a sentence.

## Time of one search, ms

{_times(results["times_ms"])}

Load of the machine while timing: {results["times_ms"]["load"]}, on {os.cpu_count()} cores.
"""


def _with_interval(row: Mapping[str, Any], name: str) -> str:
    low, high = row[f"{name}_95"]
    return f"{row[name]:.3f} ({low:.3f}–{high:.3f})"


def _kinds(rows: Iterable[Mapping[str, Any]]) -> str:
    head = ("query", "family", "n", "hit@1", "hit@3", "MRR")
    return table(
        head,
        [
            (
                row["kind"],
                row["family"],
                row["n"],
                *(_with_interval(row, name) for name in ("hit@1", "hit@3", "mrr")),
            )
            for row in rows
        ],
    )


def _compared(test: Sequence[Mapping[str, Any]], dev: Sequence[Mapping[str, Any]], key: str) -> str:
    head = ("", "test hit@1", "test hit@3", "test MRR", "dev hit@1", "dev hit@3")
    return table(
        head,
        [
            (
                one[key],
                *(_with_interval(one, name) for name in ("hit@1", "hit@3", "mrr")),
                f"{other['hit@1']:.3f}",
                f"{other['hit@3']:.3f}",
            )
            for one, other in zip(test, dev, strict=True)
        ],
    )


def _strata(rows: Iterable[Mapping[str, Any]]) -> str:
    return table(
        ("by", "range", "n", "hit@1", "hit@3", "MRR"),
        [
            (
                row["by"], f"{row['from']}–{row['to']}", row["n"],
                *(_with_interval(row, name) for name in ("hit@1", "hit@3", "mrr")),
            )
            for row in rows
        ],
    )  # fmt: skip


def _leads(test: Iterable[Mapping[str, Any]], dev: Iterable[Mapping[str, Any]]) -> str:
    head = ("query", "lead", "test: as far ahead", "right then", "right one as close", "dev: as far ahead", "right then", "right one as close")  # fmt: skip
    return table(
        head,
        [
            (
                row["kind"], row["lead"],
                *(f"{each[key]:.3f}" for each in (row, other) for key in ("ahead", "right", "within")),
            )
            for row, other in zip(test, dev, strict=True)
        ],
    )  # fmt: skip


def _costs(rows: Iterable[Mapping[str, Any]]) -> str:
    head = ("model", "load s", "documents/s", "query ms p50", "p95", "memory MB")
    keys = ("name", "load_s", "documents_per_s", "query_ms_p50", "query_ms_p95", "memory_mb")
    return table(head, [tuple(row[key] for key in keys) for row in rows])


def _times(times: Mapping[str, Any]) -> str:
    return table(
        ("", "p50", "p95"),
        [(name, spread["p50"], spread["p95"]) for name, spread in times.items() if isinstance(spread, dict)],
    )
