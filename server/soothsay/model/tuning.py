"""How many threads are best on this machine: measured at the first start with a model, and remembered."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import llama_cpp
import psutil

from soothsay.model.cache import models_folder

_WORTH_A_THREAD = 0.95  # of the time with fewer threads: less gained is not worth the heat


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


def default_threads() -> Threads:
    """One per physical core: what is used where nothing is measured."""
    cores = psutil.cpu_count(logical=False) or 1
    return Threads(cores, cores)


def candidates() -> tuple[int, ...]:
    """The numbers of threads that are tried."""
    physical, logical = psutil.cpu_count(logical=False) or 1, psutil.cpu_count() or 1
    return tuple(sorted({max(1, physical // 2), max(1, physical - 1), physical, logical}))


def choose(timings: Iterable[Timing]) -> Threads:
    """The best of what was measured, several times each; of two that are nearly equal the one with fewer threads."""
    single: dict[int, float] = {}
    batch: dict[int, float] = {}
    for timing in timings:
        single[timing.threads] = min(timing.single, single.get(timing.threads, timing.single))
        batch[timing.threads] = min(timing.batch, batch.get(timing.threads, timing.batch))
    return Threads(_fewest_that_pay(single), _fewest_that_pay(batch))


def remembered(model: Path, measure: Callable[[Sequence[int]], Iterable[Timing]]) -> Threads:
    """What was measured for ``model`` on this machine before, else what ``measure`` finds now."""
    tried = candidates()
    if len(tried) == 1:
        return Threads(tried[0], tried[0])
    path = models_folder().parent / "threads.json"
    key = f"{model.name} {model.stat().st_size} {'/'.join(map(str, tried))} {llama_cpp.__version__}"
    known = _read(path)
    with contextlib.suppress(KeyError, TypeError):
        found = Threads(**known[key])
        if found.single in tried and found.batch in tried:
            return found
    chosen = choose(measure(tried))
    with contextlib.suppress(OSError):  # it is measured again at the next start then
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**known, key: asdict(chosen)}, indent=1), encoding="utf-8")
    return chosen


def _fewest_that_pay(times: Mapping[int, float]) -> int:
    best = min(times)
    for threads in sorted(times):
        if times[threads] < times[best] * _WORTH_A_THREAD:
            best = threads
    return best


def _read(path: Path) -> dict[str, dict[str, int]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
