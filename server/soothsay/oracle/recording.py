"""Which questions a thread has asked, and whether it still wants the answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from soothsay.oracle.types import Question


@dataclass(frozen=True, slots=True)
class _Block:
    """One ``with`` block of a thread."""

    asked: list[Question]
    cancel: threading.Event | None


class QuestionLog(threading.local):
    """Records the questions of each thread. Oracles that are asked together share one."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []

    @contextmanager
    def asking(self, cancel: threading.Event | None = None) -> Iterator[list[Question]]:
        """Collect the questions that this thread asks inside the ``with`` block."""
        asked: list[Question] = []
        self._blocks.append(_Block(asked, cancel))
        try:
            yield asked
        finally:
            self._blocks.pop()

    @property
    def cancel(self) -> threading.Event | None:
        """The event of this thread's innermost block: once it is set, no answer is waited for."""
        return self._blocks[-1].cancel if self._blocks else None

    def add(self, question: Question) -> None:
        """Record a question in all blocks of this thread."""
        for block in self._blocks:
            block.asked.append(question)
