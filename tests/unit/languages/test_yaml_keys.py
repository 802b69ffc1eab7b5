"""Where keys are written in YAML: at the beginning of a line, outside of brackets."""

from __future__ import annotations

import pytest

from soothsay_languages.keys import KeyPlace
from soothsay_languages.scan import scan
from soothsay_languages.yaml import LANGUAGE


def key_in(code: str) -> KeyPlace | None:
    assert LANGUAGE.key is not None
    return LANGUAGE.key(code, scan(code, LANGUAGE.lexis))


@pytest.mark.parametrize(
    ("code", "begun"),
    [
        ("", ""),
        ("  ", ""),
        ("  runs-o", "runs-o"),
        ("  runs-", "runs-"),
        ("jobs:\n  one:\n    ti", "ti"),
        ("steps: [{a: b}]\n", ""),
    ],
)
def test_a_key_begins_a_line(code: str, begun: str) -> None:
    place = key_in(code)
    assert place is not None
    assert (place.head, code[place.start :], place.tail) == (code.removesuffix(begun), begun, "")
    assert place.first == place.start and place.excludes_comments


@pytest.mark.parametrize(
    "code", ["a: ", "a: b", "a:", "- ", "- a", "steps: [{", "steps: [\n  ", "# a", "  1", "a b"]
)
def test_no_key_is_written_there(code: str) -> None:
    assert key_in(code) is None
