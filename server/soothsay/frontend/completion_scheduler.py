"""Completions for somebody who types on: the newest request wins, unless the text of an older one is being typed."""

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

# Seconds that work nobody waits for goes on: editors cancel a request before they tell what was typed, and tell what
# was typed some time before they ask again.
_UNTIL_CHANGED = 0.008
_UNTIL_ASKED = 0.5

Write = Callable[[CompletionRequest, Cancellation, Callable[[str], None]], Completion]


@dataclass(eq=False)
class _Generation(Job[CompletionRequest, Completion]):
    """A completion under way."""

    started: bool = False  # before that, a newer request is the better one
    written: str = ""  # so far; by the model's thread
    typed: str = ""  # since the request
    diverged: bool = False  # something else was typed than is being written
    stopped_at: float | None = None  # when it was told to stop
    _end: asyncio.TimerHandle | None = None

    def on_text(self, text: str) -> None:
        """Called by the model's thread: what it writes is of no use once something else is typed."""
        self.written = text
        if not agrees(text, self.typed):
            self.diverged = True
            self.cancel.set()

    def type(self, typed: str) -> bool:
        """Note what was typed since the request; False when the text is of no use then."""
        if self.cancel.is_set() or not agrees(self.written, typed) or (typed and not self.started):
            return False
        self.typed = typed
        return True

    def abort(self) -> None:
        if not self.answer.done():
            self.stopped_at = time.monotonic()
        super().abort()

    async def wait(self) -> Completion | None:
        self._stay()
        return await super().wait()

    def leave(self) -> None:
        if not self.answer.done():
            self.keep(_UNTIL_CHANGED)

    def keep(self, seconds: float) -> None:
        """Go on for so long, though nobody waits."""
        self._stay()
        self._end = asyncio.get_running_loop().call_later(seconds, self.abort)

    def _stay(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None


class CompletionScheduler(LatestScheduler[_Generation]):
    """Keeps what is being typed, and waits a little where keys come faster than answers."""

    def __init__(self, worker: SerialExecutor, write: Write, ready: Callable[[], Awaitable[bool]]) -> None:
        super().__init__(worker, ready)
        self._write = write
        self._debounce = Debounce()
        self.longest_free_ms = 0.0  # from the moment that work was told to stop until the model was free

    async def submit(self, request: CompletionRequest) -> Completion | None:
        """The answer; None when it was superseded, aborted, or the model is not there (yet)."""
        job = self._newest
        typed = None if job is None or job.answer.done() else continues(job.request, request)
        if job is not None and typed is not None and job.type(typed):
            answer = await job.wait()
            rest = None if answer is None else rest_of(answer, typed, request)
            if rest is not None or self._newest is not job:
                return rest
            if answer is None and not job.diverged:
                return None
        job = _Generation(request, asyncio.get_running_loop().create_future())
        self._supersede(job, self._debounce.asked())
        return await job.wait()

    def changed(self, path: Path, text: str) -> None:
        """The file that may be worked on holds ``text`` now: the work goes on only if its text is being typed."""
        job = self._newest
        if job is None or job.answer.done() or job.request.path != path:
            return
        if not any(job.type(typed) for typed in typed_since(job.request, text)):
            job.abort()
        elif not job.waiters:
            job.keep(_UNTIL_ASKED)

    def _answer(self, job: _Generation) -> Completion:
        job.started = True
        began = time.monotonic()
        try:
            completion = self._write(job.request, job.cancel, job.on_text)
        except Cancelled:
            if job.stopped_at is not None:
                free_ms = (time.monotonic() - max(began, job.stopped_at)) * 1000
                self.longest_free_ms = max(self.longest_free_ms, free_ms)
            raise
        self._debounce.answered(time.monotonic() - began)
        return completion
