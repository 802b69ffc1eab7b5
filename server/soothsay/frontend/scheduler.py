"""Which request the model works on: one at a time, and the newest wins."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from soothsay.errors import Cancelled, raise_if_cancelled
from soothsay_common.cancellation import Cancellation
from soothsay_common.threads import SerialExecutor

Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclass(eq=False)
class Job(Generic[Request, Answer]):
    """One request to the model, and everybody who waits for it (an editor may ask in two ways at once)."""

    request: Request
    answer: asyncio.Future[Answer | None]
    cancel: Cancellation = field(default_factory=Cancellation)
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


J = TypeVar("J", bound=Job[Any, Any])


class LatestScheduler(ABC, Generic[J]):
    """One job at a time on ``worker``, and the newest wins. ``ready`` is awaited first; when it says False there is no
    answer."""

    def __init__(self, worker: SerialExecutor, ready: Callable[[], Awaitable[bool]]) -> None:
        self._worker = worker
        self._ready = ready
        self._newest: J | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def abort(self) -> None:
        """Stop whatever runs or waits; its requests are answered with None."""
        if self._newest is not None:
            self._newest.abort()

    @abstractmethod
    def _answer(self, job: J) -> Any:
        """What ``job`` asks for (blocking, on the worker's thread)."""

    def _supersede(self, job: J, delay: float = 0.0) -> None:
        """Let ``job`` take the place of the one before; it begins after ``delay`` seconds."""
        self.abort()
        self._newest = job
        task = asyncio.create_task(self._run(job, delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, job: J, delay: float) -> None:
        try:
            if delay:
                await asyncio.sleep(delay)
            if not job.answer.done() and await self._ready() and not job.answer.done():
                job.settle(await self._worker.run(self._work, job))
        except Cancelled:
            pass
        except Exception as error:
            job.fail(error)
        finally:
            job.settle(None)

    def _work(self, job: J) -> Any:
        raise_if_cancelled(job.cancel)  # superseded while it waited for its turn
        return self._answer(job)


class RequestScheduler(LatestScheduler[Job[Request, Answer]], Generic[Request, Answer]):
    """Has every request answered by ``work``; equal requests share an answer."""

    def __init__(
        self,
        worker: SerialExecutor,
        work: Callable[[Request, Cancellation], Answer],
        ready: Callable[[], Awaitable[bool]],
    ) -> None:
        super().__init__(worker, ready)
        self._do = work

    async def submit(self, request: Request) -> Answer | None:
        """The answer; None when it was superseded, aborted, or the model is not there (yet)."""
        job = self._newest
        if job is None or job.answer.done() or job.request != request:
            job = Job(request, asyncio.get_running_loop().create_future())
            self._supersede(job)
        return await job.wait()

    def _answer(self, job: Job[Request, Answer]) -> Answer:
        return self._do(job.request, job.cancel)
