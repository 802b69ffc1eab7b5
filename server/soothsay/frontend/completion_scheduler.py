"""Scheduling of completion requests while the user types.

The newest request replaces the running one, unless the user is typing the text that the running one generates.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from soothsay.engine.continuation import agrees, continues, rest_of, typed_since
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.errors import Cancelled
from soothsay.frontend.debounce import Debounce
from soothsay.frontend.scheduler import Job, LatestScheduler
from soothsay_common.cancellation import Cancellation
from soothsay_common.threads import SerialExecutor

# Seconds that a generation without a waiting request goes on. Editors cancel a request and send the change, in this order or
# the other one, then request the next completion.
_UNTIL_CHANGED = 0.008
_UNTIL_REQUESTED = 0.5

Generate = Callable[[CompletionRequest, Cancellation, Callable[[str], None]], Completion]


@dataclass(eq=False)
class _Generation(Job[CompletionRequest, Completion]):
    """A completion that is waiting or being generated."""

    started: bool = False  # until then, a newer request replaces it
    written: str = ""  # the text so far; set by the model's thread
    typed: str = ""  # the text typed since the request
    awaited: str = ""  # and what of it was typed when the completion was last requested
    diverged: bool = False  # the typed text differs from the generated text
    stopped_at: float | None = None  # when it was cancelled (`time.monotonic`)
    _end: asyncio.TimerHandle | None = None

    def on_text(self, text: str) -> None:
        """Note the generated text (on the model's thread); cancel when the typed text differs."""
        self.written = text
        if not agrees(text, self.typed):
            self.diverged = True
            self.cancel.set()

    def note_typed(self, typed: str) -> bool:
        """Note the text typed since the request; return whether this generation is still useful."""
        if self.cancel.is_set() or not agrees(self.written, typed) or (typed and not self.started):
            return False
        self.typed = typed
        return True

    def abort(self) -> None:
        """Answer with None at once and cancel the generation."""
        if not self.answer.done():
            self.stopped_at = time.monotonic()
        super().abort()

    async def wait(self) -> Completion | None:
        """Return the completion; None when it was superseded or aborted."""
        self._cancel_end()
        self.awaited = self.typed
        return await super().wait()

    def abandon(self) -> None:
        """Keep generating for a moment: the change that follows, or came just before, may be the generated text."""
        if not self.answer.done():
            self.keep(_UNTIL_CHANGED if self.typed == self.awaited else _UNTIL_REQUESTED)

    def keep(self, seconds: float) -> None:
        """Abort in ``seconds`` unless a request waits by then."""
        self._cancel_end()
        self._end = asyncio.get_running_loop().call_later(seconds, self.abort)

    def _cancel_end(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None


class CompletionScheduler(LatestScheduler[_Generation]):
    """Runs the newest request, keeps a generation that the user is typing, and debounces fast typing."""

    def __init__(
        self, worker: SerialExecutor, generate: Generate, ready: Callable[[], Awaitable[bool]]
    ) -> None:
        super().__init__(worker, ready)
        self._generate = generate
        self._debounce = Debounce()
        self.longest_cancel_ms = 0.0  # from the cancellation until the model was free

    async def submit(self, request: CompletionRequest) -> Completion | None:
        """Return the completion; None when it was superseded or aborted, or the model is not loaded."""
        job = self._newest
        typed = None if job is None or job.answer.done() else continues(job.request, request)
        if job is not None and typed is not None and job.note_typed(typed):
            answer = await job.wait()
            rest = None if answer is None else rest_of(answer, job.request, request)
            if rest is not None or self._newest is not job:
                return rest
            if answer is None and not job.diverged:
                return None
        job = _Generation(request, asyncio.get_running_loop().create_future())
        self._supersede(job, self._debounce.requested())
        return await job.wait()

    def document_changed(self, path: Path, text: str) -> None:
        """Note that ``path`` contains ``text`` now; abort a generation for it unless the user is typing its text."""
        job = self._newest
        if job is None or job.answer.done() or job.request.path != path:
            return
        if not any(job.note_typed(typed) for typed in typed_since(job.request, text)):
            job.abort()
        elif not job.waiters:
            job.keep(_UNTIL_REQUESTED)

    def _answer(self, job: _Generation) -> Completion:
        job.started = True
        began = time.monotonic()
        try:
            completion = self._generate(job.request, job.cancel, job.on_text)
        except Cancelled:
            if job.stopped_at is not None:
                free_ms = (time.monotonic() - max(began, job.stopped_at)) * 1000
                self.longest_cancel_ms = max(self.longest_cancel_ms, free_ms)
            raise
        self._debounce.answered(time.monotonic() - began)
        return completion
