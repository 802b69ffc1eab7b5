"""Schedulers for requests to the model: one request at a time, and a newer one replaces it."""

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
    """One request to the model and its waiters (an editor may send the same request in two ways at once)."""

    request: Request
    answer: asyncio.Future[Answer | None]
    cancel: Cancellation = field(default_factory=Cancellation)
    waiters: int = 0

    async def wait(self) -> Answer | None:
        """Return the answer; None when the job was superseded or aborted."""
        self.waiters += 1
        try:
            return await asyncio.shield(self.answer)
        finally:
            self.waiters -= 1
            if self.waiters == 0:
                self.abandon()

    def abandon(self) -> None:
        """React to the last waiter leaving, cancelled or answered: abort."""
        self.abort()

    def settle(self, answer: Answer | None) -> None:
        """Give ``answer`` to the waiters, unless they have one."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: BaseException) -> None:
        """Raise ``error`` in the waiters, unless they have an answer."""
        if not self.answer.done():
            self.answer.set_exception(error)

    def abort(self) -> None:
        """Answer with None at once and set the cancellation; the model stops when it checks it."""
        self.cancel.set()
        self.settle(None)


J = TypeVar("J", bound=Job[Any, Any])


class LatestScheduler(ABC, Generic[J]):
    """Runs one job at a time on ``worker``; a newer job aborts it. ``ready`` is awaited first; False means no answer."""

    def __init__(self, worker: SerialExecutor, ready: Callable[[], Awaitable[bool]]) -> None:
        self._worker = worker
        self._ready = ready
        self._newest: J | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def abort(self) -> None:
        """Abort the current job; its waiters get None."""
        if self._newest is not None:
            self._newest.abort()

    @abstractmethod
    def _answer(self, job: J) -> Any:
        """Return the answer of ``job`` (blocking, on the worker's thread)."""

    def _supersede(self, job: J, delay: float = 0.0) -> None:
        """Abort the current job and start ``job`` after ``delay`` seconds."""
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
        raise_if_cancelled(job.cancel)  # superseded while it waited for the thread
        return self._answer(job)


class RequestScheduler(LatestScheduler[Job[Request, Answer]], Generic[Request, Answer]):
    """Answers requests with ``work``; equal requests share an answer."""

    def __init__(
        self,
        worker: SerialExecutor,
        work: Callable[[Request, Cancellation], Answer],
        ready: Callable[[], Awaitable[bool]],
    ) -> None:
        super().__init__(worker, ready)
        self._do = work

    async def submit(self, request: Request) -> Answer | None:
        """Return the answer; None when it was superseded or aborted, or the model is not loaded."""
        job = self._newest
        if job is None or job.answer.done() or job.request != request:
            job = Job(request, asyncio.get_running_loop().create_future())
            self._supersede(job)
        return await job.wait()

    def _answer(self, job: Job[Request, Answer]) -> Answer:
        return self._do(job.request, job.cancel)
