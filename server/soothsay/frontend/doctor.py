"""The command ``soothsay.doctor``: the checks of `soothsay doctor` as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from soothsay.config import Settings

_TIMEOUT_S = 300.0  # the model may have to be tested first


def checks_to_json(settings: Settings, workspace: Path, roots: Sequence[Path] = ()) -> list[dict[str, Any]]:
    """Return the answer to ``soothsay.doctor`` (blocking); ``roots`` are all folders that are open.

    The checks run in a child process: they load heavy libraries, one of which may crash.
    """
    from soothsay.doctor import DoctorCheck, ask_child, checks_as_json
    from soothsay_common.exits import Exit

    outcome = ask_child(settings, workspace, timeout=_TIMEOUT_S, roots=roots)
    if isinstance(outcome, list):
        return outcome
    problem = f"its process died of {outcome.describe()}" if isinstance(outcome, Exit) else outcome
    return checks_as_json([DoctorCheck("doctor", "broken", problem, "run `soothsay doctor` in a terminal")])
