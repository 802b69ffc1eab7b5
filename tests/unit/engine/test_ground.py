"""What was found, as comment lines within a budget."""

from __future__ import annotations

from dataclasses import replace

import pytest

from soothsay.engine.ground import asked_for, call_line, called_apart, ground, of_members
from soothsay.model.constraint import NameTrie
from soothsay_index.types import Chunk, Hit, Parameter, Symbol
from soothsay_languages.python import LANGUAGE
from soothsay_languages.yaml import LANGUAGE as YAML


def words(text: str) -> int:
    return len(text.split())


def symbol(name: str, parameters: tuple[Parameter, ...] | None = ()) -> Symbol:
    return Symbol(f"m.{name}", name, "m", "function", "workspace", "w", "", "file:///m.py", 1, parameters)


def piece(lines: int, kind: str = "code", title: str = "", width: int = 4) -> Chunk:
    text = "\n".join(" ".join([f"line{number}", *["word"] * (width - 1)]) for number in range(lines))
    return Chunk("m.py", "file:///m.py", 1, lines, text, None, title, kind)  # pyright: ignore[reportArgumentType]


def render(hits: list[Hit], budget: int) -> tuple[list[str], list[str]]:
    found = ground(hits, lambda each: each.qualified_name, "    ", LANGUAGE, budget, words)
    assert words(found.text) <= budget
    return found.text.splitlines(), [each.text for each in found.evidence]


def test_a_long_piece_is_cut_at_its_end_and_takes_half_of_the_budget():
    lines, evidence = render([Hit("cross_file", 1.0, chunk=piece(50))], 100)
    assert lines[:2] == ["    # m.py:", "    # line0 word word word"]
    assert 3 <= len(lines) < 51 and words("\n".join(lines)) <= 50
    assert evidence[0].splitlines()[-1] in lines[-1]


def test_what_has_too_little_room_gives_way_to_what_fits():
    hits = [Hit("cross_file", 1.0, chunk=piece(50, width=30)), Hit("symbol", 0.5, symbol("post"))]
    lines, _ = render(hits, 40)
    assert lines == ["    # m.post()"]


def test_prose_is_a_short_excerpt_with_its_title():
    lines, _ = render([Hit("document", 1.0, chunk=piece(40, "prose", "Changes", width=90))], 2_000)
    assert lines[0] == "    # m.py (Changes):"
    assert len(lines) == 9 and all(len(line) < 180 for line in lines)


def test_what_can_be_called_is_one_line_however_long_its_code_is():
    callee = symbol("post", (Parameter("amount", required=True),))
    lines, _ = render([Hit("cross_file", 1.0, callee, piece(60))], 30)
    assert lines == ["    # m.post(amount)"]


def test_of_many_options_a_few_are_shown_and_none_that_names_nothing():
    options = tuple(Parameter(f"option_{n}", "keyword_only", default="None") for n in range(6))
    callee = symbol(
        "post", (Parameter("amount", required=True), *options, Parameter("kwargs", "var_keyword"))
    )
    lines, _ = render([Hit("symbol", 1.0, callee)], 30)
    shown = ", ".join(f"option_{n}=None" for n in range(4))
    assert lines == [f"    # m.post(amount, {shown})"]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("pay it", "amount"),
        ("pay it with a note", "amount, note=None"),
        ("with two retries as the max", "amount, max_retries=2"),
        ("notes and their maximum", "amount, note=None"),
    ],
)
def test_of_what_need_not_be_given_that_is_shown_which_is_asked_for(asked: str, shown: str):
    options = (Parameter("note", default="None"), Parameter("max_retries", "keyword_only", default="2"))
    callee = symbol("post", (Parameter("amount", required=True), *options))
    hits = [Hit("symbol", 1.0, callee)]
    found = ground(hits, lambda each: each.name, "", LANGUAGE, 30, words, asked_for(asked))
    assert found.text == f"# post({shown})\n"


def test_a_request_says_what_must_be_sent_and_what_is_asked_for():
    options = [
        Parameter("jobName", "keyword_only", True),
        Parameter("jobTags", "keyword_only"),
        Parameter("_"),
    ]
    create = replace(symbol("create_job", tuple(options)), kind="operation")
    assert call_line(create, "client.create_job") == "client.create_job(jobName=...)"
    tagged = call_line(create, "client.create_job", asked_for("create a job with tags"))
    assert tagged == "client.create_job(jobName=..., jobTags=...)"


def test_of_methods_that_are_called_alike_the_best_one_is_kept():
    amount, note = Parameter("amount", required=True), Parameter("note")
    post = Hit("symbol", 1.0, symbol("post", (amount,)))
    alike = Hit("symbol", 0.9, replace(symbol("post", (amount, note)), owner="n"))
    others = [
        Hit("symbol", 0.8, symbol("post")),
        Hit("symbol", 0.7, symbol("SIZE", None)),
        Hit("symbol", 0.6, symbol("SIZE", None)),
    ]
    assert called_apart([post, alike, *others]) == [post, *others]


def test_nothing_fits_into_nothing():
    assert render([Hit("cross_file", 1.0, chunk=piece(5)), Hit("symbol", 1.0, symbol("post"))], 0) == ([], [])


def test_of_hits_at_large_those_about_members_are_kept():
    post, other = symbol("post"), symbol("refund")
    hits = [
        Hit("symbol", 1.0, other),
        Hit("cross_file", 0.9, chunk=piece(3)),
        Hit("symbol", 0.8, post),
        Hit("cross_file", 0.7, symbol("get"), piece(3)),
        Hit("symbol", 0.6, symbol("post", None)),
    ]
    kept = of_members(hits, NameTrie(["get", "post", "put"]))
    assert [hit.score for hit in kept] == [0.8, 0.7]


def test_evidence_says_what_language_its_text_is_in():
    found = Symbol("m.post", "post", "m", "function", "workspace", "w", "", "file:///m.py", 1, ())
    files = ["tasks.py", "deploy/compose.yaml", "setup.sh", "README.md", "notes"]
    hits = [Hit("symbol", 1.0, found)] + [
        Hit("cross_file", 0.5, chunk=Chunk(path, f"file:///{path}", 1, 4, "a\nb\nc\nd")) for path in files
    ]
    written = [each.language for each in ground(hits, str, "", YAML, 500, words).evidence]
    assert written == ["yaml", "python", "yaml", "shellscript", "", ""]  # a call is spelled as the file would


def test_a_definition_that_is_shown_as_it_stands_is_in_its_own_language():
    found = Symbol("run", "run", "m", "function", "workspace", "w", "", "file:///m.sh", 1, None)
    chunk = Chunk("m.sh", "file:///m.sh", 1, 4, "run() {\n  ls\n}", found)
    assert [
        e.language
        for e in ground([Hit("cross_file", 1.0, found, chunk)], str, "", LANGUAGE, 99, words).evidence
    ] == ["shellscript"]
