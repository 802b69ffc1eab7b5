"""Measuring threads: only in quiet, never beside a build, and given up for whoever waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from backend_stand_ins import PATIENCE, until

from soothsay.backend import measuring as module
from soothsay.backend.models import ModelPool
from soothsay.backend.work_priority import WorkPriority
from soothsay.errors import Cancelled, SoothsayError
from soothsay.model.local.tuning import Threads, Tuning
from soothsay_common.cancellation import Cancellation


class Bench:
    """A machine without other work, a model in use, and a thread that measures it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.models = ModelPool()
        self.priority = WorkPriority()
        self.end = threading.Event()
        self.builds = False
        self.cpu = 0.0
        self.noted: list[object] = []
        self.measured = 0
        self.measure: Callable[[Cancellation], object] = lambda cancel: ("timings",)
        path = Path("/m.gguf")
        found = SimpleNamespace(
            weights=SimpleNamespace(
                path=path, close=lambda: None, bytes=1, way=SimpleNamespace(name="plain")
            ),
            tuning=Tuning(Threads(1, 1)),
            users=1,
            unused_since=0.0,
            is_measured=False,
        )
        self.models._loaded[path] = found  # type: ignore[assignment]
        self.found = found
        monkeypatch.setattr(module, "_BETWEEN", 0.001)
        monkeypatch.setattr(module, "_QUIET_FOR", 0.0)
        monkeypatch.setattr(module, "candidates", lambda: (1, 2))
        monkeypatch.setattr(module, "LlamaRuntime", self._runtime)
        monkeypatch.setattr(module, "ThreadTuner", lambda path: SimpleNamespace(note=self._note))
        monkeypatch.setattr(module, "_used_by_others", lambda: (0.0, 0.0))
        monkeypatch.setattr(module, "_share", lambda before, after: self.cpu)
        monkeypatch.setattr(module, "psutil", SimpleNamespace(cpu_percent=lambda interval: 100 * self.cpu))
        self._thread = threading.Thread(
            target=module.measure_when_idle,
            args=(self.models, self.priority, lambda: self.builds, self.end),
            daemon=True,
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.end.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        assert not self.found.is_measured

    def _runtime(self, weights: object, *, context: int) -> Any:
        return SimpleNamespace(time_threads=self._time, close=lambda: None)

    def _time(self, tried: object, cancel: Cancellation) -> object:
        assert self.found.is_measured
        self.measured += 1
        return self.measure(cancel)

    def _note(self, timings: object) -> Tuning:
        self.noted.append(timings)
        return Tuning(Threads(2, 2), Threads(2, 2), len(self.noted))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_what_is_measured_is_used(bench: Bench) -> None:
    bench.start()
    until(lambda: bench.noted)
    bench.stop()
    assert bench.noted[0] == ("timings",)
    assert bench.models.threads(Path("/m.gguf")) == Threads(2, 2)


@pytest.mark.parametrize("disturb", ["builds", "cpu", "users"])
def test_beside_other_work_nothing_is_measured(bench: Bench, disturb: str) -> None:
    bench.builds = disturb == "builds"
    bench.cpu = 0.5 if disturb == "cpu" else 0.0
    bench.found.users = 0 if disturb == "users" else 1
    bench.start()
    bench._thread.join(0.05)
    assert not bench.measured
    bench.stop()


def test_it_gives_way_and_is_tried_again(bench: Bench) -> None:
    begun = threading.Event()

    def measure(cancel: Cancellation) -> object:
        if bench.measured == 1:
            begun.set()
            assert cancel.wait(PATIENCE)
            raise Cancelled
        return ("again",)

    bench.measure = measure
    bench.start()
    assert begun.wait(PATIENCE)
    with bench.priority.urgent():
        pass
    until(lambda: bench.noted)
    assert bench.noted[0] == ("again",)
    bench.stop()


def test_an_error_ends_it(bench: Bench) -> None:
    def measure(cancel: Cancellation) -> object:
        raise SoothsayError("no memory for a context")

    bench.measure = measure
    bench.start()
    bench._thread.join(PATIENCE)
    bench.stop()
    assert (bench.measured, bench.noted) == (1, [])
