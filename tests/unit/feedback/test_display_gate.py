"""The display gate: learned from enough outcomes, better than the mean or not at all, and fast."""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from test_feedback_log import row

from soothsay.feedback.gate import LEAST, OUTCOMES, DisplayGate, Weight, gate_to_text, is_tried, read_gate
from soothsay.feedback.learning import keep, learn, outcome
from soothsay.feedback.rows import FeedbackRow


def rows(count: int, seed: int = 1, *, telling: bool = True) -> list[FeedbackRow]:
    """Rows whose confidence tells whether they are kept, or does not."""
    chance = random.Random(seed)
    made: list[FeedbackRow] = []
    for number in range(count):
        confidence = chance.random()
        likely = 1 / (1 + math.exp(-8 * (confidence - 0.5))) if telling else 0.4
        is_kept = chance.random() < likely
        features = {"confidence": confidence, "lines": float(chance.randint(1, 5)), "automatic": 1.0}
        if number % 7 == 0:
            del features["lines"]
        made.append(
            row(
                str(number),
                features=features,
                became="accepted" if is_kept else "rejected",
                taken=10 if is_kept else 0,
                kept_5min=10 if is_kept else 0,
            )
        )
    return made


def test_nothing_is_learned_from_few_outcomes():
    assert learn(rows(OUTCOMES - 1)) is None
    unknown = [replace(each, became="accepted", kept_5min=None) for each in rows(OUTCOMES)]
    assert learn(unknown) is None


def test_it_tells_what_is_kept_from_what_is_not():
    gate = learn(rows(600))
    assert gate is not None and gate.outcomes == 600
    low, high = gate.chance({"confidence": 0.1}), gate.chance({"confidence": 0.9})
    assert low.probability < LEAST < 0.8 < high.probability
    assert not low.is_shown and high.is_shown
    assert "automatic" not in gate.weights, "it is the same in all rows"


def test_its_probabilities_are_those_of_new_rows():
    gate = learn(rows(2_000))
    assert gate is not None
    new = rows(2_000, seed=2)
    for low in (0.0, 0.25, 0.5, 0.75):
        within = [
            (chance, each.became == "accepted")
            for each in new
            if low <= (chance := gate.chance(each.features).probability) < low + 0.25
        ]
        foretold = sum(chance for chance, _ in within) / len(within)
        happened = sum(is_kept for _, is_kept in within) / len(within)
        assert abs(foretold - happened) < 0.08


def test_what_tells_nothing_hides_nothing():
    hiding = 0
    for seed in range(10):
        gate = learn(rows(400, seed, telling=False))
        if gate is not None:
            new = rows(400, seed + 100, telling=False)
            hiding += sum(not gate.chance(each.features).is_shown for each in new)
    assert hiding <= 0.01 * 10 * 400


@pytest.mark.parametrize(("result", "share"), [(True, 0.0), (False, 1.0)], ids=["all kept", "none kept"])
def test_one_outcome_alone_is_no_reason_to_fail(result: bool, share: float):
    became = "accepted" if result else "ignored"
    same = [replace(each, became=became, kept_5min=10 if result else 0) for each in rows(OUTCOMES)]
    gate = learn(same)
    assert gate is None or abs(gate.chance({}).probability - (1 - share)) < 0.1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"became": "rejected"}, False),
        ({"became": "ignored", "kept_5min": 10}, False),
        ({"became": "accepted", "kept_5min": 6}, True),
        ({"became": "accepted", "kept_10s": 10, "kept_5min": 0}, False),
        ({"became": "accepted", "kept_10s": 10}, True),
        ({"became": "accepted"}, None),
        ({"became": "partly", "taken": 2, "kept_5min": 2}, False),
        ({"became": "partly", "taken": 8, "kept_5min": 8}, True),
    ],
)
def test_what_counts_as_kept(changes: dict[str, object], expected: bool | None):
    assert outcome(row(**changes)) is expected  # type: ignore[arg-type]


def test_it_is_kept_in_a_file_and_one_that_nothing_can_be_said_for_is_removed(tmp_path: Path):
    path = tmp_path / "gate.json"
    gate = DisplayGate(300, -0.5, {"confidence": Weight(0.5, 0.2, 1.5)})
    keep(gate_to_text(gate), path)
    assert read_gate(path) == gate
    keep(None, path)
    assert read_gate(path) is None and not path.exists()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 1}', gate_to_text(DisplayGate(1, 0.0, {"a": Weight(0, 0.0, 1)})), "null"],
)
def test_a_damaged_file_is_no_gate(tmp_path: Path, text: str):
    path = tmp_path / "gate.json"
    path.write_text(text)
    assert read_gate(path) is None
    path.write_text(json.dumps({"version": 99, "outcomes": 1, "bias": 0, "weights": {}}))
    assert read_gate(path) is None


def test_one_of_ten_is_tried_and_the_same_at_each_key():
    tried = [is_tried("salt", str(number)) for number in range(5_000)]
    assert 0.08 < sum(tried) / len(tried) < 0.12
    assert tried == [is_tried("salt", str(number)) for number in range(5_000)]
    assert tried != [is_tried("other", str(number)) for number in range(5_000)]


def test_it_takes_less_than_a_millisecond():
    gate = DisplayGate(300, 0.0, {f"feature_{number}": Weight(0.5, 0.2, 0.1) for number in range(40)})
    features = {f"feature_{number}": 0.3 for number in range(40)}
    fastest = min(_timed(gate, features) for _ in range(50))
    assert fastest < 0.001


def _timed(gate: DisplayGate, features: dict[str, float]) -> float:
    began = time.perf_counter()
    gate.chance(features)
    return time.perf_counter() - began
