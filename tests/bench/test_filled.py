"""What stands in the brackets of the calls that a completion shows."""

from __future__ import annotations

from typing import Any

import pytest
from bench.filled import filled, read_calls
from bench.over_lsp import Answer, tab_stops
from bench.side_by_side import filled_in


def row(shown: str, *stops: tuple[int, int]) -> dict[str, Any]:
    return {"shown": shown, "tab_stops": [list(stop) for stop in stops]}


@pytest.mark.parametrize(
    ("shown", "values", "placeholders"),
    [
        ("create_job(jobName=..., roleArn=role)", 2, 1),
        ('create_job(jobName="...", roleArn=role)', 2, 1),
        ('create_job(jobName="job_name", roleArn="<role>")', 2, 2),
        ('create_job(tags=[{"Key": "owner", "Value": "string"}])', 1, 1),
        ('create_job(jobName="nightly", shape=tuple[int, ...])', 2, 0),
        ("create_job(values[..., 0])", 1, 0),
        ("create_job", 0, 0),
        ("create_job(", 0, 0),
        ("", 0, 0),
    ],
)
def test_blanks_are_told_from_values(shown: str, values: int, placeholders: int) -> None:
    found = filled("response = client.", row(shown))
    assert (found["values"], found["placeholders"]) == (values, placeholders)


def test_a_blank_that_is_a_tab_stop_is_no_placeholder() -> None:
    shown = 'create_job(jobName="...", roleArn="...")'
    at = shown.index('"..."')
    found = filled("response = client.", row(shown, (at, at + 5)))
    assert (found["values"], found["placeholders"], found["stops"]) == (2, 1, 1)
    inside = filled("response = client.", row(shown, (at + 1, at + 4)))
    assert inside["placeholders"] == 1


def test_what_was_typed_before_the_cursor_is_not_counted() -> None:
    assert filled("    found = create_job(..., ", row("roleArn=role)")) == {
        "calls": 1,
        "values": 1,
        "placeholders": 0,
        "stops": 0,
    }


def test_places_are_those_of_the_text_that_is_shown() -> None:
    shown = 'create_job(\n    jobName="é",\n    role=...,\n)'
    _, values = read_calls("  response = client.", shown)
    assert [shown[value.start : value.end] for value in values] == ['"é"', "..."]


def test_tab_stops_over_lsp_count_from_the_cursor() -> None:
    explained = {"tab_stops": [{"start": 5, "end": 8, "label": "name"}]}
    assert tab_stops(Answer('put("a")', 0, 0, 1.0, explained), "x", 0) == [[5, 8]]
    assert tab_stops(Answer('put("a")', 2, 4, 1.0, explained), "a.pu", 4) == [[3, 6]]
    assert tab_stops(Answer("", 0, 0, 1.0, explained), "x", 0) == []


def test_the_table_says_what_is_filled_in() -> None:
    counted = {
        "calls": 2,
        "values": 4,
        "placeholders": 1,
        "stops": 3,
        "generated": {"written": 10, "chosen": 4},
    }
    text = filled_in({"full": [counted, {"shown": "kept from an earlier time"}]})
    cells = [cell.strip() for cell in text.splitlines()[-1].split("|")[1:-1]]
    assert cells == ["full", "4", "25.0 %", "50.0 %", "1.50", "4 / 10", "40.0 %"]
