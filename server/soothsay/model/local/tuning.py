"""How many threads are best on this machine: the physical cores, unless another number has been faster twice.

It is measured only while the machine is idle, since what is measured beside an index build is true of nothing else.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from soothsay.model.files.kept import read_kept, write_kept
from soothsay.model.library import library_folder, library_id, processor
from soothsay.paths import cache_folder

_WORTH_ANOTHER = 0.95  # of the default's time: less gained is noise, or not worth the heat
_WINS_NEEDED = 2
_FRESH = 7 * 86_400.0  # seconds after which it is measured again: machines are moved and shared differently
_CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


@dataclass(frozen=True, slots=True)
class Threads:
    """``single`` while tokens are written one by one, ``batch`` while a prompt is read."""

    single: int
    batch: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that one token, and a batch, took with so many threads."""

    threads: int
    single: float
    batch: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """What is used and why. ``wins`` counts the measurements in a row that ended with ``winner``."""

    threads: Threads
    winner: Threads | None = None
    wins: int = 0
    at: float = 0.0  # when the last measurement ended, in seconds since the epoch

    @property
    def is_settled(self) -> bool:
        """Whether there is no need to measure now."""
        return self.wins >= _WINS_NEEDED and 0 <= time.time() - self.at < _FRESH

    def describe(self) -> str:
        """Return a line for ``soothsay doctor``."""
        single, batch = self.threads.single, self.threads.batch
        used = f"{single}" if single == batch else f"{single} to write, {batch} to read"
        if self.threads == default_threads():
            why = "one per physical core"
            why += (
                f", fastest in {self.wins} measurements" if self.wins and self.winner == self.threads else ""
            )
        else:
            why = f"faster than one per physical core in {self.wins} measurements on an idle machine"
        if not self.wins:
            why += "; not measured yet, which needs an idle machine"
        elif self.wins < _WINS_NEEDED:
            why += "; it is measured once more when the machine is idle"
        return f"{used} ({why})"


def available_cores() -> int:
    """Return the physical cores that this process may use, whole ones."""
    physical = psutil.cpu_count(logical=False) or 1
    logical = psutil.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
    cores = min(physical, max(1, allowed * physical // logical))
    quota = _quota()
    return cores if quota is None else max(1, min(cores, round(quota)))


def default_threads() -> Threads:
    """Return one thread per physical core."""
    cores = available_cores()
    return Threads(cores, cores)


def candidates() -> tuple[int, ...]:
    """Return the numbers of threads that are worth trying."""
    physical, logical = available_cores(), psutil.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
    return tuple(sorted({max(1, physical // 2), max(1, physical - 1), physical, max(physical, allowed)}))


def choose(timings: Iterable[Timing], default: Threads) -> Threads:
    """Return the best of what was measured, several times each; ``default`` where nothing is clearly better."""
    single: dict[int, float] = {}
    batch: dict[int, float] = {}
    for timing in timings:
        single[timing.threads] = min(timing.single, single.get(timing.threads, timing.single))
        batch[timing.threads] = min(timing.batch, batch.get(timing.threads, timing.batch))
    return Threads(_clearly_best(single, default.single), _clearly_best(batch, default.batch))


class ThreadTuner:
    """Keeps the choice for one model; it is remembered in a file of the cache."""

    def __init__(self, model: Path, default: Callable[[], Threads] = default_threads) -> None:
        self._model = model
        self._default = default

    def tuning(self) -> Tuning:
        """Return what is used now."""
        found = _from_json(read_kept(_file()).get(self._key()))
        return found or Tuning(self._default())

    def note(self, timings: Sequence[Timing]) -> Tuning:
        """Take one measurement into account: another number is used only when it has won twice in a row."""
        before, default = self.tuning(), self._default()
        winner = choose(timings, default)
        wins = before.wins + 1 if winner == before.winner else 1
        threads = winner if winner == default or wins >= _WINS_NEEDED else before.threads
        after = Tuning(threads, winner, wins, time.time())
        write_kept(_file(), {**read_kept(_file()), self._key(): asdict(after)})
        return after

    def _key(self) -> str:
        try:
            size = self._model.stat().st_size
        except OSError:
            size = 0
        cores = "/".join(map(str, candidates()))
        return f"{library_id(library_folder())} {processor()} {cores} {self._model.name} {size}"


def _clearly_best(times: Mapping[int, float], default: int) -> int:
    if default not in times:
        return default
    best = min(times, key=lambda threads: (times[threads], threads))
    return best if times[best] < times[default] * _WORTH_ANOTHER else default


def _quota() -> float | None:
    """Return the processors that the control group may use; None: no limit, or not Linux."""
    try:
        quota, period = _CGROUP_QUOTA.read_text().split()
        return float(quota) / float(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _file() -> Path:
    return cache_folder() / "threads.json"


def _from_json(found: Any) -> Tuning | None:
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        winner = found["winner"]
        return Tuning(
            Threads(**found["threads"]),
            Threads(**winner) if winner else None,
            int(found["wins"]),
            float(found["at"]),
        )
    return None
