"""Tab stops of a text that is changed, or of which a part is taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from soothsay.engine.types import TabStop
from soothsay_languages.cells import Edit


def stops_in_part(stops: Iterable[TabStop], start: int, end: int) -> tuple[TabStop, ...]:
    """Return the ``stops`` of ``text[start:end]``, counted from its start. One that is cut is none: its value was begun."""
    return tuple(stop.moved_by(-start) for stop in stops if start <= stop.start and stop.end <= end)


def moved(stops: Sequence[TabStop], edits: Sequence[Edit]) -> tuple[TabStop, ...]:
    """Return ``stops`` where they stand after ``edits``, none of which touches the inside of one."""
    return tuple(
        stop.moved_by(sum(len(e.text) - e.end + e.start for e in edits if e.end <= stop.start))
        for stop in stops
    )


def still_inside(stops: Sequence[TabStop], before: str, after: str) -> tuple[TabStop, ...]:
    """Return those of ``stops``, which were in the text ``before``, that are as they were in what became of it."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    return tuple(stop for stop in stops if stop.end <= same)


def carried_over(stops: Sequence[TabStop], before: str, after: str) -> tuple[TabStop, ...]:
    """Return ``stops``, which were in the text ``before``, where they are in ``after``, which differs in one place.

    One that the change touches is none any more.
    """
    kept = still_inside(stops, before, after)
    others = [_from_end(stop, before) for stop in stops if stop not in kept]
    behind = [_from_end(stop, after) for stop in still_inside(others, before[::-1], after[::-1])]
    last = max((stop.end for stop in kept), default=-1)  # what is the same at both ends may overlap
    return (*kept, *(stop for stop in behind if stop.start > last))


def _from_end(stop: TabStop, text: str) -> TabStop:
    """Return ``stop`` counted from the other end of ``text``."""
    return TabStop(len(text) - stop.end, len(text) - stop.start, stop.label)


def with_ranges(
    stops: Sequence[TabStop], text: str, ranges: Iterable[tuple[int, int]]
) -> tuple[TabStop, ...]:
    """Return ``stops`` of ``text`` with one at each of ``ranges``, in place of those that are inside of it."""
    found = list(stops)
    for start, end in ranges:
        others = [stop for stop in found if not (start <= stop.start and stop.end <= end)]
        if 0 <= start < end <= len(text) and all(end <= each.start or each.end <= start for each in others):
            found = [*others, TabStop(start, end, text[start:end])]
    return tuple(sorted(found, key=lambda stop: stop.start))
