"""Faster weights are made, and models calibrated, while nobody needs the machine: not before, not twice, and given up for whoever waits."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from backend_stand_ins import PATIENCE, until

from soothsay.backend import improving as module
from soothsay.backend.improving import improve_when_idle
from soothsay.backend.models import ModelPool
from soothsay.backend.work_priority import WorkPriority
from soothsay.model.files.registry import REGISTRY, Thresholds
from soothsay.model.files.thresholds import keep_measured, measured_here, needs_measuring
from soothsay.model.files.variants import is_decided, note_decided

MODEL = "qwen2.5-coder-0.5b"


class Machine:
    """A backend that has loaded the pulled weights; ``script`` stands for the command, ``begun`` counts its starts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.models = ModelPool()
        self.models.note_original(MODEL)
        self.priority = WorkPriority()
        self.builds = False
        self.end = threading.Event()
        self.script = "pass"
        self.asked: list[tuple[str, str]] = []
        self._starts = folder / "starts"
        self._starts.touch()
        monkeypatch.setenv("SOOTHSAY_CACHE", str(folder))
        monkeypatch.setattr(module, "_BETWEEN", 0.001)
        monkeypatch.setattr(module, "_QUIET_FOR", 0.0)
        monkeypatch.setattr(module, "psutil", SimpleNamespace(cpu_percent=lambda interval: 0.0))
        monkeypatch.setattr(module, "is_decided", lambda spec: self.decided)
        self.decided = False
        self._thread = threading.Thread(
            target=improve_when_idle,
            args=(self.models, self.priority, lambda: self.builds, self.end, self._command),
        )

    @property
    def begun(self) -> int:
        return len(self._starts.read_text())

    def start(self) -> None:
        self._thread.start()

    def wait(self, seconds: float) -> None:
        self._thread.join(seconds)

    def stop(self) -> None:
        self.end.set()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def _command(self, verb: str, model: str) -> list[str]:
        self.asked.append((verb, model))
        note = f"open({str(self._starts)!r}, 'a').write('x')"
        return [sys.executable, "-c", f"{note}\nimport sys, time\n{self.script}"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = Machine(tmp_path, monkeypatch)
    yield made
    made.stop()


def test_it_is_begun_for_a_model_whose_pulled_weights_are_used(machine: Machine) -> None:
    machine.start()
    until(lambda: machine.begun)


def test_a_model_that_nobody_has_measured_is_calibrated(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = tmp_path / "of-a-stranger.gguf"
    monkeypatch.setattr(
        machine.models, "in_use", lambda: (tmp_path / f"{MODEL}-instruct-q4_k_m.gguf", unknown)
    )
    machine.decided = True
    machine.start()
    until(lambda: machine.asked)
    keep_measured(unknown, Thresholds(0.6, 0.7), 120)
    assert set(machine.asked) == {("calibrate", str(unknown))}
    assert measured_here(unknown) == Thresholds(0.6, 0.7) and not needs_measuring(unknown)


@pytest.mark.parametrize(
    "disturb",
    [
        lambda machine: setattr(machine, "builds", True),
        lambda machine: setattr(machine, "decided", True),
        lambda machine: machine.models._originals.clear(),
    ],
)
def test_it_is_not_begun(machine: Machine, disturb: Callable[[Machine], None]) -> None:
    disturb(machine)
    machine.start()
    machine.wait(0.1)
    assert not machine.begun


def test_what_failed_is_not_tried_again(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    machine.script = "sys.exit('soothsay: the disk is full')"
    machine.start()
    until(lambda: "the disk is full" in caplog.text)
    machine.wait(0.1)
    assert machine.begun == 1


def test_it_gives_way_to_whoever_waits_and_is_tried_again(machine: Machine) -> None:
    machine.script = "time.sleep(600)"
    machine.start()
    until(lambda: machine.begun == 1)
    with machine.priority.urgent():
        pass
    until(lambda: machine.begun == 2)


def test_what_was_compared_is_compared_again_only_for_other_variants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path))
    spec = REGISTRY[MODEL]
    folder = module_folder(tmp_path)
    folder.mkdir(parents=True)
    assert not is_decided(spec)
    note_decided(spec)
    assert is_decided(spec)
    (folder / ".optimized.json").write_text('{"variants": ["another"]}')
    assert not is_decided(spec)


def module_folder(cache: Path) -> Path:
    return cache / "models" / MODEL
