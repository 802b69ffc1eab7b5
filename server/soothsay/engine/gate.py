"""The gate: what is shown leaves the file as whole as it was, and says nothing that stands there already.

A text is tried as it was written, then shortened to where an argument, a line or a statement ends. Each try
reads the lines around the place; most texts need one.
"""

from __future__ import annotations

from dataclasses import dataclass

from soothsay.engine.cuts import candidates
from soothsay.engine.nearby import Nearby
from soothsay.engine.surroundings import Surroundings

_MOST_TRIES = 12


@dataclass(frozen=True, slots=True)
class Passed:
    """What may be shown: ``text`` ("" for nothing), in place of ``replaced`` characters right of the cursor.

    ``dropped`` is what was thrown away of the text that was written.
    """

    text: str
    replaced: int = 0
    dropped: str = ""


def pass_gate(near: Nearby, written: str, *, complete: bool = True) -> Passed:
    """Return what may be shown of ``written`` at a place; what was not ``complete`` has lost its last, half written part."""
    place = near.place
    surroundings = Surroundings(near.analysis, near.offset, place)
    for tried, candidate in enumerate(candidates(place, written, complete=complete)):
        if tried == _MOST_TRIES:
            break
        if surroundings.stay_whole(candidate):
            dropped = written[candidate.kept :].strip()
            return Passed(
                candidate.text, candidate.replaced, "" if dropped == place.rest.strip() else dropped
            )
    return Passed("", 0, written)
