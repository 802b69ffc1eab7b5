"""Keys of objects and attributes of elements, however the tokenizer cuts them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay.engine.constrain import CallConstraint
from soothsay.model.constraint import NameTrie
from soothsay_languages.base import Language
from soothsay_languages.keys import KeyPlace
from soothsay_languages.python import LANGUAGE as PYTHON
from soothsay_languages.typescript import TSX, TYPESCRIPT
from soothsay_languages.yaml import LANGUAGE as YAML

ATTRIBUTES = NameTrie(["label", "onPress", "aria-label", "aria-labelledby", "key"])
KEYS = NameTrie(["fast", "a-b", "retries"])


def keys_of(place: KeyPlace) -> NameTrie | None:
    if "<Any" in place.head:
        return None
    return ATTRIBUTES if place.free else KEYS


def constraint(before: str = "", language: Language = TSX) -> CallConstraint:
    return CallConstraint(before, language, lambda _: None, lambda _: None, keys_of=keys_of)


@pytest.mark.parametrize(
    ("written", "piece", "accepted"),
    [
        ("p = <Button", " ", True),
        ("p = <Button", " la", True),
        ("p = <Button", " li", False),
        ("p = <Button ", "label=", True),
        ("p = <Button ", "lab=", False),
        ("p = <Button lab", "el", True),
        ("p = <Button lab", "le", False),
        ("p = <Button lab", "={", False),
        ("p = <Button lab", " />", False),
        ("p = <Button label", "={", True),
        ("p = <Button label={a} on", "Press", True),
        ("p = <Button label={a} ", "of", False),
        ("p = <Button label='a' aria-label", "led", True),
        ("p = <Button aria-", "x", False),
        ("p = <Button dat", "a", True),
        ("p = <Button data", "-x='a'", True),
        ("p = <Button data", "='a'", False),
        ("p = <Button da", "y", False),
        ("p = <Button label='of", " course", True),
        ("p = <Button>of", " course", True),
        ("p = <Button // of", " course", True),
        ("p = <Any ", "of", True),
        ("f({", " fa", True),
        ("f({", " fi", False),
        ("f({ fas", ": {", False),
        ("f({ fast", ": {", True),
        ("f({ fast: 1,", " re", True),
        ("f({ a", "-b", False),  # no name unless in quotes
        ("f({ ", "...of", True),
    ],
)
def test_keys(written: str, piece: str, accepted: bool) -> None:
    assert constraint().accepts(written.encode(), piece.encode()) is accepted


@given(st.lists(st.integers(1, 60), max_size=12))
def test_real_keys_are_accepted_however_they_are_cut(cuts: list[int]) -> None:
    text = "f(<Button label='a' onPress={() => g({ fast: 1 })}\n  data-x aria-label={b} key='c' />)"
    at = [0, *sorted({each for each in cuts if each < len(text)}), len(text)]
    pieces = [text[begin:end].encode() for begin, end in pairwise(at)]
    written = b""
    for piece in pieces:
        assert constraint().accepts(written, piece)
        written += piece


def test_a_wrong_key_is_refused_by_the_piece_that_makes_it_one() -> None:
    text, end = "p = <Button label='a' onPush={b} />", len("p = <Button label='a' onP")
    one_by_one = [
        constraint().accepts(text[:at].encode(), text[at : at + 1].encode()) for at in range(end + 1)
    ]
    assert all(one_by_one[:-1]) and not one_by_one[-1]


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("p = <Button ", [b"aria-label", b"aria-labelledby", b"key", b"label", b"onPress"]),
        ("p = <Button aria-label", [b"ledby"]),
        ("p = <Any ", []),
        ("f({ ", [b"fast", b"retries"]),
        ("f({ fast: 1, re", [b"tries"]),
    ],
)
def test_what_may_follow(written: str, texts: list[bytes]) -> None:
    assert [each for each in constraint().possible(written.encode()) if each] == texts


@pytest.mark.parametrize(
    ("written", "piece", "accepted"),
    [
        ("job:\n  ", "fa", True),
        ("job:\n  ", "fi", False),
        ("job:\n  fas", ":", False),
        ("job:\n  fas", "\n", False),
        ("job:\n", "  fi", False),
        ("job:\n  ", "# fi", False),  # instead of a key
        ("job:\n  ", "# fi # fa", False),
        ("job:\n  ", "fast: 1 # fi", True),
        ("job:\n  fast", ": 1\n  fi", False),
    ],
)
def test_keys_that_begin_lines(written: str, piece: str, accepted: bool) -> None:
    assert constraint(language=YAML).accepts(written.encode(), piece.encode()) is accepted


def test_the_last_blank_of_an_indentation_may_be_of_the_same_token_as_a_key() -> None:
    def indented(place: KeyPlace) -> NameTrie | None:
        return KEYS if place.head.endswith("\n  ") else None

    asked = CallConstraint("", YAML, lambda _: None, lambda _: None, keys_of=indented)
    assert asked.possible(b"job:\n ") == [b" a-b", b" fast", b" retries"]
    assert asked.possible(b"job:\n  re") == [b"tries"]
    assert list(asked.possible(b"job:\n")) == []


def test_languages_without_such_places_say_nothing_of_keys() -> None:
    assert constraint(language=PYTHON).accepts(b"f({", b" fi")
    assert constraint(language=TYPESCRIPT).accepts(b"p = <Button ", b"li")  # a type
    assert not constraint(language=TYPESCRIPT).accepts(b"f({", b" fi")
