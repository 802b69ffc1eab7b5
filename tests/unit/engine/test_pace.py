"""How fast the model reads is what it was seen to do, the last time most of all."""

from __future__ import annotations

import pytest

from soothsay.engine.pace import Pace


def test_before_anything_was_read_a_usual_speed_is_assumed() -> None:
    assert 64 <= Pace().tokens_in(1.0) <= 1024
    assert Pace().tokens_in(0.0) == 0


def test_it_is_what_was_seen() -> None:
    pace = Pace()
    pace.saw(400, 2.0)
    assert pace.tokens_in(0.5) == 100


def test_what_was_seen_last_counts_most() -> None:
    pace = Pace()
    for tokens, seconds in ((100, 1.0), (100, 1.0), (400, 1.0)):
        pace.saw(tokens, seconds)
    assert 200 < pace.tokens_in(1.0) < 400


@pytest.mark.parametrize(("tokens", "seconds"), [(2, 0.04), (0, 1.0), (100, 0.0)])
def test_a_few_tokens_tell_nothing(tokens: int, seconds: float) -> None:
    pace, usual = Pace(), Pace()
    pace.saw(tokens, seconds)
    assert pace.tokens_in(1.0) == usual.tokens_in(1.0)


def test_reading_and_writing_have_speeds_of_their_own() -> None:
    pace = Pace()
    pace.saw(400, 2.0)
    pace.saw_written(20, 2.0)
    assert pace.seconds_for(100, 30) == pytest.approx(0.5 + 3.0)
    assert Pace().seconds_for(0, 0) == 0
