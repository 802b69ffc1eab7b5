"""Which sequence a prompt goes on from."""

from __future__ import annotations

import random

from soothsay.model.local.sequences import Plan, cells, common_prefix, plan

FILE = list(range(1000))
OTHER = list(range(5000, 6000))


def test_typing_goes_on_where_it_was():
    assert plan([FILE, []], [1, 0], [*FILE, 7], 4000) == Plan(0, 1000)


def test_the_last_token_is_evaluated_again():
    assert plan([FILE], [0], FILE, 4000) == Plan(0, 999)


def test_another_file_takes_an_empty_sequence():
    assert plan([FILE, []], [1, 0], OTHER, 4000) == Plan(1, 0)


def test_without_an_empty_one_it_takes_the_longest_unused():
    assert plan([FILE, OTHER], [1, 0], list(range(9000, 9900)), 4000) == Plan(1, 0, None, (1,))


def test_another_place_of_a_file_copies_what_is_before_both():
    elsewhere = [*FILE[:400], *range(8000, 8400)]
    assert plan([FILE, []], [1, 0], elsewhere, 4000) == Plan(1, 400, 0)


def test_a_little_is_not_worth_a_copy():
    assert plan([FILE, []], [1, 0], [*FILE[:800], 3], 4000) == Plan(0, 800)


PLACE = FILE[:300]
LINE = [*range(1100, 1130)]
DOCUMENTED = [*PLACE, *range(2000, 2120), *LINE]


def test_documents_leave_the_prompt_without_them_as_it_is():
    assert plan([[*PLACE, *LINE], []], [1, 0], DOCUMENTED, 4000) == Plan(1, 300, 0)


def test_both_are_gone_on_from_when_the_line_is_typed_on():
    held, used = [[*PLACE, *LINE], DOCUMENTED, []], [2, 0, 1]
    assert plan(held, used, [*PLACE, *LINE, 7], 4000) == Plan(0, 330)
    assert plan(held, used, [*DOCUMENTED, 7], 4000) == Plan(1, 450)
    assert plan(held, used, [*DOCUMENTED[:-2], 7], 4000) == Plan(1, 448)


def test_other_documents_for_the_place_take_the_place_of_those_before():
    others = [*PLACE, *range(3000, 3150), *LINE]
    assert plan([[*PLACE, *LINE], DOCUMENTED, []], [2, 1, 0], others, 4000) == Plan(1, 300, 0, (1,))


def test_what_is_in_two_sequences_takes_room_once():
    assert cells([[*PLACE, *LINE], DOCUMENTED, []]) == 300 + 30 + 150
    assert plan([[*PLACE, *LINE], OTHER[:500], []], [2, 1, 0], DOCUMENTED, 1000) == Plan(2, 300, 0)


def test_what_does_not_fit_makes_room():
    assert plan([FILE, OTHER, []], [1, 0, 2], list(range(9000, 9900)), 2000) == Plan(2, 0, None, (1,))
    assert plan([FILE, OTHER], [1, 0], [*FILE, *range(9000, 9900)], 2000) == Plan(0, 1000, None, (1,))


def test_one_sequence_is_always_the_one():
    assert plan([FILE], [0], OTHER, 1100) == Plan(0, 0)


def test_whatever_is_planned_fits_and_is_true():
    chance = random.Random(1)
    room = 3000
    for _ in range(2000):
        held = [
            FILE[: chance.randrange(1001)] if chance.random() < 0.5 else OTHER[: chance.randrange(1001)]
            for _ in range(3)
        ]
        used = chance.sample(range(3), 3)
        tokens = [
            *chance.choice([FILE, OTHER])[: chance.randrange(900)],
            *range(20_000, 20_000 + chance.randrange(1, 1500)),
        ]
        found = plan(held, used, tokens, room)
        after = [[] if number in found.emptied else list(each) for number, each in enumerate(held)]
        source = held[found.sequence] if found.copied_from is None else held[found.copied_from]
        assert source[: found.keep] == tokens[: found.keep] and found.keep < len(tokens)
        after[found.sequence] = tokens
        assert cells(after) <= room


def test_common_prefix():
    assert common_prefix([1, 2, 3], [1, 2, 4]) == 2
    assert common_prefix([], [1]) == 0
    assert common_prefix([1, 2], [1, 2, 3]) == 2
