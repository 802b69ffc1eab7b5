"""What `make bench-align` trains on, which documents it shows, and what it says of an adapter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bench.align.methods import five_documents
from bench.align.plots import draw_losses, draw_shares, smoothed
from bench.align.report import Found, change, good, page
from bench.align.world import excluded

from soothsay.align.exclusions import Exclusions
from soothsay_index.types import Parameter, Symbol


def test_nothing_of_a_test_split_is_trained_on() -> None:
    names = excluded(
        [{"client": "botocore:s3", "split": "test"}],
        [{"library": "textwrap", "split": "test"}, {"library": "zipfile", "split": "dev"}],
        [{"repository": "mcp-use", "symbol": "mcp_use.client.Client"}],
    )
    exclusions = Exclusions.of(names)
    for name in (
        "boto3.session",
        "textwrap.dedent",
        "mcp_use.client",
        "numpy.linalg",
        "azure.storage.blob",
        "pip",
    ):
        assert exclusions.cover(name)
    assert not exclusions.cover("zipfile.ZipFile")


def symbol(name: str, parameters: tuple[Parameter, ...] | None = ()) -> Symbol:
    return Symbol(f"m.{name}", name, "m", "function", "package", "m", "1", "", parameters=parameters)


def test_the_right_document_is_among_four_others() -> None:
    members = [symbol(each) for each in "abcdefg"] + [symbol("constant", None)]
    shown = [each.name for each in five_documents(members, "c")]
    assert len(shown) == 5 and "c" in shown and "constant" not in shown
    assert [each.name for each in five_documents(members, "c")] == shown
    assert len({five_documents(members, each).index(symbol(each)) for each in "abcdefg"}) > 1
    assert five_documents(members, "nowhere") == ()
    assert five_documents(members[:4], "c") == ()


def row(number: int, adapter: str, is_good: bool, **more: Any) -> dict[str, Any]:
    return {
        "suite": "installed",
        "id": str(number),
        "adapter": adapter,
        "asked": "base",
        "good": is_good,
        **more,
    }


def test_only_tasks_that_were_done_both_ways_are_compared() -> None:
    rows = [row(1, "", False), row(1, "a", True), row(2, "", True), row(2, "a", True), row(3, "a", True)]
    rows.append(row(1, "b", False))
    found = change(rows, "a", good)
    assert (found.tasks, found.without, found.with_it, found.points) == (2, 1, 2, 50.0)
    assert change(rows, "c", good).tasks == 0
    assert change([{**each, "suite": "repo"} for each in rows[:2]] + rows[2:], "a", good).tasks == 2


def test_a_page_says_what_was_met_and_what_was_not_measured() -> None:
    rows = [
        row(number, adapter, bool(adapter) or number < 5) for number in range(10) for adapter in ("", "a")
    ]
    led = [
        {**row(number, adapter, False, misled=not adapter or number < 2), "asked": "five documents"}
        for number in range(4)
        for adapter in ("", "a")
    ]
    text = page(Found("a", {}, rows=[*rows, *led]), {"model": "m", "commit": "c", "tasks": "all"}, ())
    goals = {line.split("|")[1].strip()[:20]: line for line in text.splitlines() if line.startswith("| ")}
    assert "+50.0" in goals["valid calls of packag"[:20]] and "| met" in goals["valid calls of packag"[:20]]
    assert "4 → 2 (-50 %)" in goals["another member taken with"[:20]]
    assert "not measured" in goals["infilling control: −"[:20]]
    assert "Nothing was trained yet." in text


def test_losses_are_smoothed_and_drawn(tmp_path: Path) -> None:
    assert smoothed([1, 3, 5], 2) == [1, 2, 4]
    steps = [{"step": number, "loss": 1 / number} for number in range(1, 30)]
    curve = {"name": "a", "loss": "dpo+sft", "steps": steps, "held_out": [{"step": 20, "loss": 0.4}]}
    draw_losses([curve, {**curve, "held_out": []}], tmp_path / "losses.png")
    draw_shares({"installed": {"base": ((5, 10), (7, 10))}}, tmp_path / "shares.png")
    assert all((tmp_path / name).stat().st_size > 5000 for name in ("losses.png", "shares.png"))


def test_a_training_that_was_stopped_counts_its_time(tmp_path: Path) -> None:
    pytest.importorskip("psutil")
    from bench.align.trainings import _seconds_of

    log = tmp_path / "a.jsonl"
    assert _seconds_of(log) == 0
    log.write_text(json.dumps({"seconds": 3.5}) + "\n" + json.dumps({"seconds": 60.5}) + "\n")
    assert _seconds_of(log) == 60.5
