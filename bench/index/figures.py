"""How measured times are summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds: median, 95th percentile and longest of ``count`` measurements."""

    count: int
    p50: float
    p95: float
    longest: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Spread:
        """Sum up at least one measurement."""
        ordered = sorted(milliseconds)
        return cls(len(ordered), _at(ordered, 0.5), _at(ordered, 0.95), ordered[-1])

    def __str__(self) -> str:
        return f"p50 {self.p50:.1f} ms, p95 {self.p95:.1f} ms, longest {self.longest:.0f} ms ({self.count} times)"


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
