"""Seeing early that a model writes the same again and again."""

from __future__ import annotations

_TAIL = 8  # characters that must come again for a loop to be looked for
_FARTHEST = 240  # characters of the longest part that is seen to repeat
_RULERS = frozenset("#=*-_~.+ \t")  # one of these, repeated, is drawn on purpose


def loop_start(text: str) -> int | None:
    """Return where the end of ``text`` has begun to repeat itself, behind the first time; None where it does not."""
    size = len(text)
    if size <= _TAIL:
        return None
    tail = text[-_TAIL:]
    earlier = text.rfind(tail, max(0, size - _TAIL - _FARTHEST), size - 1)
    if earlier < 0:
        return None
    period = size - _TAIL - earlier
    begin = earlier
    while begin > 0 and text[begin - 1] == text[begin - 1 + period]:
        begin -= 1
    repeated = size - begin
    part = text[begin : begin + period]
    if not part.strip() or repeated < _least(part):
        return None
    return begin + period


def _least(part: str) -> int:
    """Return how long ``part`` and its repetitions are where they are a loop: longer for a short one, which tables have."""
    if set(part) <= _RULERS and len(set(part)) == 1:
        return 100
    if len(part) == 1:
        return 10
    return max(3 * len(part), 24)
