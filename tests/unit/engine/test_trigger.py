"""Confidence over the tokens of a name, however the tokenizer cut it, and what each method does with it."""

import pytest

from soothsay.engine.api_names import api_names
from soothsay.engine.trigger import confidence, decide, name_tokens
from soothsay.model.types import Token
from soothsay_languages.analysis import read_fragment
from soothsay_languages.python import LANGUAGE


def tokens(*pairs: tuple[str, float]) -> list[Token]:
    return [Token(text.encode(), probability) for text, probability in pairs]


def test_confidence_is_the_minimum_over_the_name_only() -> None:
    draft = tokens(("x", 0.1), (" =", 0.2), (" client", 0.3), (".create", 0.65), ("_job", 0.92), ("(", 0.05))
    (name,) = api_names(read_fragment("x = client.create_job(", LANGUAGE), "x = client.create_job(")
    assert confidence(name, draft, 0) == 0.65


def test_typed_bytes_are_not_the_drafts() -> None:
    # the user typed "client.cr"; token healing generated ".create" from the dot on
    draft = tokens((".create", 0.9), ("_job", 0.7), ("(", 1.0))
    (name,) = api_names(read_fragment("client.cr" + "eate_job(", LANGUAGE), "eate_job(")
    assert [t.text for t in name_tokens(name, draft, typed=len(".cr"))] == [".create", "_job"]


def test_a_name_split_inside_a_character_is_still_found() -> None:
    data = "größe(".encode()
    split = data.index(b"\xc3") + 1
    draft = [Token(data[:split], 0.5), Token(data[split:], 0.9)]
    (name,) = api_names(read_fragment("größe(", LANGUAGE), "größe(")
    assert confidence(name, draft, 0) == 0.5


def test_text_before_the_name_may_be_multi_byte() -> None:
    draft = tokens(("s = '日本' + ", 0.1), ("np", 0.9), (".sum", 0.8), ("(", 0.1))
    (name,) = api_names(read_fragment("s = '日本' + np.sum(", LANGUAGE), "s = '日本' + np.sum(")
    assert confidence(name, draft, 0) == 0.8


@pytest.mark.parametrize(
    ("method", "sure", "known", "reasons"),
    [
        ("base", 0.1, False, ()),
        ("dag", 0.99, True, ("always",)),
        ("index_lookup", 0.1, True, ()),
        ("index_lookup", 0.9, False, ("not_in_index",)),
        ("confidence", 0.7, True, ("low_confidence",)),
        ("confidence", 0.9, False, ()),
        ("dag++", 0.9, True, ()),
        ("dag++", 0.9, False, ("not_in_index",)),
        ("dag++", 0.7, True, ("low_confidence",)),
        ("dag++", 0.7, False, ("not_in_index", "low_confidence")),
    ],
)
def test_decide(method, sure: float, known: bool, reasons: tuple[str, ...]) -> None:
    decision = decide(method, "name", sure, known, False, 0.8)
    assert decision.reasons == reasons
    assert decision.fired is bool(reasons)


@pytest.mark.parametrize(("method", "fired"), [("full", False), ("dag++", True), ("confidence", True)])
def test_a_name_that_was_read_is_believed_by_full(method, fired: bool) -> None:
    assert decide(method, "name", 0.3, True, True, 0.8).fired is fired
