"""Brackets, statements and the calls in a draft."""

import pytest

from soothsay.engine.syntax import api_names, close, in_string_or_comment, scan, statement_start


@pytest.mark.parametrize(
    ("code", "closed"),
    [
        ("f(", "f()"),
        ("f([1, {'a': (", "f([1, {'a': ()}])"),
        ("f('a", "f('a')"),
        ("f(')', \"(\"", "f(')', \"(\")"),
        ("x = '''one\n(", "x = '''one\n('''"),
        ("f(a, # not ) here", "f(a, # not ) here\n)"),
        ("f(a, # it's\n", "f(a, # it's\n)"),
        ("x = 'it\\'s ('", "x = 'it\\'s ('"),
        ("done()", "done()"),
    ],
)
def test_close_appends_what_is_missing(code: str, closed: str) -> None:
    assert close(code) == closed


def test_scan_finds_the_bracket_that_closes_nothing() -> None:
    assert scan("a)").overclosed == 1
    assert scan("(a)").overclosed == -1


def test_statement_begins_where_its_brackets_open() -> None:
    text = "a = 1\nb = f(\n    1,\n    "
    assert text[statement_start(text, len(text)) :].startswith("b = f(")


def test_statement_of_a_fresh_line_is_that_line() -> None:
    text = "a = f(1)\n    "
    assert statement_start(text, len(text)) == len("a = f(1)\n")


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("x = 'ab", True),
        ("# some words", True),
        ("x = 'ab' + ", False),
        ("f(", False),
        ('"""doc\nmore', True),
    ],
)
def test_strings_and_comments_are_recognised(text: str, inside: bool) -> None:
    assert in_string_or_comment(text, len(text)) is inside


def test_name_of_an_unfinished_call_is_found() -> None:
    (name,) = api_names("client.", "create_job(")
    assert (name.name, name.receiver, name.dotted) == ("create_job", "client", "client.create_job")
    assert (name.start, name.end) == (0, len("create_job"))


def test_name_that_began_before_the_cursor_has_a_negative_start() -> None:
    (name,) = api_names("client.crea", "te_job(a=1)")
    assert (name.name, name.start, name.end, name.arguments) == ("create_job", -4, 6, "(a=1)")


def test_calls_before_the_cursor_are_not_the_drafts() -> None:
    assert [n.name for n in api_names("f(g(), ", "h())")] == ["h"]


def test_offsets_are_bytes_when_text_is_not_ascii() -> None:
    draft = "x = 'é日' + np.sum(a)"
    (name,) = api_names("", draft)
    assert draft.encode()[name.start : name.end] == b"sum"


def test_names_in_strings_are_no_calls() -> None:
    assert api_names("", "x = 'f(1)'  # g(2)") == []


def test_nested_and_chained_calls_come_in_source_order() -> None:
    assert [n.name for n in api_names("    ", "a.b(c(d)).e(")] == ["b", "c", "e"]
