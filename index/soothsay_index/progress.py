"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

from soothsay_index.types import Progress

OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """A listener that is not there."""
