"""The setting ``completion.max_lines``: where the last line that is allowed ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from soothsay.engine.draft import end_of_lines


def test_the_line_under_way_has_not_ended() -> None:
    assert end_of_lines("return weight", 1) is None
    assert end_of_lines("return weight\n", 1) == len("return weight")


def test_lines_without_text_do_not_count() -> None:
    text = "\n\n    kilos = 1\n    return kilos\n"
    assert text[: end_of_lines(text, 1)] == "\n\n    kilos = 1"
    assert text[: end_of_lines(text, 2)] == "\n\n    kilos = 1\n    return kilos"
    assert end_of_lines(text, 3) is None


@given(st.text("ab \n", max_size=40), st.integers(1, 5))
def test_what_is_kept_has_so_many_lines_with_text(text: str, count: int) -> None:
    end = end_of_lines(text, count)
    if end is None:
        assert sum(bool(line.strip()) for line in text.split("\n")[:-1]) < count
    else:
        assert sum(bool(line.strip()) for line in text[:end].split("\n")) == count
        assert text[end] == "\n"
