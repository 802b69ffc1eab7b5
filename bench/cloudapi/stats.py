"""Paired comparisons: the same tasks, two methods."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence


def mcnemar(one: Sequence[bool], other: Sequence[bool]) -> float:
    """The exact two-sided p-value of McNemar's test (1947): how likely the discordant pairs split so unevenly."""
    better = sum(a and not b for a, b in zip(one, other, strict=True))
    worse = sum(b and not a for a, b in zip(one, other, strict=True))
    pairs = better + worse
    if not pairs:
        return 1.0
    tail = sum(math.comb(pairs, k) for k in range(min(better, worse) + 1)) / 2**pairs
    return min(1.0, 2 * tail)


def bootstrap_difference(
    one: Sequence[bool], other: Sequence[bool], rounds: int = 2000, seed: int = 1
) -> tuple[float, float]:
    """The 95 % interval of the difference of two shares on the same tasks (Efron's percentile interval)."""
    differences = [int(a) - int(b) for a, b in zip(one, other, strict=True)]
    if not differences:
        return 0.0, 0.0
    chance = random.Random(seed)
    means = sorted(
        sum(chance.choices(differences, k=len(differences))) / len(differences) for _ in range(rounds)
    )
    return means[int(0.025 * rounds)], means[int(0.975 * rounds) - 1]
