"""Writing text with the model: until a statement is complete, or until someone has seen enough."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from soothsay.engine.stop import StopRule
from soothsay.model.constraint import Constraint
from soothsay.model.fim import Prompt
from soothsay.model.types import Token

OnText = Callable[[str], None]


def nobody(_text: str) -> None:
    """Nobody wants to know."""


class Model(Protocol):
    """What the engine asks of a language model."""

    @property
    def fim(self) -> bool: ...

    @property
    def evaluated(self) -> int:
        """Prompt tokens evaluated for the last stream (the others were in the KV cache)."""
        ...

    def stream(
        self,
        prompt: Prompt,
        cancel: Event | None = None,
        constraint: Constraint | None = None,
        deadline: float = math.inf,
    ) -> Iterator[Token]: ...

    def prepare(self, prompt: Prompt, cancel: Event | None = None) -> None:
        """Evaluate ``prompt``, so that a stream of it begins at once."""
        ...

    def unread(self, prompt: Prompt) -> int:
        """How many tokens of ``prompt`` are not in the KV cache."""
        ...

    def count_tokens(self, text: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Written:
    """What the model wrote. ``tokens`` begin with ``typed`` bytes that the user had already typed.

    ``complete`` is False when a watcher, the token budget or the clock stopped it early.
    """

    text: str
    tokens: tuple[Token, ...]
    typed: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """``deadline`` is in seconds of `time.monotonic`; ``last_line``, after which no further line is begun, of ``clock``."""

    max_tokens: int
    deadline: float
    last_line: float = math.inf
    clock: Callable[[], float] = time.monotonic


def write(
    model: Model,
    prompt: Prompt,
    rule: StopRule,
    limits: Limits,
    cancel: Event | None,
    *,
    watch: Callable[[str, list[Token]], bool] = lambda _text, _tokens: False,
    accepted: str = "",
    constraint: Constraint | None = None,
    on_text: OnText = nobody,
) -> Written:
    """Generate until ``rule`` says that it is complete, ``watch`` says stop, or a limit is reached.

    ``on_text`` is told the text so far after every token.
    ``accepted`` is what an earlier draft wrote and the prompt holds already: the text returned begins with it.
    """
    typed = len(prompt.forced.encode("utf-8"))
    tokens: list[Token] = []
    data = b""
    text = accepted
    complete = True
    for token in model.stream(prompt, cancel, constraint, limits.deadline):
        tokens.append(token)
        data += token.data
        text = _text(accepted, data, typed)
        cut = rule.cut(text)
        text = text[:cut]
        on_text(text)
        if watch(text, tokens):
            complete = False
            break
        if cut is not None:
            break
        if b"\n" in token.data and limits.clock() > limits.last_line and (end := rule.line_end(text)):
            text = text[:end]
            break
        if len(tokens) >= limits.max_tokens or time.monotonic() > limits.deadline:
            complete = False
            break
    else:  # the model had no more to say, or no more time
        complete = time.monotonic() <= limits.deadline
    return Written(text, tuple(tokens), typed, complete)


def _text(accepted: str, data: bytes, typed: int) -> str:
    # the last character may still be half written
    return accepted + data[typed:].decode("utf-8", errors="ignore")
