"""Completions with tab stops as snippets, held against a reader of LSP's snippet syntax."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from soothsay.engine.continuation import rest_of
from soothsay.engine.tab_stops import stops_in_part
from soothsay.engine.types import Completion, CompletionRequest, TabStop, TriggerDecision
from soothsay.frontend.client_capabilities import takes_inline_snippets, takes_list_snippets
from soothsay.frontend.completion_items import Answer, inline_items, list_items, to_markdown
from soothsay.frontend.snippets import escape, outdent, to_snippet

CALL = 'create_job(\n    name="",\n    role="",\n)'
STOPS = (TabStop(21, 23, "jobName"), TabStop(34, 36, "roleArn"))


def completion(text: str = CALL, stops: tuple[TabStop, ...] = STOPS, **changes: Any) -> Completion:
    plain = Completion(text, text, "verified", "full", TriggerDecision(False), tab_stops=stops)
    return replace(plain, **changes)


_PIECE = re.compile(r"\\(?P<escaped>[$}\\])|\$\{(?P<number>\d+)(:(?P<label>(?:\\.|[^$}\\])*))?\}|(?P<end>\$0)|(?P<plain>[^$\\])", re.S)  # fmt: skip


def read(snippet: str) -> list[tuple[str, int | None]]:
    """The text of ``snippet`` in pieces, each with the number of its tab stop."""
    pieces: list[tuple[str, int | None]] = []
    at = 0
    while at < len(snippet):
        found = _PIECE.match(snippet, at)
        assert found, f"no snippet from {at} on: {snippet!r}"
        at = found.end()
        if found["number"]:
            pieces.append((re.sub(r"\\(.)", r"\1", found["label"] or "", flags=re.S), int(found["number"])))
        else:
            pieces.append((found["escaped"] or found["plain"] or "", 0 if found["end"] else None))
    return pieces


CHARACTERS = st.sampled_from("ab(),=\"'${}\\:|\n 1é😀\u0301")
TEXTS = st.text(CHARACTERS, max_size=30)
LABELS = st.text(st.sampled_from("ab$}\\:{|é"), max_size=6)


@st.composite
def completions(draw: st.DrawFn) -> Completion:
    text = draw(TEXTS)
    ends = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    stops = tuple(
        TabStop(start, end, draw(LABELS)) for start, end in zip(ends[::2], ends[1::2], strict=False)
    )
    return completion(text, stops)


@given(completions())
def test_with_the_literals_in_place_of_the_labels_it_is_the_plain_text(whole: Completion) -> None:
    stops = whole.tab_stops
    pieces = read(to_snippet(whole))
    literals = [whole.text[stop.start : stop.end] for stop in stops]
    assert "".join(literals[number - 1] if number else text for text, number in pieces) == whole.text
    assert [number for _, number in pieces if number] == list(range(1, len(stops) + 1))
    assert [text for text, number in pieces if number] == [
        stop.label or literal for stop, literal in zip(stops, literals, strict=True)
    ]
    assert pieces[-1] == ("", 0)  # the last stop is the end


@given(completions(), st.data())
def test_a_part_keeps_the_stops_that_are_whole_in_it(whole: Completion, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(whole.text)))
    end = data.draw(st.integers(start, len(whole.text)))
    part = whole.text[start:end]
    kept = stops_in_part(whole.tab_stops, start, end)
    assert [(stop.label, part[stop.start : stop.end]) for stop in kept] == [
        (stop.label, whole.text[stop.start : stop.end])
        for stop in whole.tab_stops
        if stop.start >= start and stop.end <= end
    ]


BEFORE = "x = client."
REQUEST = CompletionRequest(Path("/w/a.py"), BEFORE, len(BEFORE), Path("/w"))


@pytest.mark.parametrize(
    ("typed", "snippet"),
    [
        ("", 'create_job(\n    name=${1:jobName},\n    role=${2:roleArn},\n)$0'),
        ("create", '_job(\n    name=${1:jobName},\n    role=${2:roleArn},\n)$0'),
        ("create_job(\n    name=", '${1:jobName},\n    role=${2:roleArn},\n)$0'),
        ('create_job(\n    name="', '",\n    role=${1:roleArn},\n)$0'),  # its value was begun
        ('create_job(\n    name=""', ',\n    role=${1:roleArn},\n)$0'),
        ('create_job(\n    name="",\n    role="",', "\n)$0"),
    ],
)  # fmt: skip
def test_what_is_typed_ahead_keeps_the_stops_that_remain(typed: str, snippet: str) -> None:
    now = replace(REQUEST, text=BEFORE + typed, offset=len(BEFORE + typed))
    rest = rest_of(completion(), REQUEST, now)
    assert rest is not None and to_snippet(rest) == snippet


def test_the_bracket_that_the_editor_has_closed_takes_no_stop_with_it() -> None:
    now = replace(REQUEST, text=BEFORE + "f()", offset=len(BEFORE + "f("))
    rest = rest_of(completion('f("")', (TabStop(2, 4, "name"),)), REQUEST, now)
    assert rest is not None and to_snippet(rest) == "${1:name}$0"
    rest = rest_of(completion("f(a)", (TabStop(2, 4, "name"),)), REQUEST, now)
    assert rest is not None and (rest.text, rest.tab_stops) == ("a", ())


HERE = types.Position(1, 11)


def answer(whole: Completion, line: str = BEFORE, replaced: int = 0) -> Answer:
    return Answer(7, whole, HERE, line, replaced)


def test_ghost_text_is_a_snippet_where_the_client_takes_one() -> None:
    (item,) = inline_items(answer(completion(), replaced=2), snippets=True).items
    assert item.insert_text == types.StringValue(
        "create_job(\n    name=${1:jobName},\n    role=${2:roleArn},\n)$0"
    )
    assert item.range == types.Range(HERE, types.Position(1, 13))
    (item,) = inline_items(answer(completion())).items
    assert item.insert_text == CALL
    (item,) = inline_items(answer(completion(stops=())), snippets=True).items
    assert item.insert_text == CALL


def test_the_chosen_item_is_escaped_before_the_snippet() -> None:
    chosen = types.SelectedCompletionInfo(types.Range(types.Position(1, 9), HERE), "${cost}")
    whole = completion("()", (TabStop(1, 1, ""),))
    (item,) = inline_items(answer(whole), chosen, snippets=True).items
    assert item.insert_text == types.StringValue("\\${cost\\}(${1})$0")


def listed(whole: Completion, line: str, *, snippets: bool = True) -> types.CompletionItem:
    (item,) = list_items(answer(whole, line), "utf-16", snippets=snippets).items
    return item


def new_text(item: types.CompletionItem) -> str:
    assert isinstance(item.text_edit, types.TextEdit)
    return item.text_edit.new_text


def test_a_list_item_is_a_snippet_which_editors_indent() -> None:
    indented = completion('job(\n        name="",\n    )', (TabStop(18, 20, "jobName"),))
    item = listed(indented, "    x = client.create_")
    assert new_text(item) == "create_job(\n    name=${1:jobName},\n)$0"
    assert item.insert_text_format == types.InsertTextFormat.Snippet
    assert item.insert_text_mode == types.InsertTextMode.AdjustIndentation
    assert item.label == "create_job("


def test_a_list_item_is_plain_where_no_snippet_can_be() -> None:
    further_left = completion('f(""\n)', (TabStop(2, 4, "name"),))
    for item in (listed(further_left, "    x."), listed(completion(), "x.", snippets=False)):
        assert item.insert_text_format == types.InsertTextFormat.PlainText
        assert item.insert_text_mode == types.InsertTextMode.AsIs
        assert "$" not in new_text(item)


@pytest.mark.parametrize(
    ("snippet", "indent", "outdented"),
    [
        ("f(\n  a\n)", "", "f(\n  a\n)"),
        ("f(\n    a\n  )", "  ", "f(\n  a\n)"),
        ("f(\n\ta\n)", "\t", None),
        ("a\n\n  b", "  ", "a\n\nb"),
        ("a\n \n  b", "  ", "a\n \nb"),
        ("  a", "  ", "  a"),
    ],
)
def test_further_lines_lose_the_indentation_that_editors_add(
    snippet: str, indent: str, outdented: str | None
) -> None:
    assert outdent(snippet, indent) == outdented


def test_escaped() -> None:
    assert escape("f'{x}' $1 \\") == "f'{x\\}' \\$1 \\\\"


def test_what_clients_announce() -> None:
    nothing = types.ClientCapabilities()
    assert not takes_inline_snippets(nothing) and not takes_list_snippets(nothing)
    assert takes_inline_snippets(types.ClientCapabilities(experimental={"soothsay": {"snippets": True}}))
    for supported in (True, False, None):
        item = types.ClientCompletionItemOptions(snippet_support=supported)
        document = types.TextDocumentClientCapabilities(
            completion=types.CompletionClientCapabilities(completion_item=item)
        )
        client = types.ClientCapabilities(text_document=document)
        assert takes_list_snippets(client) is (supported is True)


def test_the_values_that_are_left_are_named() -> None:
    assert "Left to you: `jobName`, `roleArn`." in to_markdown(completion())
    assert "Left to you: a value." in to_markdown(completion("f()", (TabStop(2, 2, ""),)))
    assert "Left" not in to_markdown(completion(stops=()))
