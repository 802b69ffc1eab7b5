"""Typing what is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from soothsay.engine.continuation import Shown, agrees, continues, rest_of, typed_since
from soothsay.engine.stop import stop_rule
from soothsay.engine.types import Completion, CompletionRequest, TriggerDecision
from soothsay_languages.analysis import analyse
from soothsay_languages.python import LANGUAGE

BEFORE, AFTER = "import m\nx = m.", "\nprint(x)\n"
REQUEST = CompletionRequest(Path("/w/a.py"), BEFORE + AFTER, len(BEFORE), Path("/w"))


def completion(text: str) -> Completion:
    return Completion(text, text, "verified", "full", TriggerDecision(False), before="x = m.")


def after(typed: str, closed: str = "") -> CompletionRequest:
    """The request that follows when ``typed`` was typed, and the editor has inserted ``closed``."""
    return replace(REQUEST, text=BEFORE + typed + closed + AFTER, offset=len(BEFORE + typed))


@pytest.mark.parametrize("typed", ["", "p", "post(1)", "post(\n    1"])
def test_what_was_typed(typed: str) -> None:
    assert continues(REQUEST, after(typed)) == typed


@pytest.mark.parametrize(
    "now",
    [
        replace(REQUEST, text=REQUEST.text + "y = 1\n"),
        replace(REQUEST, text="# a\n" + REQUEST.text, offset=REQUEST.offset + 4),
        replace(REQUEST, offset=REQUEST.offset - 1),
        replace(after("po"), offset=REQUEST.offset + 1),
        replace(after("p"), path=Path("/w/b.py")),
        replace(after("p"), method="base"),
    ],
    ids=["below", "above", "left", "middle", "file", "method"],
)
def test_what_is_another_place(now: CompletionRequest) -> None:
    assert continues(REQUEST, now) is None


def test_a_bracket_that_the_editor_closed_was_not_typed() -> None:
    assert continues(REQUEST, after("post(", ")")) == "post("
    assert list(typed_since(REQUEST, after("post(", ")").text)) == ["post()", "post("]
    assert continues(REQUEST, after('post("', '")')) == 'post("'


def test_the_rest_leaves_out_what_stands_there_already() -> None:
    found = rest_of(completion("post(amount=1)"), REQUEST, after("post(", ")"))
    assert found is not None and found.text == "amount=1"
    found = rest_of(
        completion("post(amount=1)"), REQUEST, after("", ")")
    )  # nothing typed, a bracket put behind
    assert found is not None and (found.text, found.replaced) == ("post(amount=1", 0)
    assert rest_of(completion("post(1)"), REQUEST, REQUEST) == completion("post(1)")
    found = rest_of(completion("post(amount=1)"), REQUEST, after("post("))
    assert found is not None and found.text == "amount=1)"


def test_nothing_is_left_of_what_was_typed_to_its_end_or_otherwise() -> None:
    assert rest_of(completion("post(1)"), REQUEST, after("post(1)")) is None
    assert rest_of(completion("post(1)"), REQUEST, after("get")) is None
    empty = completion("")
    assert rest_of(empty, REQUEST, REQUEST) == empty


def test_the_rest_goes_on_with_the_statement_that_the_cursor_is_in_now() -> None:
    """Found from what was typed alone, as it would be in the whole text."""
    whole = completion("post(\n    1)\ny = m.get(")
    for length in range(1, len(whole.text)):
        typed = whole.text[:length]
        now = after(typed)
        found = rest_of(whole, REQUEST, now)
        assert (
            found is not None and found.before == stop_rule(analyse(now.text, LANGUAGE), now.offset).before
        ), typed
        assert rest_of(found, now, now) == found


def test_the_newest_that_fits_is_found() -> None:
    shown = Shown()
    shown.add(REQUEST, completion("get(1)"), 1)
    shown.add(REQUEST, completion("post(1)"), 2)
    shown.add(after("po"), completion("stpone()"), 3)
    for typed, rest, number in (
        ("", "post(1)", 2),
        ("p", "ost(1)", 2),
        ("po", "stpone()", 3),
        ("post(", "1)", 2),
        ("g", "et(1)", 1),
    ):
        found = shown.find(after(typed))
        assert found is not None, typed
        assert (found[0].text, found[1]) == (rest, number), typed
    assert shown.find(after("x")) is None
    shown.forget()
    assert shown.find(after("p")) is None


@pytest.mark.parametrize(
    ("written", "typed", "expected"),
    [
        ("", "post", True),
        ("po", "post", True),
        ("post(1", "post", True),
        ("get", "post", False),
        ("pos", "po!", False),
    ],
)
def test_what_is_being_written_may_still_be_it(written: str, typed: str, *, expected: bool) -> None:
    assert agrees(written, typed) is expected
