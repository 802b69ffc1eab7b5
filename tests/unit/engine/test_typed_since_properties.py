"""What was typed since a request, for any text and any typing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from soothsay.engine.continuation import continues, typed_since
from soothsay.engine.types import CompletionRequest

CLOSERS = ")]}\"'"

texts = st.text("ab.(\n😀" + CLOSERS, max_size=8)
closed = st.text(CLOSERS, max_size=3)


def request_at(before: str, after: str) -> CompletionRequest:
    return CompletionRequest(Path("/w/a.py"), before + after, len(before), Path("/w"))


@given(before=texts, typed=texts, closed=closed, after=texts)
def test_what_was_typed_is_among_the_readings(before: str, typed: str, closed: str, after: str) -> None:
    earlier = request_at(before, after)
    now = replace(earlier, text=before + typed + closed + after, offset=len(before + typed))
    assert typed in typed_since(earlier, now.text)
    assert continues(earlier, now) == typed


@given(before=texts, after=texts, text=texts)
def test_every_reading_explains_the_text(before: str, after: str, text: str) -> None:
    earlier = request_at(before, after)
    explaining = [
        text[len(before) : end]
        for end in range(len(text) - len(after), len(before) - 1, -1)
        if text[:end].startswith(before)
        and text[end:].endswith(after)
        and set(text[end : len(text) - len(after)]) <= set(CLOSERS)
    ]
    assert list(typed_since(earlier, text)) == explaining  # each once, the longest first


@given(before=texts, after=texts, text=texts)
def test_nothing_was_typed_where_something_was_deleted(before: str, after: str, text: str) -> None:
    earlier = request_at(before, after)
    if len(text) < len(earlier.text):
        assert list(typed_since(earlier, text)) == []


@given(before=texts, typed=texts, after=texts)
def test_another_place_or_text_is_no_continuation(before: str, typed: str, after: str) -> None:
    earlier = request_at(before, after)
    now = replace(earlier, text=before + typed + after, offset=len(before + typed))
    assert continues(earlier, replace(now, path=Path("/w/b.py"))) is None
    assert continues(earlier, replace(now, method="base")) is None
    assert continues(earlier, replace(now, offset=len(before) - 1)) is None
