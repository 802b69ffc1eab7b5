"""When the backend is started again after a crash, and what the user is told."""

from __future__ import annotations

import contextlib
from collections import Counter

from soothsay.config import ModelSettings
from soothsay_common.exits import Exit

MAX_TRIES = 8  # failed starts in a row, over four minutes
_FIRST_DELAY, _MAX_DELAY = 1.0, 60.0  # seconds before the second start in a row, doubled with each
_STABLE_AFTER = 60.0  # seconds after which a backend counts as working: the next start is immediate
_DISTRUST_AFTER = 3  # illegal instructions in one session after which a slower instruction set is used
_REPORT_AFTER = 2  # crashes with the same cause before the user is told

_ADVICE = {
    "aborted": "often too little memory: close other programs, choose a smaller model (model.name) or a smaller "
    "model.context; else run `soothsay doctor`",
    "illegal_instruction": "run `soothsay doctor`, which says how to fix it",
    "killed": "close other programs, or choose a smaller model (model.name) or a smaller model.context",
    "hung": "if the machine is not overloaded, please report it with the log of `soothsay status`",
}
_OTHER_ADVICE = "run `soothsay doctor`; `soothsay status` says where the log is"


def describe_crash(exit_: Exit) -> str:
    """Return what happened to the backend process and what the user can do."""
    return f"the process of the model ended: {exit_.describe()}; {_ADVICE.get(exit_.cause, _OTHER_ADVICE)}"


class RestartPolicy:
    """Counts the crashes of one session's backends. Not thread-safe: one thread at a time restarts."""

    def __init__(self, model: ModelSettings) -> None:
        self.failures = 0  # starts in a row without a stable backend
        self._model = model
        self._crashes: Counter[str] = Counter()

    def delay(self) -> float:
        """Return the seconds to wait before the next start."""
        if self.failures == 0:
            return 0.0
        doublings = min(self.failures - 1, 30)  # a larger power overflows a float after a night of failures
        return min(_MAX_DELAY, _FIRST_DELAY * 2**doublings)

    def note_lifetime(self, seconds: float) -> None:
        """Note that a backend has served for ``seconds``."""
        if seconds > _STABLE_AFTER:
            self.failures = 0

    def note_crash(self, exit_: Exit) -> str:
        """Count a crash; return the message for the user, empty for the first crash of a cause."""
        self._crashes[exit_.cause] += 1
        if exit_.cause == "illegal_instruction":
            self._test_model_again(exit_)
        return describe_crash(exit_) if self._crashes[exit_.cause] >= _REPORT_AFTER else ""

    def _test_model_again(self, exit_: Exit) -> None:
        """Have the model tested again before it is loaded; after several crashes with a slower instruction set."""
        from soothsay.model.files.resolve import resolve_model
        from soothsay.model.proof import WAYS, distrust, forget, remembered

        with contextlib.suppress(Exception):  # this is a precaution: the restart must go on
            model = resolve_model(self._model.name, self._model.path, self._model.weights)
            proof = remembered(model)
            slowest = proof is None or proof.way == WAYS[-1]
            if slowest or self._crashes[exit_.cause] < _DISTRUST_AFTER:
                forget(model)
            else:
                distrust(model, exit_)
