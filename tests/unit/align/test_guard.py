"""The guard's decision: what each suite allows, at its edges."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from align_records import BASE, GOOD

from soothsay.align.guard import GuardVerdict, SuiteFigure, SuiteName, rows, verdict_from_json

GUARD = GuardVerdict("a" * 64, BASE, 1.0, "suites", "2026-11-29", GOOD)


def with_figure(suite: SuiteName, base: int, adapter: int, tasks: int = 100) -> GuardVerdict:
    changed = SuiteFigure(suite, tasks, base, adapter)
    return replace(GUARD, figures=tuple(changed if each.suite == suite else each for each in GOOD))


def test_what_takes_nothing_away_and_gives_what_it_is_for_passes() -> None:
    assert GUARD.passed and GUARD.why == ""


@pytest.mark.parametrize("suite", ["frequent", "infilling"])
@pytest.mark.parametrize(
    ("base", "adapter", "passes"), [(80, 79, True), (80, 78, False), (80, 90, True), (0, 0, True)]
)
def test_one_point_may_be_lost(suite: SuiteName, base: int, adapter: int, passes: bool) -> None:
    assert with_figure(suite, base, adapter).passed is passes


def test_one_task_of_fifty_is_more_than_one_point() -> None:
    assert not with_figure("frequent", 40, 39, tasks=50).passed


@pytest.mark.parametrize(
    ("base", "adapter", "passes"),
    [(20, 19, True), (20, 20, False), (20, 21, False), (0, 0, True), (0, 1, False)],
)
def test_what_does_not_exist_must_fall(base: int, adapter: int, passes: bool) -> None:
    assert with_figure("missing", base, adapter).passed is passes


@pytest.mark.parametrize(
    ("base", "adapter", "passes"), [(50, 51, True), (50, 50, False), (50, 49, False), (100, 100, True)]
)
def test_the_right_document_must_be_followed_more_often(base: int, adapter: int, passes: bool) -> None:
    assert with_figure("documents", base, adapter).passed is passes


def test_what_was_not_measured_does_not_pass() -> None:
    for suite in ("frequent", "infilling", "missing", "documents"):
        missing = replace(GUARD, figures=tuple(each for each in GOOD if each.suite != suite))
        for verdict in (missing, with_figure(suite, 0, 0, tasks=0)):
            assert not verdict.passed and "no figure for" in verdict.why


def test_all_that_fails_is_said_in_one_line() -> None:
    worse = replace(
        GUARD,
        figures=(SuiteFigure("frequent", 50, 40, 20), GOOD[1], SuiteFigure("missing", 50, 10, 30), GOOD[3]),
    )
    assert worse.why == (
        "valid calls of frequent functions: 80.0 to 40.0 %; calls of what does not exist: 20.0 to 60.0 %"
    )


def test_a_verdict_is_read_as_it_was_kept() -> None:
    assert verdict_from_json(json.loads(json.dumps(asdict(GUARD)))) == GUARD
    with pytest.raises((KeyError, TypeError)):
        verdict_from_json(
            {**asdict(GUARD), "figures": [{"suite": "invented", "tasks": 1, "base": 1, "adapter": 1}]}
        )


def test_the_table_has_a_row_a_suite() -> None:
    assert rows(GUARD)[2] == (
        "calls of what does not exist",
        "100",
        "20.0 %",
        "12.0 %",
        "-8.0",
        "falls",
        "yes",
    )
    assert [row[-1] for row in rows(with_figure("documents", 50, 50))] == ["yes", "yes", "yes", "no"]
