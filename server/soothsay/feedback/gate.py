"""Whether a completion is shown: the chance that it is accepted and kept, told by what is known before it is shown.

The weights are learned from the log (`learning.py`) and kept beside it. Without them everything is shown.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from soothsay.paths import state_folder

LEAST = 0.25  # the least chance that is shown
OUTCOMES = 200  # that must be known before anything is learned
TRIED = 0.1  # of what would be hidden is shown all the same: else nobody would see that the gate is wrong
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a completion is to be accepted and kept, as learned from so many ``outcomes``."""

    probability: float
    least: float
    outcomes: int
    is_tried: bool = False  # shown although it is unlikely

    @property
    def is_shown(self) -> bool:
        """Whether it is likely enough, or tried."""
        return self.is_tried or self.probability >= self.least

    def to_json(self) -> dict[str, Any]:
        """Return the part of the explanation of a completion."""
        return {
            "probability": round(self.probability, 4),
            "least": self.least,
            "outcomes": self.outcomes,
            "tried": self.is_tried,
        }


@dataclass(frozen=True, slots=True)
class Weight:
    """What a feature counts for, once it is less its mean and divided by its scale."""

    mean: float
    scale: float
    weight: float


@dataclass(frozen=True, slots=True)
class DisplayGate:
    """A logistic regression over the features of a row of the log; a feature that is missing counts as its mean."""

    outcomes: int
    bias: float
    weights: Mapping[str, Weight]

    def chance(self, features: Mapping[str, float]) -> Chance:
        """Return how likely a completion with these features is to be accepted and kept."""
        total = self.bias
        for name, each in self.weights.items():
            total += each.weight * (features.get(name, each.mean) - each.mean) / each.scale
        return Chance(1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), LEAST, self.outcomes)


def is_tried(salt: str, completion: str) -> bool:
    """Return whether an unlikely ``completion`` is shown: the same with the same ``salt``, as its text is typed key by key."""
    return random.Random(f"{salt} {completion}").random() < TRIED


def gate_path() -> Path:
    """Return where the weights of this user lie."""
    return state_folder() / "feedback-gate.json"


def gate_to_text(gate: DisplayGate) -> str:
    """Return ``gate`` as it is kept."""
    return json.dumps({"version": _VERSION, **asdict(gate)}, indent=1)


def read_gate(path: Path) -> DisplayGate | None:
    """Return the gate that is kept at ``path``; None where there is none that can be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] != _VERSION:
            return None
        weights = {str(name): Weight(**values) for name, values in kept["weights"].items()}
        gate = DisplayGate(int(kept["outcomes"]), float(kept["bias"]), weights)
        usable = all(each.scale > 0 for each in weights.values())
        return gate if usable and math.isfinite(gate.chance({}).probability) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
