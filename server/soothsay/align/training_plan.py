"""What a training is to do: its options, its data, and how much memory it takes. Pure; nothing heavy is imported."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from soothsay.align.rows import digest
from soothsay.errors import SoothsayError

LossName = Literal["sft", "dpo", "dpo+sft", "orpo", "kto", "rft"]
LOSSES: tuple[LossName, ...] = get_args(LossName)
DEFAULT_LOSS: LossName = "dpo+sft"
ADAPTER, RESULT = "adapter.gguf", "result.json"
"""What a finished training leaves in its output folder: the adapter, and what became of each step."""
SCORED_BY_ANSWERS: frozenset[LossName] = frozenset({"sft", "rft", "dpo", "dpo+sft", "kto"})
"""Losses that hold only the tokens of answers against the vocabulary; `orpo` learns the prompt of what is chosen as well."""
SFT_SHARE = 0.1
"""Of the cross-entropy on the chosen tokens beside DPO: without it, the right call becomes less likely together with the wrong one."""

_RATES: Mapping[LossName, float] = {
    "sft": 2e-4, "rft": 2e-4, "dpo": 5e-5, "dpo+sft": 5e-5, "orpo": 5e-5, "kto": 5e-5,
}  # fmt: skip
_BATCH = 8  # rows between two changes of the weights
_F32 = 4  # bytes
_PROGRAM = 900_000_000  # bytes: Python with torch and the trainers
_LOADING = 1.3  # the weights while they are read, against the weights
_LOGITS = 4  # copies of the logits that a step holds
_ANSWER = 200  # tokens of an answer, on the long side
_HIDDEN, _INNER = 18, 5  # values of a layer that are kept, in widths of the hidden and the inner state


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """The options of one training. ``steps`` 0: once over the data. ``rate`` 0: the usual one of the loss."""

    weights: Path  # a GGUF
    data: Path  # the folder of `soothsay align pairs`
    output: Path  # where checkpoints and the adapter go
    loss: LossName = DEFAULT_LOSS
    rank: int = 16
    alpha: int = 32
    rate: float = 0.0
    beta: float = 0.1
    steps: int = 0
    longest: int = 640  # tokens of a row
    seed: int = 0
    checkpoint_every: int = 20  # steps

    @property
    def learning_rate(self) -> float:
        """The rate that is used."""
        return self.rate or _RATES[self.loss]

    @property
    def needs_pairs(self) -> bool:
        """Whether the loss compares a right text with a wrong one."""
        return self.loss not in ("sft", "rft")

    @property
    def sequences(self) -> int:
        """How many texts are in memory at once."""
        return 2 if self.needs_pairs else 1

    @property
    def accumulated(self) -> int:
        """How many batches there are between two changes of the weights."""
        return _BATCH // 2 if self.loss == "kto" else _BATCH  # which compares the rows of a batch

    @property
    def hash(self) -> str:
        """The hash of what the result depends on, beside the data."""
        plain = {
            name: value
            for name, value in self.to_json().items()
            if name not in ("output", "data", "weights", "checkpoint_every")
        }
        return digest(json.dumps(plain, sort_keys=True))

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> TrainingPlan:
        """Return the plan of `to_json`."""
        paths = {name: Path(plain[name]) for name in ("weights", "data", "output")}
        return cls(**{**plain, **paths})


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The sizes of a model."""

    parameters: int
    layers: int
    hidden: int
    inner: int
    vocabulary: int


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes that a training takes at most: when all is kept that the way back needs, and when it is computed again."""

    kept: int
    computed_again: int

    def fits(self, available: int) -> bool:
        """Return whether it can be done at all."""
        return self.computed_again <= available


def memory_need(shape: ModelShape, plan: TrainingPlan) -> MemoryNeed:
    """Return an estimate from above, for rows of the greatest length."""
    answers = plan.sequences * _ANSWER
    shared = plan.loss in SCORED_BY_ANSWERS - {"kto"}  # whose rows are drawn apart
    tokens = plan.longest + answers - _ANSWER if shared else plan.sequences * plan.longest
    weights = math.ceil(_LOADING * _F32 * shape.parameters)
    scored = min(answers, tokens) if plan.loss in SCORED_BY_ANSWERS else tokens
    logits = _LOGITS * _F32 * shape.vocabulary * scored
    layer = _F32 * tokens * (_HIDDEN * shape.hidden + _INNER * shape.inner)
    fixed = _PROGRAM + weights + logits
    return MemoryNeed(
        fixed + shape.layers * layer, fixed + layer + shape.layers * _F32 * tokens * shape.hidden
    )


def check_memory(need: MemoryNeed, available: int, plan: TrainingPlan) -> bool:
    """Return whether there is so little memory that values must be computed again. Raises `SoothsayError` where it is too little."""
    if not need.fits(available):
        raise SoothsayError(
            f"training takes about {need.computed_again / 1e9:.1f} GB of memory, and {available / 1e9:.1f} GB are free: "
            f"close other programs, take a smaller model, or shorter rows (--longest {plan.longest // 2})"
        )
    return need.kept > available
