"""Tab stops of a text of which a part is taken."""

from __future__ import annotations

from collections.abc import Iterable

from soothsay.engine.types import TabStop


def stops_in_part(stops: Iterable[TabStop], start: int, end: int) -> tuple[TabStop, ...]:
    """Return the ``stops`` of ``text[start:end]``, counted from its start. One that is cut is none: its value was begun."""
    return tuple(
        TabStop(stop.start - start, stop.end - start, stop.label)
        for stop in stops
        if start <= stop.start and stop.end <= end
    )
