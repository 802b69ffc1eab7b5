"""How much of a prompt is evaluated at once."""

from __future__ import annotations

import pytest

from soothsay.model.local.context import batch_ends


@pytest.mark.parametrize(
    ("count", "first", "ends"),
    [
        (1, 8, [1]),
        (8, 8, [8]),
        (60, 8, [8, 24, 56, 60]),
        (300, 8, [8, 24, 56, 120, 184, 248, 300]),
        (64, 64, [64]),
        (150, 64, [64, 128, 150]),
    ],
)
def test_batches_grow_after_an_interruption(count: int, first: int, ends: list[int]) -> None:
    assert batch_ends(count, first) == ends
