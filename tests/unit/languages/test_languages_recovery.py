"""What is broken above a place stays above it: brackets and strings that were left open."""

from __future__ import annotations

import pytest

from soothsay_languages.analysis import DocumentAnalysis, analyse
from soothsay_languages.python import LANGUAGE
from soothsay_languages.shell import LANGUAGE as SHELL

LINES = "".join(f"line_{number} = {number}\n" for number in range(50))
CURSOR = "‸"


def at_cursor(marked: str) -> tuple[DocumentAnalysis, int]:
    offset = marked.index(CURSOR)
    return analyse(marked.replace(CURSOR, ""), LANGUAGE), offset


def statement(marked: str) -> str:
    analysis, offset = at_cursor(marked)
    return analysis.statement_before(offset)


def names(marked: str) -> set[str]:
    analysis, offset = at_cursor(marked)
    found = analysis.fragment(offset, "").names_at_end
    assert found is not None
    return set(found.visible())


@pytest.mark.parametrize(
    "broken",
    [
        "config = dict(\n",
        "config = dict(\n    name='x',\n    size=1\n",
        "config = {'a': [1, 2\n\n",
        "config = dict(  # later\n",
        "if config(1, [2\n    config = 3\n",
        "print(\n@config(\n",
        "def config(a, (b\n    return a\n\n",
        "while config(\n",
    ],
)
@pytest.mark.parametrize(
    "line", ["kilos_of(line_0, ‸", "x = [line_1.‸", "line_2.‸", "    if line_3 and line_4(‸"]
)
def test_an_open_bracket_far_above_spoils_nothing_below(broken: str, line: str) -> None:
    before = line.partition(CURSOR)[0]
    assert statement(f"import os\n{broken}{LINES}{line}\n") == before
    assert {"os", "line_0", "line_49"} <= names(f"import os\n{broken}{LINES}{line}\n")


def test_what_the_open_statement_binds_is_seen_below() -> None:
    assert "config" in names("config = dict(\n    name='x',\n\ny = 1\ny.‸")
    assert {"f", "a"} <= names("def f(a, b\n    x = 1\n    return x.‸\n")


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    x = g(1,\n        [2\n    y = 3\n    z = y.‸\n    return z\n",
        "def f(a):\n    x = g(\n    y = 3\n    z = 1\n    z = y.‸\n    return z\n",
        "class A:\n    def f(self):\n        x = g({\n\n    def h(self):\n        y = 1\n        z = y.‸\n",
        "for y in range(3:\n    print(y)\n    z = y.‸\n",
        "x = f(\nimport y\nz = y.‸\n",
    ],
)
def test_the_next_statement_is_found_at_every_depth(text: str) -> None:
    assert statement(text).strip() == "z = y."
    assert "y" in names(text)


@pytest.mark.parametrize(
    "text",
    [
        "x = [\n    1,\n\n    2,\n    ‸\n]\n",
        "ROWS = [\n['b', 1],\n\n['c', ‸],\n]\n",
        "ROWS = [\n1, 2,\n\n3, 4‸]\n",
        "x = foo(\n    a,\n    bar(\n        1,\n\n    b‸",
        "def f(\n    a,\n    b: in‸\n",
        "x = foo(\n    a,\n\n‸\n)\ny = 1\n",
        "x = f(a,\nb, ‸",
        "x = f(a,\n# what\n‸",
        "x = f('''\ndef a():\n\ny = 1\n''', ‸",
    ],
)
def test_a_statement_of_several_lines_stays_one(text: str) -> None:
    assert statement(text) == text.partition(CURSOR)[0]


DEFINITIONS = "".join(
    f'def f{number}(a):\n    """Say {number}."""\n    return a({number})\n\n\n' for number in range(5)
)


@pytest.mark.parametrize(
    "broken",
    [
        '"""What this is, in short.\n\nimport os\n\n',
        'import os\nSQL = """\nselect name, kilos from crates\nwhere kilos > 3\n\n',
        'import os\ndef g(a):\n    """Weigh ``a``, and more.\n\n    a = 1\n    return a\n\n',
        'import os\ndef g(a):\n    """Weigh ``a``, and more.\n\ndef h(b):\n    return b\n\n',
        'T = """\nand words, of no kind\n"""\nimport os\nx = f("""a b c,\n\n',
    ],
)
def test_an_open_string_far_above_spoils_nothing_below(broken: str) -> None:
    text = f"{broken}{DEFINITIONS}def g5(a, b):\n    x = a(f0).‸\n\n\ndef h5():\n    '''Say.'''\n"
    analysis, offset = at_cursor(text)
    assert analysis.statement_before(offset) == "    x = a(f0)."
    assert not analysis.in_string_or_comment(offset)
    assert {"os", "f0", "f4", "g5", "h5", "a", "b"} <= names(text)


@pytest.mark.parametrize(
    "text",
    [
        'def f(a):\n    """Weigh‸\n    return a\n\n\n',
        'def f(a):\n    """Weigh ``a``.\n\n    And a few words more‸\n    return a\n\n\n',
        '"""What it is‸\n\nimport os\n\n',
    ],
)
def test_a_string_that_is_being_written_is_one(text: str) -> None:
    analysis, offset = at_cursor(DEFINITIONS + text + DEFINITIONS)
    assert analysis.in_string_or_comment(offset)
    assert "f0" in names(DEFINITIONS + text + DEFINITIONS)
    again = DEFINITIONS + text.replace(CURSOR, "") + DEFINITIONS
    assert not analyse(again, LANGUAGE).in_string_or_comment(again.rindex("return"))


def test_code_in_a_string_is_none_where_all_strings_are_closed() -> None:
    text = 'T = """\nimport os\n\ndef g(a):\n    return ‸a\n"""\n' + DEFINITIONS
    analysis, offset = at_cursor(text)
    assert analysis.in_string_or_comment(offset)


def test_a_stray_quote_in_a_comment_of_another_language_breaks_nothing() -> None:
    text = "# it's\nls 'a\nb' \ncp "
    assert analyse(text, SHELL).statement_before(len(text)) == "cp "
