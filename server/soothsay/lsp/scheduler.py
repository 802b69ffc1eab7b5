"""Which request the model works on: one at a time, and the newest wins."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Generic, TypeVar

from soothsay.errors import Cancelled
from soothsay.lsp.worker import Worker

Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclass(eq=False)
class Job(Generic[Request, Answer]):
    """One request to the model, and everybody who waits for it (an editor may ask in two ways at once)."""

    request: Request
    answer: asyncio.Future[Answer | None]
    cancel: Event = field(default_factory=Event)
    waiters: int = 0

    async def wait(self) -> Answer | None:
        """The answer; None when it was superseded or aborted."""
        self.waiters += 1
        try:
            return await asyncio.shield(self.answer)
        finally:
            self.waiters -= 1
            if self.waiters == 0:  # nobody is left: the last one was cancelled, or all have their answer
                self.leave()

    def leave(self) -> None:
        """Nobody waits any more."""
        self.abort()

    def settle(self, answer: Answer | None) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def abort(self) -> None:
        """Answer at once with nothing, and let the model stop when it looks at the event."""
        self.cancel.set()
        self.settle(None)


class Scheduler(Generic[Request, Answer]):
    """Runs ``work`` on ``worker``. ``ready`` is awaited first; when it says False the answer is None."""

    def __init__(
        self,
        worker: Worker,
        work: Callable[[Request, Event], Answer],
        ready: Callable[[], Awaitable[bool]],
    ) -> None:
        self._worker = worker
        self._do = work
        self._ready = ready
        self._newest: Job[Request, Answer] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, request: Request) -> Answer | None:
        """The answer; None when it was superseded, aborted, or the model is not there (yet)."""
        job = self._newest
        if job is None or job.answer.done() or job.request != request:
            self.abort()
            job = self._newest = Job(request, asyncio.get_running_loop().create_future())
            self._start(self._run(job))
        return await job.wait()

    def abort(self) -> None:
        """Stop whatever runs or waits; its requests are answered with None."""
        if self._newest is not None:
            self._newest.abort()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, job: Job[Request, Answer]) -> None:
        try:
            if await self._ready() and not job.answer.done():
                job.settle(await self._worker.run(self._work, job))
        except Cancelled:
            pass
        except Exception as error:
            job.fail(error)
        finally:
            job.settle(None)

    def _work(self, job: Job[Request, Answer]) -> Answer:
        if job.cancel.is_set():  # superseded while it waited for its turn
            raise Cancelled
        return self._do(job.request, job.cancel)
