"""Measuring how many threads are best, while the machine has nothing else to do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import psutil

from soothsay.backend.models import ModelPool
from soothsay.backend.work_priority import WorkPriority
from soothsay.errors import Cancelled, SoothsayError
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.local.tuning import ThreadTuner, candidates
from soothsay.model.local.weights import Weights
from soothsay_common.cancellation import Cancellation

log = logging.getLogger(__name__)

_QUIET_FOR = 20.0  # seconds without any request before it is begun
_BETWEEN = 60.0  # seconds between two looks: the two measurements that must agree are not of the same moment
_OTHERS = 0.1  # of all processors, that other processes may use
_CONTEXT = 256  # tokens


def measure_when_idle(
    models: ModelPool, priority: WorkPriority, is_building: Callable[[], bool], end: threading.Event
) -> None:
    """Measure the models in use, one at a time, until ``end`` is set (blocking; for a thread of its own)."""
    while not end.wait(_BETWEEN):
        if len(candidates()) == 1 or priority.idle_seconds() < _QUIET_FOR or is_building():
            continue
        with models.unsettled() as weights:
            if weights is None or psutil.cpu_percent(1.0) / 100 > _OTHERS:
                continue
            try:
                _measure(weights, models, priority, is_building)
            except Cancelled:
                continue
            except SoothsayError as error:
                log.warning("threads are not measured: %s", error)
                return


def _measure(
    weights: Weights, models: ModelPool, priority: WorkPriority, is_building: Callable[[], bool]
) -> None:
    cancel = Cancellation()
    with priority.background(cancel):
        before = _used_by_others()
        # a small context of its own: the windows' caches stay as they are
        runtime = LlamaRuntime(weights, context=_CONTEXT)
        try:
            timings = runtime.time_threads(candidates(), cancel)
        finally:
            runtime.close()
        busy = _share(before, _used_by_others())
    if busy <= _OTHERS and not is_building():
        tuning = ThreadTuner(weights.path).note(timings)
        models.note_tuning(weights.path, tuning)


def _used_by_others() -> tuple[float, float]:
    """Return the processor seconds that other processes have used, and those that there were."""
    times = psutil.cpu_times()
    own = psutil.Process().cpu_times()
    total = sum(times[: len(times)])
    idle = times.idle + getattr(times, "iowait", 0.0)
    return total - idle - own.user - own.system, total


def _share(before: tuple[float, float], after: tuple[float, float]) -> float:
    passed = after[1] - before[1]
    return (after[0] - before[0]) / passed if passed > 0 else 1.0
