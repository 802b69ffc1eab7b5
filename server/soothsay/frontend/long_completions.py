"""One line in the log about each completion that took long: where it was, how long, and which steps took the time."""

from __future__ import annotations

import logging

from soothsay.engine.types import Completion, CompletionRequest

logger = logging.getLogger(__name__)

LONG_SECONDS = 5.0
_STEPS = 3  # that are named


def log_if_long(request: CompletionRequest, completion: Completion | None, seconds: float) -> None:
    """Log the completion of ``request`` if its ``seconds`` were many; None: it was superseded or failed."""
    if seconds >= LONG_SECONDS:
        logger.warning("%s", describe(request, completion, seconds))


def describe(request: CompletionRequest, completion: Completion | None, seconds: float) -> str:
    """Return the line: the place (1-based), the time, what came of it, and the steps that took longest."""
    before = request.text[: request.offset]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    outcome = (
        "was superseded" if completion is None else "showed nothing" if not completion.text else "had text"
    )
    steps = {} if completion is None else completion.timings_ms
    longest = sorted((name for name in steps if name != "total"), key=lambda name: -steps[name])[:_STEPS]
    took = ", ".join(f"{name} {steps[name] / 1000:.1f} s" for name in longest if steps[name] >= 100)
    place = f"{request.path.name}:{line}:{column}"
    return f"the completion at {place} took {seconds:.1f} s and {outcome}" + (f": {took}" if took else "")
