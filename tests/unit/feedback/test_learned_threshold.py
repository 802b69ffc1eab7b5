"""The trigger's threshold of a workspace: learned where looking up pays for unsure names more than for sure ones."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from test_feedback_log import row

from soothsay.config import ModelSettings, Settings, TriggerSettings
from soothsay.engine.watch import Rules
from soothsay.feedback.gate import OUTCOMES
from soothsay.feedback.learning import learn_threshold, learn_thresholds
from soothsay.feedback.rows import FeedbackRow
from soothsay.feedback.thresholds import LearnedThreshold, learned_threshold, thresholds_to_text
from soothsay.model.types import Capabilities

USUAL = 0.7


def rows(count: int, crossing: float | None, seed: int = 1, **changes: object) -> list[FeedbackRow]:
    """Rows in which looking up pays below the certainty ``crossing``; nowhere more than elsewhere where it is None."""
    chance = random.Random(seed)
    made: list[FeedbackRow] = []
    for number in range(count):
        certainty = chance.random()
        # the model's own threshold decides; of one in five names something else did (a name that is in the prompt, or unknown)
        retrieved = (certainty < USUAL) != (chance.random() < 0.2)
        gain = 0.0 if crossing is None else 6 * (crossing - certainty)
        likely = 1 / (1 + math.exp(-(4 * (certainty - 0.5) + (gain if retrieved else 0.0))))
        is_kept = chance.random() < likely
        made.append(
            row(
                str(number),
                method="full",
                features={"confidence": certainty, "threshold": USUAL, "retrieved": float(retrieved)},
                became="accepted" if is_kept else "rejected",
                taken=10 if is_kept else 0,
                kept_5min=10 if is_kept else 0,
                **changes,
            )
        )
    return made


@pytest.mark.parametrize("crossing", [0.62, 0.7, 0.78])
def test_it_is_where_looking_up_begins_to_pay(crossing: float):
    found = [learn_threshold(rows(1_500, crossing, seed)) for seed in range(5)]
    told = [each for each in found if each is not None]
    assert len(told) == 5
    assert abs(sum(told) / len(told) - crossing) < 0.06


def test_it_moves_a_little_at_a_time_and_never_to_an_end():
    low, high = learn_threshold(rows(1_500, 0.2)), learn_threshold(rows(1_500, 0.99))
    assert low is not None and abs(low - (USUAL - 0.15)) < 1e-9
    assert high is not None and abs(high - (USUAL + 0.15)) < 1e-9


def test_nothing_is_learned_from_few_outcomes_or_from_one_kind():
    enough = rows(OUTCOMES, 0.7)
    assert learn_threshold(enough[1:]) is None
    assert learn_threshold([each for each in rows(2_000, 0.7) if each.features["retrieved"]]) is None
    assert learn_threshold([]) is None


def test_nothing_is_learned_where_looking_up_pays_nothing():
    learned = [learn_threshold(rows(400, None, seed)) for seed in range(20)]
    assert sum(each is not None for each in learned) <= 4, "one in five by chance: it moves by 0.15 at most"


def test_each_workspace_and_model_has_its_own():
    mixed = rows(1_000, 0.78, 1, workspace="a", model="small") + rows(
        1_000, 0.62, 2, workspace="b", model="small"
    )
    found = {each.workspace: each for each in learn_thresholds(mixed)}
    assert set(found) == {"a", "b"}
    assert found["a"].certainty > USUAL > found["b"].certainty
    assert found["a"].outcomes == 1_000


def test_what_is_kept_is_used_unless_the_user_has_set_one(tmp_path: Path):
    path = tmp_path / "thresholds.json"
    path.write_text(thresholds_to_text((LearnedThreshold("a", "small", 0.61, 300),)))
    assert learned_threshold(path, "a", "small") == 0.61
    assert learned_threshold(path, "a", "large") == learned_threshold(path, "b", "small") == 0.0

    all_of_it = Capabilities(full_distribution=True)
    found = Rules.of("full", Settings(), all_of_it, None, 0.61)
    assert (found.threshold, found.learned) == (0.61, True)
    own = Settings(model=ModelSettings(), trigger=TriggerSettings(certainty=0.5))
    assert Rules.of("full", own, all_of_it, None, 0.61).threshold == 0.5
    assert not Rules.of("confidence", Settings(), all_of_it, None, 0.61).learned


@pytest.mark.parametrize("text", ["", "[]", "null", '{"version": 1}', '{"version": 1, "learned": [3]}'])
def test_a_damaged_file_is_no_threshold(tmp_path: Path, text: str):
    path = tmp_path / "thresholds.json"
    path.write_text(text)
    assert learned_threshold(path, "a", "small") == 0.0
    path.write_text(
        json.dumps({"version": 1, "learned": [{"workspace": "a", "model": "small", "certainty": 7}]})
    )
    assert learned_threshold(path, "a", "small") == 0.0
