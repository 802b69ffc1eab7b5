"""A model that nobody has measured: tasks from documentation, and thresholds from how sure it was of what does not exist."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeIndex, FakeModel, function

from soothsay.config import ModelSettings, Settings
from soothsay.engine.calibration import FEWEST, Guess, guess, tasks_of, thresholds_from
from soothsay.engine.watch import Rules
from soothsay.model.files.registry import DEFAULT_THRESHOLDS, Thresholds
from soothsay.model.files.thresholds import keep_measured, measured_here, needs_measuring
from soothsay.model.types import Capabilities
from soothsay_languages.python import LANGUAGE

SYMBOLS = [
    replace(function(f"shop.{name}"), summary=f"Do what {name} says.") for name in ("pay", "_hide", "send")
]


def test_a_task_is_a_documented_function_as_a_comment() -> None:
    tasks = tasks_of([*SYMBOLS, function("shop.bare")], LANGUAGE)
    assert [task.text for task in tasks] == [
        "# Do what pay says.\nshop.",
        "# Do what send says.\nshop.",
    ]
    assert tasks[0].names == {"pay", "_hide", "send", "bare"}


@pytest.mark.parametrize(("written", "exists"), [("send", True), ("refund", False)])
def test_a_guess_is_judged_by_what_the_module_has(written: str, exists: bool) -> None:
    model = FakeModel([(written[:2], 0.9), (written[2:], 0.5), ("(", 1.0), ("everything", 1.0)])
    found = guess(model, FakeIndex(), LANGUAGE, tasks_of(SYMBOLS, LANGUAGE)[0])
    assert found is not None
    assert (found.exists, found.confidence) == (exists, 0.5)
    assert 0.5 < found.certainty < 0.9


def test_what_is_no_name_tells_nothing() -> None:
    assert guess(FakeModel([("(", 1.0)]), FakeIndex(), LANGUAGE, tasks_of(SYMBOLS, LANGUAGE)[0]) is None


def test_names_that_do_not_exist_are_below_the_thresholds() -> None:
    right = [Guess(0.95, 0.95, True)] * FEWEST
    sure = [Guess(0.82, 0.3, False)] * FEWEST
    assert thresholds_from([*right, *sure]) == Thresholds(0.85, DEFAULT_THRESHOLDS.confidence)
    assert thresholds_from([*right, *[Guess(0.99, 0.99, False)] * FEWEST]) == Thresholds(0.95, 0.95)
    assert thresholds_from([*right, *sure[1:]]) is None


def test_a_model_that_is_unsure_of_all_it_does_not_know_has_the_default() -> None:
    assert thresholds_from([Guess(0.2, 0.1, False)] * 100) == DEFAULT_THRESHOLDS


def test_they_are_kept_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path))
    model = tmp_path / "of-a-stranger.gguf"
    assert needs_measuring(model) and measured_here(model) is None
    keep_measured(model, Thresholds(0.55, 0.65), 100)
    settings = Settings(model=ModelSettings(path=str(model)))
    rules = Rules.of("full", settings, Capabilities(full_distribution=True), measured_here(model))
    assert (rules.threshold, rules.calibrated) == (0.55, True)
    assert not Rules.of("full", settings, Capabilities(full_distribution=True)).calibrated
    keep_measured(model, None, 3)
    assert measured_here(model) is None and not needs_measuring(model), (
        "it told nothing, and is not tried again"
    )
