"""The trigger's threshold of a workspace, as learned from its log: below which certainty looking up pays there.

Kept beside the log, by workspace and model. Without one, that of the model is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from soothsay.paths import state_folder

_VERSION = 1


@dataclass(frozen=True, slots=True)
class LearnedThreshold:
    """The least certainty that is believed in a workspace, learned for a ``model`` from so many ``outcomes``."""

    workspace: str  # as `workspace_key` says it
    model: str
    certainty: float
    outcomes: int


def thresholds_path() -> Path:
    """Return where the thresholds of this user's workspaces lie."""
    return state_folder() / "feedback-thresholds.json"


def thresholds_to_text(learned: tuple[LearnedThreshold, ...]) -> str:
    """Return ``learned`` as they are kept."""
    return json.dumps({"version": _VERSION, "learned": [asdict(each) for each in learned]}, indent=1)


def learned_threshold(path: Path, workspace: str, model: str) -> float:
    """Return the certainty that is kept at ``path`` for ``workspace`` and ``model``, 0.0 where there is none that can be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        rows = cast("list[Mapping[str, Any]]", kept["learned"] if kept["version"] == _VERSION else [])
        own = [
            float(row["certainty"]) for row in rows if (row["workspace"], row["model"]) == (workspace, model)
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
    return own[0] if own and 0 < own[0] < 1 else 0.0
