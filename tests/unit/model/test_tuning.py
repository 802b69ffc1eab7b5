"""Threads: measured once, and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from soothsay.model import tuning
from soothsay.model.tuning import Threads, Timing, choose, remembered


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tuning, "candidates", lambda: (2, 4))
    path = tmp_path / "m.gguf"
    path.write_bytes(b"weights")
    return path


class Machine:
    def __init__(self) -> None:
        self.measured = 0

    def __call__(self, tried: Sequence[int]) -> list[Timing]:
        self.measured += 1
        return [Timing(threads, 1.0 / threads, 8.0 / threads) for threads in tried]


def test_the_fastest_is_chosen_for_each_and_noise_is_not_believed() -> None:
    timings = [
        Timing(2, 0.020, 1.0), Timing(4, 0.030, 0.6), Timing(8, 0.040, 0.59),
        Timing(2, 0.090, 2.0), Timing(4, 0.015, 0.7), Timing(8, 0.041, 0.60),
    ]  # fmt: skip
    assert choose(timings) == Threads(4, 4)  # eight gain under 5 % over four


def test_it_is_measured_once(model: Path) -> None:
    machine = Machine()
    assert remembered(model, machine) == remembered(model, machine) == Threads(4, 4)
    assert machine.measured == 1
    model.write_bytes(b"other weights")
    remembered(model, machine)
    assert machine.measured == 2


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}'])
def test_a_spoilt_file_is_measured_again(model: Path, tmp_path: Path, content: str) -> None:
    path = tmp_path / "cache" / "threads.json"
    path.parent.mkdir()
    path.write_text(content)
    machine = Machine()
    assert remembered(model, machine) == remembered(model, machine)
    assert machine.measured == 1


def test_a_cache_that_cannot_be_written_is_no_error(model: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert remembered(model, Machine()) == Threads(4, 4)


def test_one_core_needs_no_measuring(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "candidates", lambda: (1,))
    machine = Machine()
    assert remembered(model, machine) == Threads(1, 1) and machine.measured == 0
