"""Writing text with the model: until a statement is complete, or until a watcher has seen enough."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from soothsay.engine.loops import loop_start
from soothsay.engine.stop import StopRule
from soothsay.engine.types import TabStop
from soothsay.model.constraint import Constraint
from soothsay.model.types import OpenPrompt, Token
from soothsay_common.cancellation import Cancellation

OnText = Callable[[str], None]
Watcher = Callable[[str, list[Token]], bool]
"""Is given the text so far and its tokens after each token; returns whether to stop."""


def ignore_text(_text: str) -> None:
    """Do nothing with a text that is being written."""


def never_stop(_text: str, _tokens: list[Token]) -> bool:
    """Let a text be written to its end."""
    return False


@dataclass(frozen=True, slots=True)
class Written:
    """What the model wrote. ``tokens`` begin with ``typed`` bytes that the user had already typed.

    ``complete`` is False when a watcher, the token budget or the clock stopped it early, or it repeated itself. ``evaluated`` is how many tokens
    of the prompt were not in the model's cache, ``read_s`` the seconds until the first token came.
    """

    text: str
    tokens: tuple[Token, ...]
    typed: int
    complete: bool
    evaluated: int = 0
    read_s: float = 0.0
    tab_stops: tuple[TabStop, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """When writing ends.

    ``deadline`` is in seconds of `time.monotonic`; ``last_line``, after which no further line is begun, of ``clock``, and
    so is ``writing_s``, how long it may take from the first token on. ``max_lines`` counts lines that hold text; 0: no limit. ``began`` is when the time that ends with the deadline began.
    """

    max_tokens: int
    deadline: float
    last_line: float = math.inf
    writing_s: float = math.inf
    clock: Callable[[], float] = time.monotonic
    cancel: Cancellation | None = None
    max_lines: int = 0
    began: float = 0.0

    def until(self, share: float) -> Limits:
        """Return the limits of a step that may use the time up to ``share`` of all of it."""
        return replace(self, deadline=self.began + share * (self.deadline - self.began))

    def are_over(self, first: float) -> bool:
        """Return whether no further token is to be written; ``first`` is when the first one was, of ``clock``."""
        return time.monotonic() > self.deadline or self.clock() - first > self.writing_s


def write(
    opened: OpenPrompt,
    rule: StopRule,
    limits: Limits,
    *,
    watch: Watcher = never_stop,
    accepted: str = "",
    constraint: Constraint | None = None,
    on_text: OnText = ignore_text,
) -> Written:
    """Generate until ``rule`` says that it is complete, ``watch`` says stop, or a limit is reached.

    ``on_text`` is told the text so far after every token.
    ``accepted`` is what an earlier draft wrote and the prompt holds already: the text returned begins with it.
    """
    typed = len(opened.prompt.forced.encode("utf-8"))
    tokens: list[Token] = []
    data = b""
    text = accepted
    complete = True
    began = limits.clock()
    first = began
    most = min(limits.max_tokens, rule.most_tokens or limits.max_tokens)
    for token in opened.stream(limits.cancel, constraint, limits.deadline):
        if not tokens:
            first = limits.clock()
        tokens.append(token)
        data += token.data
        text = _text(accepted, data, typed)
        cut = rule.cut(text)
        text = text[:cut]
        if limits.max_lines and (end := end_of_lines(text, limits.max_lines)) is not None:
            text = text[:end]
            on_text(text)
            break
        on_text(text)
        if watch(text, tokens):
            complete = False
            break
        if cut is not None:
            break
        if (start := loop_start(text)) is not None:
            text, complete = text[:start], False
            break
        if _may_end(token.data) and limits.clock() > limits.last_line and (end := rule.late_end(text)):
            text = text[:end]
            break
        if len(tokens) >= most or limits.are_over(first):
            complete = False
            break
    else:  # the model had no more to say, or no more time
        complete = time.monotonic() <= limits.deadline
    return Written(text, tuple(tokens), typed, complete, opened.evaluated, first - began)


def end_of_lines(text: str, count: int) -> int | None:
    """Return where the ``count``-th line that holds text ends in ``text``; None while it has not ended."""
    begin = 0
    for line in text.split("\n")[:-1]:
        end = begin + len(line)
        count -= bool(line.strip())
        if count == 0:
            return end
        begin = end + 1
    return None


def _may_end(data: bytes) -> bool:
    return b"\n" in data or b"," in data


def _text(accepted: str, data: bytes, typed: int) -> str:
    # the last character may still be half written
    return accepted + data[typed:].decode("utf-8", errors="ignore")
