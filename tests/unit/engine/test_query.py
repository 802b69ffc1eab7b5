"""The query: what is wanted, without what the model made up."""

import pytest

from soothsay.engine.query import intent, masked
from soothsay.model.types import Token


def test_identifiers_with_a_doubtful_token_are_masked_whole() -> None:
    draft = [Token(b".create", 0.9), Token(b"_job", 0.3), Token(b"(name", 0.9), Token(b"=1", 0.9)]
    assert masked(draft, typed=0).split() == [".", "(name=1"]


def test_what_was_typed_is_left_out() -> None:
    assert masked([Token(b".create", 0.9), Token(b"_job", 0.9)], typed=3) == "eate_job"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# Make a job\nclient.", "Make a job"),
        ("    # Make a job\n    # of two lines\n    x = client.", "Make a job of two lines"),
        ("# Make a job\n\n", "Make a job"),
        ("# old\nx = 1\ny = ", ""),
        ('def f():\n    """Add the totals."""\n    ', "Add the totals."),
        ("# Make a job", "Make a job"),
        ("", ""),
    ],
)
def test_intent(text: str, wanted: str) -> None:
    assert intent(text, len(text), "#") == wanted
