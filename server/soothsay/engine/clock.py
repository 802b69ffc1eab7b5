"""What each step of a completion costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Milliseconds of each step; a step entered twice adds up."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.ms: dict[str, float] = dict.fromkeys(
            ("draft", "trigger", "retrieve", "regenerate", "verify", "repair"), 0.0
        )

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to the step ``name``, also when it raises.

        Raises `KeyError` when there is no such step.
        """
        began = time.perf_counter()
        try:
            yield
        finally:
            self.ms[name] += (time.perf_counter() - began) * 1000

    def finish(self) -> None:
        """Set ``total`` to the time since the clock was made, and round all times to 0.01 ms."""
        self.ms["total"] = (time.perf_counter() - self._began) * 1000
        self.ms = {name: round(ms, 2) for name, ms in self.ms.items()}
