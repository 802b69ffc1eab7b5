"""Orders of tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def interleaved(groups: Mapping[Any, Sequence[T]]) -> list[T]:
    """All of them, in an order in which every beginning holds about the same share of each group."""
    placed = [
        ((n + 0.5) / len(group), key, each) for key, group in groups.items() for n, each in enumerate(group)
    ]
    return [each for *_, each in sorted(placed, key=lambda place: place[:2])]
