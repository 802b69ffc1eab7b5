"""The query: what is wanted, without what the model made up."""

import pytest

from soothsay.engine.query import intent, lines_before, masked, nearest
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


def test_of_a_huge_comment_the_nearest_part_is_asked_for() -> None:
    text = (
        "".join(f"# crate = shed.crate_of({number})\n" for number in range(100)) + "# Weigh the crates\nx = "
    )
    wanted = intent(text, len(text), "#")
    assert wanted.endswith("Weigh the crates")
    assert len(wanted) <= 400
    one_line = "# " + "word " * 2_000 + "Weigh the crates"
    assert len(intent(one_line, len(one_line), "#")) <= 400


def test_of_a_long_docstring_the_beginning_is_asked_for() -> None:
    text = f'def f():\n    """Weigh the crates. {"word " * 1_000}"""\n    '
    assert intent(text, len(text), "#").startswith("Weigh the crates. word")
    assert len(intent(text, len(text), "#")) <= 400


def test_of_a_huge_statement_the_end_is_asked_for() -> None:
    assert nearest("x = f(1)") == "x = f(1)"
    statement = "x = [" + "1, " * 5_000 + "shed.weigh("
    assert nearest(statement).endswith("1, shed.weigh(")
    assert len(nearest(statement)) <= 400


def test_code_to_compare_with_has_short_lines() -> None:
    text = "a\n" + "b" * 10_000 + "c\nd = e"
    assert [len(line) for line in lines_before(text, len(text), 2).split("\n")] == [200, 5]
    assert lines_before(text, len(text), 2).endswith("bc\nd = e")
