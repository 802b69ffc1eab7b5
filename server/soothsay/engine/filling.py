"""Writing with a skeleton: the model is stopped where something is known, and goes on behind it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from soothsay.engine.draft import Limits, OnText, Written, ignore_text, write
from soothsay.engine.skeleton import Skeleton, Step
from soothsay.engine.stop import StopRule
from soothsay.model.constraint import Constraint, TokenConstraint
from soothsay.model.types import OpenPrompt, Token

_MOST_STEPS = 24  # times that a text is taken from the model
_AFTER_VALUE = (b",", b")")
# one token may end more than the call; `):` would begin something else
_CLOSING = re.compile(rb"[,)][,)\]}\s]*")

Begin = Callable[[Step], tuple[OpenPrompt, Constraint | None]]
"""Opens the prompt that holds a text, with what may follow it."""


class AfterValue:
    """A `TokenConstraint` behind a whole value: nothing but a comma or a bracket may follow, then what ``others`` say."""

    def __init__(self, others: TokenConstraint) -> None:
        self._others = others

    def accepts(self, written: bytes, piece: bytes) -> bool:
        """Return whether ``piece`` may follow what is ``written``."""
        follows = bool(written) or _CLOSING.fullmatch(piece) is not None
        return follows and self._others.accepts(written, piece)

    def possible(self, written: bytes) -> Sequence[bytes]:
        """Return what may follow what is ``written``."""
        return self._others.possible(written) if written else _AFTER_VALUE

    def forced(self, written: bytes) -> bytes:
        """Return what must follow what is ``written``."""
        return self._others.forced(written) if written else b""


@dataclass(slots=True)
class _Stopping:
    """A `Watcher` that stops where the skeleton knows what follows: that is the ``step`` then."""

    skeleton: Skeleton
    step: Step | None = None

    def __call__(self, text: str, tokens: list[Token]) -> bool:
        self.step = self.skeleton.go_on(text, tokens[-1].probability)
        return self.step is not None


def write_filled(
    begin: Begin,
    rule: StopRule,
    limits: Limits,
    skeleton: Skeleton,
    accepted: str = "",
    on_text: OnText = ignore_text,
) -> Written:
    """Write as `write` does; what ``skeleton`` knows is not asked of the model."""
    step = skeleton.go_on(accepted, 1.0) or Step(accepted)
    tokens: list[Token] = []
    steps, evaluated, read_s, first = 0, 0, 0.0, math.inf
    while True:
        opened, constraint = begin(step)
        stopping = _Stopping(skeleton)
        left = replace(
            limits,
            max_tokens=limits.max_tokens - len(tokens),
            writing_s=limits.writing_s - max(0.0, limits.clock() - first),
        )
        written = write(
            opened, rule, left, watch=stopping, accepted=step.text, constraint=constraint, on_text=on_text
        )
        if not steps:
            read_s, first = written.read_s, limits.clock()
        tokens += written.tokens
        evaluated += written.evaluated
        steps += 1
        if stopping.step is None or len(tokens) >= limits.max_tokens or steps > _MOST_STEPS:
            break
        step = stopping.step
        on_text(step.text)
    text = written.text if written.complete else skeleton.ended(written.text)
    complete = written.complete or text != written.text  # the call was ended
    text, stops = skeleton.finished(text)
    return replace(
        written, text=text, tokens=tuple(tokens), complete=complete, evaluated=evaluated, read_s=read_s, tab_stops=stops
    )  # fmt: skip
