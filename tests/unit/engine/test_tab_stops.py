"""Tab stops stay at their values when the text around them changes."""

from __future__ import annotations

import pytest

from soothsay.engine.tab_stops import carried_over
from soothsay.engine.types import TabStop


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("f('', '')", "f('', {}, '')", [(3, 3), (11, 11)]),
        ("f('', '')", "f('')", [(3, 3)]),
        ("f('', 'b')", "f('', 'b')", [(3, 3), (7, 8)]),
        ("f('a', '')", "f('b', '')", [(8, 8)]),
    ],
)
def test_stops_are_carried_over_a_change(before: str, after: str, expected: list[tuple[int, int]]) -> None:
    quoted = [at for at, char in enumerate(before) if char == "'"]
    stops = [TabStop(start + 1, end, "") for start, end in zip(quoted[::2], quoted[1::2], strict=True)]
    assert [(stop.start, stop.end) for stop in carried_over(stops, before, after)] == expected
