"""Progress callbacks."""

from __future__ import annotations

from collections.abc import Callable

from soothsay_index.types import Progress

OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """Ignore a progress report."""
