"""The page about places."""

from __future__ import annotations

from typing import Any

from bench.places.report import by_kind, example, goals, main_table, nothing_shown, page, slow


def row(kind: str = "attribute", **other: Any) -> dict[str, Any]:
    usual = {
        "id": "1", "kind": kind, "split": "dev", "outcome": "parses", "useful": True, "idle": False, "verdict": "verified", "text": "size",
        "ending": "", "ms": 100.0, "load": 1.0, "messages": [], "steps": {"draft": 80.0, "verify": 5.0, "total": 85.0},
        "before": "x = 1\ny = a.", "after": "\nz", "answer": "size",
    }  # fmt: skip
    return {**usual, **other}


BROKEN = row("string", outcome="breaks", useful=False, text='")\n', ms=2500.0)
SILENT = row(
    "comment",
    outcome="nothing",
    useful=False,
    text="",
    ending="oxen has no `yoke`: it is a module",
    ms=9000.0,
)


def cells(text: str, first: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first} ")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_line_for_each_kind_and_one_for_all() -> None:
    text = main_table([row(idle=True), row(outcome="unfinished", useful=None), BROKEN, SILENT])
    assert cells(text, "attribute")[1:8] == ["2", "100.0 %", "50.0 %", "1", "0", "1", "100.0 %"]
    assert cells(text, "string")[1:8] == ["1", "100.0 %", "0.0 %", "0", "1", "0", "0.0 %"]
    assert cells(text, "comment")[1:8] == ["1", "0.0 %", "–", "0", "0", "0", "0.0 %"]
    assert cells(text, "**all**")[1:4] == ["4", "75.0 %", "33.3 %"]
    assert cells(text, "**all**")[-3:] == ["9000", "2", "0"]


def test_the_kinds_keep_their_order() -> None:
    assert list(by_kind([SILENT, BROKEN, row()])) == ["attribute", "string", "comment"]


def test_goals_are_met_or_missed() -> None:
    assert "missed" not in goals([row(), row(outcome="nothing")])
    missed = goals([row(), BROKEN, SILENT])
    assert missed.count("**missed**") == 3
    assert "1 of 2 over 2 s" in missed  # one of the slow ones says why


def test_reasons_are_counted_without_names() -> None:
    assert cells(nothing_shown([SILENT, {**SILENT, "ending": "oxen has no `cart`"}]), "oxen has no")[1] == "2"
    assert cells(nothing_shown([{**SILENT, "ending": ""}]), "none given")[1] == "1"


def test_what_was_slow_names_its_longest_step() -> None:
    assert cells(slow([row(), BROKEN]), "string")[1:4] == ["2500", "draft 80 ms", "yes"]


def test_an_example_is_one_line_of_a_table() -> None:
    text = example({**BROKEN, "text": "a|`b`\r\nc"})
    assert "`y = a.‸`" in text
    assert "`a¦'b'␍⏎c`" in text
    assert "`x = 1⏎‸" in example(row(before="x = 1\n    "))


def test_the_page_has_both_splits() -> None:
    text = page([row(), {**BROKEN, "split": "test"}], {"model": "tiny", "commit": "abc"})
    assert "## Test split" in text
    assert "model tiny, commit abc" in text


def test_no_goal_is_met_where_nothing_was_asked() -> None:
    assert "met" not in goals([])
