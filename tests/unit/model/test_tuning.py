"""Threads: one per physical core, until another number has been faster twice in a row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from soothsay.model.local import tuning
from soothsay.model.local.tuning import Threads, ThreadTuner, Timing, Tuning, choose

DEFAULT = Threads(4, 4)
# what was measured: so many threads, seconds for one token, seconds for a batch
EIGHT_WINS = [Timing(2, 0.030, 1.2), Timing(4, 0.020, 0.8), Timing(8, 0.012, 0.5)]
NOISE = [Timing(2, 0.030, 1.2), Timing(4, 0.020, 0.8), Timing(8, 0.0195, 0.79)]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tuning, "candidates", lambda: (2, 4, 8))
    monkeypatch.setattr(tuning, "default_threads", lambda: DEFAULT)
    path = tmp_path / "m.gguf"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def tuner(model: Path) -> Callable[[], ThreadTuner]:
    """A tuner of the same model in another process, each time it is called."""
    return lambda: ThreadTuner(model, lambda: DEFAULT)


Tuner = Callable[[], ThreadTuner]


def test_the_default_comes_first(tuner: Tuner) -> None:
    found = tuner().tuning()
    assert found.threads == DEFAULT and not found.is_settled
    assert found.describe() == "4 (one per physical core; not measured yet, which needs an idle machine)"


def test_one_win_is_not_enough(tuner: Tuner) -> None:
    tuner().note(EIGHT_WINS)
    found = tuner().tuning()
    assert found.threads == DEFAULT and found.winner == Threads(8, 8) and not found.is_settled
    assert "once more" in found.describe()


def test_two_wins_in_a_row_switch(tuner: Tuner) -> None:
    tuner().note(EIGHT_WINS)
    tuner().note(EIGHT_WINS)
    found = tuner().tuning()
    assert found.threads == Threads(8, 8) and found.is_settled
    assert found.describe() == "8 (faster than one per physical core in 2 measurements on an idle machine)"


def test_wins_count_only_in_a_row(tuner: Tuner) -> None:
    tuner().note(EIGHT_WINS)
    tuner().note(NOISE)
    tuner().note(EIGHT_WINS)
    assert tuner().tuning().threads == DEFAULT


def test_noise_never_switches(tuner: Tuner) -> None:
    for _ in range(4):
        tuner().note(NOISE)
    found = tuner().tuning()
    assert found.threads == DEFAULT and found.is_settled
    assert "fastest in 4 measurements" in found.describe()


def test_the_default_is_taken_back_at_once(tuner: Tuner) -> None:
    tuner().note(EIGHT_WINS)
    tuner().note(EIGHT_WINS)
    tuner().note(NOISE)
    assert tuner().tuning().threads == DEFAULT


def test_writing_and_reading_are_chosen_apart() -> None:
    timings = [Timing(2, 0.015, 1.2), Timing(4, 0.020, 0.8), Timing(8, 0.021, 0.5)]
    assert choose(timings, DEFAULT) == Threads(2, 8)
    assert Tuning(Threads(2, 8), Threads(2, 8), 2).describe().startswith("2 to write, 8 to read")


def test_the_best_of_several_timings_counts_and_the_default_where_it_was_not_measured() -> None:
    assert choose([*EIGHT_WINS, Timing(4, 0.011, 0.4)], DEFAULT) == DEFAULT
    assert choose([Timing(2, 0.001, 0.1)], DEFAULT) == DEFAULT
    assert choose([], DEFAULT) == DEFAULT


def test_it_expires(tuner: Tuner, monkeypatch: pytest.MonkeyPatch) -> None:
    tuner().note(EIGHT_WINS)
    tuner().note(EIGHT_WINS)
    now = tuning.time.time()
    monkeypatch.setattr(tuning.time, "time", lambda: now + 8 * 86_400)
    found = tuner().tuning()
    assert found.threads == Threads(8, 8) and not found.is_settled  # used, and measured again
    monkeypatch.setattr(tuning.time, "time", lambda: now - 3_600)  # the clock was set back
    assert not tuner().tuning().is_settled


@pytest.mark.parametrize("what", ["cores", "processor", "library", "model"])
def test_another_machine_library_or_model_begins_anew(
    what: str, tuner: Tuner, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuner().note(EIGHT_WINS)
    tuner().note(EIGHT_WINS)
    match what:
        case "cores":
            monkeypatch.setattr(tuning, "candidates", lambda: (1, 2))
        case "processor":
            monkeypatch.setattr(tuning, "processor", lambda: "another")
        case "library":
            monkeypatch.setattr(tuning, "library_id", lambda folder: "another")
        case _:
            model.write_bytes(b"other weights")
    assert tuner().tuning() == Tuning(DEFAULT)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}', '{"KEY": []}', '{"KEY": {"threads": {}}}'])
def test_a_spoilt_file_is_no_measurement(content: str, tuner: Tuner, tmp_path: Path) -> None:
    tuner().note(EIGHT_WINS)
    path = tmp_path / "cache" / "threads.json"
    key = next(iter(json.loads(path.read_text())))
    path.write_text(content.replace("KEY", key))
    assert tuner().tuning() == Tuning(DEFAULT)
    tuner().note(EIGHT_WINS)
    assert tuner().note(EIGHT_WINS).threads == Threads(8, 8)


def test_a_cache_that_cannot_be_written_is_no_error(tuner: Tuner, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    tuner().note(EIGHT_WINS)
    assert tuner().tuning() == Tuning(DEFAULT)


@pytest.mark.parametrize(
    ("physical", "logical", "allowed", "quota", "cores"),
    [
        (4, 8, 8, None, 4),  # two threads a core
        (4, 4, 4, None, 4),
        (8, 16, 4, None, 2),  # a container that may use four of sixteen
        (8, 16, 16, 2.0, 2),  # a share of the time
        (8, 16, 16, 0.5, 1),
        (1, 1, 1, None, 1),
    ],
)
def test_physical_cores_that_may_be_used(
    physical: int,
    logical: int,
    allowed: int,
    quota: float | None,
    cores: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        tuning.psutil, "cpu_count", lambda logical_=True, **named: _count(named, physical, logical)
    )
    monkeypatch.setattr(tuning.os, "sched_getaffinity", lambda _: set(range(allowed)), raising=False)
    monkeypatch.setattr(tuning, "_quota", lambda: quota)
    assert tuning.available_cores() == cores
    assert max(tuning.candidates()) <= max(allowed, cores) and cores in tuning.candidates()


def _count(named: dict[str, bool], physical: int, logical: int) -> int:
    return logical if named.get("logical", True) else physical
