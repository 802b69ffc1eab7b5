"""Where brackets, strings, comments and statements begin and end, in Python and in other languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay_languages.analysis import analyse
from soothsay_languages.base import Lexis
from soothsay_languages.python import LANGUAGE
from soothsay_languages.registry import PLAIN_TEXT
from soothsay_languages.scan import characters, scan
from soothsay_languages.scan import close as close_by
from soothsay_languages.shell import LANGUAGE as SHELL

LEXIS = LANGUAGE.lexis
PIECES = ['"""', "'''", '"', "'", "#", "(", ")", "[", "]", "{", "}", "\n", "\\", "a", " ", "é", "\\\n"]
CODE = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def close(code: str) -> str:
    return close_by(code, LEXIS)


def statement_start(text: str, offset: int) -> int:
    return analyse(text, LANGUAGE).statement_start(offset)


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
    assert scan("a)", LEXIS).overclosed == 1
    assert scan("(a)", LEXIS).overclosed == -1


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
    assert analyse(text, LANGUAGE).in_string_or_comment(len(text)) is inside


@given(CODE)
def test_closed_code_is_closed(code: str) -> None:
    state = scan(close(code), LEXIS)
    if not code.endswith(("\\", '"', "'")):  # it would change what closes it
        assert (state.quote, state.closers) == ("", "")


@given(CODE)
def test_a_scan_may_begin_again_at_every_end_of_a_statement(code: str) -> None:
    whole = scan(code, LEXIS)
    for end in whole.ends:
        assert code[end] == "\n"
        rest = scan(code[end + 1 :], LEXIS)
        assert (rest.closers, rest.quote) == (whole.closers, whole.quote)
        assert end + 1 + rest.statement == whole.statement
        assert [end + 1 + each for each in rest.ends] == [each for each in whole.ends if each > end]


@given(CODE)
def test_pairs_are_brackets_that_belong_together(code: str) -> None:
    for start, end in scan(code, LEXIS).pairs:
        assert LEXIS.brackets[code[start]] == code[end]
        assert scan(code[start + 1 : end], LEXIS).closers == ""


def test_a_shell_string_may_span_lines_and_a_comment_may_not() -> None:
    text = "echo 'a\nb' # it's\nls"
    state = scan(text, SHELL.lexis)
    assert text[state.statement :] == "ls"
    assert state.quote == ""


def test_without_a_sign_of_continuation_an_escaped_line_end_ends_the_statement() -> None:
    lexis = Lexis(strings=("'",))
    assert scan("a \\\nb", lexis).statement == 4
    assert scan("'a \\\nb", lexis).statement == 0


def test_plain_text_has_lines_and_nothing_else() -> None:
    state = scan("it's (\nnew", PLAIN_TEXT.lexis)
    assert (state.statement, state.quote, state.closers) == (7, "", "")


def test_bytes_to_characters() -> None:
    assert [characters("aé日", n) for n in (0, 1, 2, 3, 6)] == [0, 1, 1, 2, 3]
