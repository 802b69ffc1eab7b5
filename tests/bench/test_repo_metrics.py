"""How close a completed line is to the one that was there, and the page that says so."""

from typing import Any

import pytest
from bench.repo.metrics import first_statement, identifier_f1, normal, score, similarity
from bench.repo.report import failure_class, goal, main_table, page, pairs

BEFORE = "    link = "
ANSWER = "connect(path, timeout=9)"
NAMES = ["connect", "close", "path", "link"]


@pytest.mark.parametrize(
    ("shown", "exact", "resolves"),
    [
        ("connect(path, timeout=9)", True, True),
        ("connect(path,timeout = 9)", True, True),
        ("connect(\n        path,\n        timeout=9,\n    )", True, True),
        ("connect(path, timeout=9)  # at once", True, True),
        ("connect(path, timeout=9)\n    link.open()", True, True),
        ("connect(path)", False, True),
        ("connect(path, timeout=8)", False, True),
        ("close(path)", False, True),
        ("conect(path, timeout=9)", False, False),
        ("path", False, True),
        ("await conect(path)", False, False),
        ("[each for each in paths]", False, False),
        ("[each for each in path]", False, True),
        ("f'{conect(path)}'", False, False),
        ("conect(((", False, False),
        ("", False, None),
        ("(", False, None),
        ("None", False, None),
        ("'conect'", False, None),
    ],
)
def test_exact_match_and_whether_the_name_resolves(shown: str, exact: bool, resolves: bool | None):
    found = score(BEFORE, ANSWER, shown, NAMES, True)
    assert (found.exact, found.resolves) == (exact, resolves)


@pytest.mark.parametrize(
    ("shown", "called"),
    [
        ("pass", ""),
        ("return connect(path)", "connect"),
        ("link = connect(path)", "connect"),
        ("link: Link = connect(path)", "Link"),
        ("link += 1", ""),
        ("for each in path:", "path"),
        ("link.path = connect(path)", "link"),
    ],
)
def test_a_whole_statement_names_what_it_reads(shown: str, called: str):
    assert score("    ", "check(path)", shown, NAMES, True).called == called


def test_nobody_can_tell_of_a_class_with_unknown_bases():
    assert score("row.", "as_dict()", "model_dump()", ["as_dict"], False).resolves is None
    assert score("row.", "as_dict()", "as_dict()", ["as_dict"], False).resolves is True


def test_the_first_statement():
    assert first_statement("x = await ", "f(a)\ny = 1") == "f(a)"
    assert first_statement("return ", "f(\n  a)\ny = 1") == "f(\n  a)"
    assert first_statement("x = ", "f(((\n y") == "f((("


def test_layout_does_not_count():
    assert normal("f( a,b, )") == normal("f(a, b)")
    assert normal("f(a, b)") != normal("f(b, a)")


def test_similarity_is_levenshteins():
    assert similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert similarity("", "") == 1
    assert similarity("", "a") == 0


def test_identifiers():
    assert identifier_f1("f(a, b)", "f(a, b)") == 1
    assert identifier_f1("f(a)", "f(b)") == pytest.approx(0.5)
    assert identifier_f1("f('word')", "f('other')") == 1
    assert identifier_f1("", "f(a)") == 0


def row(method: str, number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"r/{number}", "method": method, "split": "test", "fired": method == "dag", "exact": False, "similarity": 0.5, "identifiers": 0.5,
        "resolves": True, "called": "f", "name": "g", "shown": "f()", "answer": "g()", "before": "x = ", "kind": "function", "seen": False, "ms": 10.0,
        "load": 1.0, "parses": True, "verdict": "verified", "problem": "", "repaired": "", **changes,
    }  # fmt: skip


def test_the_goal_is_fewer_retrievals_at_no_lower_exact_match():
    always = [row("dag", n, exact=n < 3) for n in range(10)]
    good = [row("full", n, exact=n < 3, fired=n < 6) for n in range(10)]
    assert goal([*always, *good], "full").endswith(": met.")
    assert "1 exact matches fewer" in goal(
        [*always, *[row("full", n, exact=n < 2) for n in range(10)]], "full"
    )
    assert "points too often" in goal(
        [*always, *[row("full", n, exact=n < 3, fired=n < 7) for n in range(10)]], "full"
    )
    assert goal(always, "full") == ""


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"exact": True}, ""),
        ({"shown": " "}, "nothing shown"),
        ({"called": "g"}, "right name, other arguments"),
        ({}, "another name that exists"),
        ({"resolves": False}, "a name that does not exist"),
        ({"resolves": False, "called": ""}, "no name"),
    ],
)
def test_classes_of_failures(changes: dict[str, Any], kind: str):
    assert failure_class(row("full", 1, **changes)) == kind


def test_the_page_shows_every_method_and_compares_the_same_lines():
    rows = [row(method, n, exact=n < 4) for method in ("base", "dag", "full") for n in range(8)]
    text = page(rows, {"model": "m", "commit": "c"})
    assert "| full" in text
    assert "50.0 % (4/8" in main_table(rows)
    assert "| +0.0" in pairs(rows)
