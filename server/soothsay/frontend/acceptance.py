"""Counts of shown and accepted completions. They are kept in memory and never stored or sent."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, Literal

from lsprotocol.types import Command

ACCEPTED = "soothsay.accepted"
DID_SHOW = "soothsay/didShow"
DID_PARTIALLY_ACCEPT = "soothsay/didPartiallyAccept"

Kind = Literal["shown", "accepted", "partially_accepted"]

_KEPT = 200  # events


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a completion."""

    kind: Kind
    id: int  # of the completion
    at: float  # seconds since the epoch
    length: int | None = None  # of the accepted part, in the client's units


class Acceptance:
    """Counts the events that the client reports. Malformed reports are ignored."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._events: deque[Event] = deque(maxlen=kept)
        self._counts: Counter[Kind] = Counter()
        self._shown: int | None = None

    def shown(self, number: object) -> None:
        """Count completion ``number`` as shown. Repeated reports count once: clients send one per key."""
        if isinstance(number, int) and number != self._shown:
            self._shown = number
            self._note("shown", number)

    def accepted(self, number: object) -> None:
        """Count completion ``number`` as accepted."""
        self._note("accepted", number)

    def partially_accepted(self, number: object, length: object) -> None:
        """Count completion ``number`` as accepted in part: ``length`` units from its start."""
        self._note("partially_accepted", number, length if isinstance(length, int) else None)

    def to_json(self) -> dict[str, Any]:
        """Return the counts and the last events, part of the answer to ``soothsay.stats``."""
        return {
            "shown": self._counts["shown"],
            "accepted": self._counts["accepted"],
            "partiallyAccepted": self._counts["partially_accepted"],
            "events": [
                {"kind": each.kind, "id": each.id, "at": round(each.at, 3), "length": each.length}
                for each in self._events
            ],
        }

    def _note(self, kind: Kind, number: object, length: int | None = None) -> None:
        if isinstance(number, int):
            self._counts[kind] += 1
            self._events.append(Event(kind, number, time.time(), length))


def accept_command(number: int) -> Command:
    """Return the command that a client runs after it has inserted completion ``number``."""
    return Command(title="Accepted", command=ACCEPTED, arguments=[{"id": number}])
