"""What accepting does to a file, and what is of use."""

from __future__ import annotations

from typing import Any

import pytest
from bench.over_lsp import Answer
from bench.places.judge import first_name, judge, useful
from hypothesis import given
from hypothesis import strategies as st


def task(
    marked: str, answer: str = "", kind: str = "attribute", broken: tuple[int, int] = (0, 0)
) -> dict[str, Any]:
    """A place whose cursor is marked with ‸."""
    before, _, after = marked.partition("‸")
    return {
        "text": before + after,
        "offset": len(before),
        "answer": answer,
        "kind": kind,
        "broken": list(broken),
    }


def shown(place: dict[str, Any], text: str, replaces: int = 0) -> Answer:
    """An answer at the cursor, which replaces some of what follows."""
    return Answer(text, place["offset"], place["offset"] + replaces, 5.0, {})


@pytest.mark.parametrize(
    ("marked", "text", "outcome"),
    [
        ("x = crate.‸\n", "kilos", "parses"),
        ("x = crate.‸\n", "kilos(", "unfinished"),
        ("return len(self.crat‸es)\n", ")", "breaks"),
        ("weigh(‸)\n", "crates, 3", "parses"),
        ("weigh(‸)\n", "crates))", "breaks"),
        ("def f(‸\n    return 1\n", "a, b):", "parses"),
        ("def f(‸\n    return 1\n", "a, b)", "unfinished"),
        ("‸", "class Crate:", "parses"),  # its body is still to be written
        ("x = 1‸\n", "\n    y = 2", "breaks"),
        ("x = 1\r\ny = x.‸\r\nz = 3\r\n", "real", "parses"),
        ("x = 1‸", "", "nothing"),
    ],
)
def test_what_becomes_of_the_file(marked: str, text: str, outcome: str) -> None:
    place = task(marked)
    assert judge(place, shown(place, text)).outcome == outcome


def test_the_rest_of_the_line_may_be_replaced() -> None:
    place = task("if len(crates‸):\n    pass\n", kind="middle of a line")
    assert judge(place, shown(place, ") > 1:")).outcome == "breaks"
    assert judge(place, shown(place, ") > 1:", replaces=2)).outcome == "parses"


def test_what_stands_there_already_changes_nothing() -> None:
    place = task("os.unlink‸(path)\n", kind="middle of a line")
    assert judge(place, shown(place, "(path)", replaces=6)).idle
    assert not judge(place, shown(place, "(path, True)", replaces=6)).idle
    assert not judge(place, shown(place, "")).idle


def test_what_was_broken_above_is_taken_out() -> None:
    above = "settings = dict(\n"
    place = task(f"{above}a = 1\nb = a.‸\n", "real", broken=(0, len(above)))
    assert judge(place, shown(place, "real")).outcome == "parses"
    assert judge(place, shown(place, "real)")).outcome != "parses"  # a closer that belongs up there


def test_nothing_is_wanted_where_nothing_was_removed() -> None:
    place = task("x = 1‸\n", "", "after a finished statement")
    assert judge(place, shown(place, "")).useful is None
    wanted = task("x = a.‸\n", "real")
    assert judge(wanted, shown(wanted, "")).useful is False
    assert judge(wanted, shown(wanted, "real")).useful is True


@pytest.mark.parametrize(
    ("before", "wanted", "written", "prose", "expected"),
    [
        ("x = crate.", "weigh(1, 2)", "weigh(", False, True),
        ("x = crate.", "weigh(1, 2)", "weigh(3)", False, True),  # the same name
        ("x = crate.", "weigh(1, 2)", "weight", False, False),
        ("x = cra", "te.weigh()", "te.weigh(a)", False, True),
        ("x = cra", "te.weigh()", "ck()", False, False),
        ("f(", "a,b )", "a, b)\nprint(1)", False, True),
        ("# ", "the crates are heavy", "the crates are light", True, False),
        ("# ", "the crates are heavy", "the crates", True, True),
        ("x = ", "1", "  ", False, False),
    ],
)
def test_useful(before: str, wanted: str, written: str, prose: bool, expected: bool) -> None:
    assert useful(before, wanted, written, prose=prose) is expected


@given(st.text("ab.(), \n", min_size=1), st.integers(0, 20))
def test_the_beginning_of_what_stood_there_is_useful(wanted: str, length: int) -> None:
    begun = wanted[:length]
    assert useful("x = ", wanted, begun, prose=True) is bool(begun.split())


@pytest.mark.parametrize(
    ("before", "written", "name"),
    [
        ("x = ", "client.get(url)", "client.get"),
        ("x = cli", "ent . get(url)", "client.get"),
        ("x = client.", "get(url)", "get"),
        ("x", " = 3", "x"),
        ("f(", ")", ""),
    ],
)
def test_the_first_name(before: str, written: str, name: str) -> None:
    assert first_name(before, written) == name
