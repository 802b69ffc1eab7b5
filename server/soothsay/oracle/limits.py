"""How long an oracle may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Milliseconds that an oracle may take."""

    question: float = 150
    members: float = 500  # listing a large module for the first time takes ty 150 to 400
    late: float = 400  # further questions wait this long, in all, for one that was not answered in time
    first: float = (
        1500  # waiting for the start; and the first question of its kind, which reads the environment
    )
    start: float = 10_000  # until the server is given up that does not even initialize
    hang: float = 5_000  # a server this long without an answer is killed; doubles with each restart
    restart: float = 500  # wait before the second restart in a row; doubles with each, the first is at once
    longest_wait: float = 60_000
    stable: float = 30_000  # a server that lived this long is restarted as if it were the first time
