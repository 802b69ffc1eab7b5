"""One snapshot of a document, made anew or of the one before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay_languages.analysis import DocumentAnalysis, analyse, read_fragment
from soothsay_languages.base import Arguments
from soothsay_languages.python import LANGUAGE
from soothsay_languages.registry import PLAIN_TEXT
from soothsay_languages.syntax import text_of
from soothsay_languages.yaml import LANGUAGE as YAML

SOURCE = '''import boto3

def f(a, b):
    """Says ( what."""
    client = boto3.client("s3")  # it's
    return client.put(
        Key=[a, "é"],
    )

class C:
    x = f(1, *a, k=2, **m)
'''
BROKEN = '"""Says.\n\nimport os\n\nconfig = dict(\n    name=[\n\n' + SOURCE + "\nx = {\ny = x\n"
TYPED = st.sampled_from(
    ["x", "(", ")", "\n", ":", '"', "", "\n    y = f(x)\n", "é", "def g(", "#", "\\", '"""', "\n\n", "[\n\n"]
)
EDITS = st.lists(st.tuples(st.integers(0, 400), st.sampled_from([0, 0, 1, 30]), TYPED), max_size=8)


def names_in(analysis: DocumentAnalysis, offset: int) -> dict[str, str]:
    """The names that can be read at ``offset``, and what they stand for."""
    names = analysis.fragment(offset, "").names_at_end
    assert names is not None
    return {name: "|".join((each.kind, *each.meaning)) for name, each in names.visible().items()}


def facts(analysis: DocumentAnalysis) -> object:
    assert analysis.parsed is not None
    calls = [
        (call.node.start_byte, call.node.end_byte, text_of(call.receiver), call.given)
        for call in analysis.calls
    ]
    text = analysis.text
    starts = [analysis.statement_start(offset) for offset in range(0, len(text) + 1, 7)]
    quotes = [analysis.in_string_or_comment(offset) for offset in range(0, len(text) + 1, 7)]
    names = [names_in(analysis, offset) for offset in range(0, len(text) + 1, 40)]
    return calls, starts, quotes, names


@given(st.sampled_from([SOURCE, BROKEN]), EDITS)
def test_made_of_the_one_before_it_is_the_same(source: str, edits: list[tuple[int, int, str]]) -> None:
    analysis = analyse(source, LANGUAGE)
    for at, length, typed in edits:
        text = analysis.text
        at = min(at, len(text))
        analysis.statement_start(at)
        analysis = analyse(text[:at] + typed + text[at + length :], LANGUAGE, analysis)
    assert facts(analysis) == facts(analyse(analysis.text, LANGUAGE))


def test_another_language_is_read_anew() -> None:
    before = analyse("a: b\n", YAML)
    assert analyse("a: b\n", LANGUAGE, before).calls == []


def test_calls_come_with_the_nodes_of_their_arguments() -> None:
    calls = analyse(SOURCE, LANGUAGE).calls
    assert [text_of(call.name) for call in calls] == ["client", "put", "f"]
    assert calls[0].given == Arguments(1)
    assert {name: text_of(node) for name, node in calls[1].keywords.items()} == {"Key": '[a, "é"]'}
    assert calls[2].given == Arguments(1, ("k",), splat=True, mapping=True)


def test_a_generator_is_one_argument_and_a_comment_none() -> None:
    (one, two) = analyse("f(x for x in y)\ng(1, # why\n)\n", LANGUAGE).calls
    assert (one.given, two.given) == (Arguments(1), Arguments(1))


def test_a_language_without_grammar_has_statements_and_no_calls() -> None:
    analysis = analyse("f(1)\ng(2)", PLAIN_TEXT)
    assert (analysis.parsed, analysis.calls, analysis.statement_start(8)) == (None, [], 5)
    assert read_fragment("f(1)", PLAIN_TEXT).calls == []


def test_a_long_document_is_scanned_from_near() -> None:
    text = "x = (\n" + "a = f(1)\n" * 20_000
    analysis = analyse(text, LANGUAGE)
    assert analysis.statement_start(len(text)) == len(text)
    again = analyse(text + "b = (", LANGUAGE, analysis)
    assert again.checkpoint == len(text)
    assert again.statement_before(len(text) + 5) == "b = ("


@given(EDITS)
def test_every_offset_of_broken_code_has_names(edits: list[tuple[int, int, str]]) -> None:
    text = SOURCE
    for at, length, typed in edits:
        text = text[:at] + typed + text[at + length :]
    analysis = analyse(text, LANGUAGE)
    for offset in range(0, len(text) + 1, 3):
        names_in(analysis, offset)


UNFINISHED = """import lib

def f(a):
    b = g(
        a,
        lib.

def h(c):
    if c
        d = [

@e
def k(self, i):
    i.
    for j in

x = {
"""


@pytest.mark.parametrize(
    ("mark", "names"),
    [
        ("lib.", {"lib", "f", "h", "k", "a"}),
        ("d = [", {"lib", "f", "h", "k", "c"}),
        ("    i.", {"lib", "f", "h", "k", "self", "i"}),
        ("for j in", {"lib", "f", "h", "k", "self", "i"}),
        ("x = {", {"lib", "f", "h", "k"}),
    ],
)
def test_unfinished_statements_leave_the_functions_around_them_whole(mark: str, names: set[str]) -> None:
    analysis = analyse(UNFINISHED, LANGUAGE)
    found = names_in(analysis, UNFINISHED.rindex(mark) + len(mark))
    assert found.keys() == names


def test_a_header_that_is_not_indented_deeper_ends_an_unfinished_statement() -> None:
    def statement(text: str) -> str:
        return analyse(text, LANGUAGE).statement_before(len(text))

    assert statement("x = f(\ndef g():\n    y = (") == "    y = ("
    assert statement("x = f(\nclass A(\ndef g(") == "def g("
    assert statement("x = [a\n    for a in b\n    if a") == "x = [a\n    for a in b\n    if a"
    assert statement('x = f("""\ndef a:\n""",') == 'x = f("""\ndef a:\n""",'
    assert statement("x = f(\n)\nif a") == "if a"
    assert statement("x = (a\nif b\nelse c") == "x = (a\nif b\nelse c"


def test_the_rest_of_a_statement_is_left_out_too() -> None:
    text = "def f(a):\n    x = g(\n        1,\n        b\n    )\n    y = 1\n\ndef h(c): pass\n"
    at = text.index("1,")
    assert names_in(analyse(text, LANGUAGE), at).keys() == {"f", "h", "a"}
