"""The checks of `soothsay doctor` for a client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from soothsay.config import Settings

_PATIENCE = 300.0  # seconds: a model may have to be proved


def checks_to_json(settings: Settings, workspace: Path) -> list[dict[str, Any]]:
    """Return the answer to ``soothsay.doctor``. Blocking.

    A child looks: it loads heavy libraries, and one of them may end its process.
    """
    from soothsay.doctor import Check, ask_child, checks_as_json
    from soothsay_common.exits import Exit

    outcome = ask_child(settings, workspace, patience=_PATIENCE)
    if isinstance(outcome, list):
        return outcome
    problem = f"its process died of {outcome.describe()}" if isinstance(outcome, Exit) else outcome
    return checks_as_json([Check("doctor", "broken", problem, "run `soothsay doctor` in a terminal")])
