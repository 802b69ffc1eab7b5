"""Which token is next, and how sure the model is of it: over the raw logits, about 150,000 of them a token."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Choice:
    """A token's id, and what a `Token` says of it."""

    token: int
    probability: float
    margin: float
    entropy: float


def pick(logits: np.ndarray, allowed: np.ndarray | None) -> Choice:
    """Return the greedy choice under the softmax of ``logits`` (float32, one per id), or of those of ``allowed`` ids."""
    candidates = logits if allowed is None else logits[allowed]
    best = int(candidates.argmax())
    below = candidates - candidates[best]
    weights = np.exp(below)
    total = float(weights.sum())
    entropy = float(np.log(total)) - float(weights @ below) / total
    weights[best] = 0.0
    token = best if allowed is None else int(allowed[best])
    return Choice(token, 1.0 / total, (1.0 - float(weights.max())) / total, entropy)
