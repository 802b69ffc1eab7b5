"""What makes models faster or better on this machine, after a first start, while nobody needs it.

Weights are written in a format that is faster here, and models that the registry does not know are calibrated.
"""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable

import psutil

from soothsay.backend.models import ModelPool
from soothsay.backend.work_priority import WorkPriority
from soothsay.errors import Cancelled, raise_if_cancelled
from soothsay.model.building import end_tree
from soothsay.model.files.registry import find_spec
from soothsay.model.files.thresholds import needs_measuring
from soothsay.model.files.variants import is_decided
from soothsay_common.cancellation import Cancellation
from soothsay_common.children import child_environment, python_command

log = logging.getLogger(__name__)

_QUIET_FOR = 300.0  # seconds without any request before it is begun: it takes minutes, and all processors
_BETWEEN = 60.0  # seconds between two looks
_OTHERS = 0.1  # of all processors, that other processes may use

Command = Callable[[str, str], list[str]]
"""Returns the command for a verb of `soothsay models`, and a model."""


def improve_when_idle(
    models: ModelPool,
    priority: WorkPriority,
    is_building: Callable[[], bool],
    end: threading.Event,
    command: Command = lambda verb, model: python_command("soothsay.cli.main", "models", verb, model),
) -> None:
    """Do what is to be done for the models in use, until ``end`` is set (blocking; for a thread of its own).

    It is given up for whoever waits for an answer, and begun again later. What comes of it is used from the next start on.
    """
    failed: set[tuple[str, str]] = set()
    while not end.wait(_BETWEEN):
        if priority.idle_seconds() < _QUIET_FOR or is_building():
            continue
        work = next((each for each in _to_do(models) if each not in failed), None)
        if work is None or psutil.cpu_percent(1.0) / 100 > _OTHERS:
            continue
        try:
            problem = _run(command(*work), priority, end)
        except Cancelled:
            continue
        if problem:
            log.warning("models %s %s failed: %s", *work, problem)
            failed.add(work)


def _to_do(models: ModelPool) -> list[tuple[str, str]]:
    """Return the verbs of `soothsay models` that are due, and for which model each."""
    faster = [("optimize", name) for name in models.originals() if _may_gain(name)]
    return faster + [("calibrate", str(path)) for path in models.in_use() if needs_measuring(path)]


def _may_gain(name: str) -> bool:
    """Return whether something is offered for a model that was not tried on this processor."""
    spec = find_spec(name)
    return bool(spec.offered) and not is_decided(spec)


def _run(command: list[str], priority: WorkPriority, end: threading.Event) -> str:
    """Run ``command``; return why it failed, empty when it did not. Raises `Cancelled` when somebody waits."""
    cancel = Cancellation()
    with priority.background(cancel):
        log.info("models %s", " ".join(command[-2:]))
        process = subprocess.Popen(
            command,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        # on a thread of its own: who waits for an answer does not wait for processes to end
        with cancel.calling(threading.Thread(target=end_tree, args=(process,)).start):
            output = _output(process, end)
    raise_if_cancelled(cancel)
    last = output.strip().splitlines()[-1:] or ["it said nothing"]
    log.info("%s", last[0])
    return "" if process.returncode == 0 else last[0]


def _output(process: subprocess.Popen[str], end: threading.Event) -> str:
    """Return what ``process`` prints, which is ended once ``end`` is set."""
    while True:
        try:
            return process.communicate(timeout=1.0)[0]
        except subprocess.TimeoutExpired:
            if end.is_set():
                end_tree(process)
