"""Guessing repetitions."""

from __future__ import annotations

import random

import pytest

from soothsay.model.lookup import Lookup, find_continuation


@pytest.mark.parametrize(
    ("tokens", "guessed"),
    [
        ([1, 2, 3, 4, 5, 9, 1, 2], [3, 4, 5]),
        ([1, 2, 3, 9, 1, 2, 4, 9, 1, 2], [4, 9, 1]),  # the latest
        ([7, 1, 2, 3, 9, 8, 1, 2, 4, 9, 7, 1, 2], [3, 9, 8]),  # the longest
        ([1, 2, 3], []),
        ([2, 3, 9, 2], []),  # one token is no match
        ([1, 2, 1, 2], [1, 2]),
        ([], []),
    ],
)
def test_what_followed_before(tokens: list[int], guessed: list[int]) -> None:
    assert find_continuation(tokens) == guessed


def test_every_match_is_found() -> None:
    chance = random.Random(3)
    for _ in range(500):
        tokens = [chance.randrange(5) for _ in range(chance.randrange(2, 40))]
        pairs = [i for i in range(len(tokens) - 2) if tokens[i : i + 2] == tokens[-2:]]
        assert bool(find_continuation(tokens)) == bool(pairs), tokens


def test_guessing_stops_where_it_does_not_pay_and_is_tried_again() -> None:
    lookup = Lookup()
    tokens = [1, 2, 3, 4, 5, 9, 1, 2]
    assert lookup.guess(tokens)
    for _ in range(3):
        lookup.learn(true=False)
    assert not lookup.guess(tokens)
    waited = 1
    while not lookup.guess(tokens):
        waited += 1
    assert 10 < waited < 50
    for _ in range(6):
        lookup.learn(true=True)
    assert lookup.guess(tokens)
