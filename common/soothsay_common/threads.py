"""Daemon threads for work that must not block the event loop: one for many jobs, and one for a single job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread, current_thread
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class SerialExecutor:
    """Run jobs in order on one daemon thread, which never keeps the process alive."""

    def __init__(self, name: str, begin: Callable[[], object] = lambda: None) -> None:
        """Name the thread ``name``; ``begin`` is called on it before the first job."""
        self._begin = begin
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._started = False

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run ``function`` after all jobs submitted before it and return its future."""
        if not self._started:
            self._thread.start()
            self._started = True
        future: Future[T] = Future()
        self._jobs.put((future, lambda: function(*args, **kwargs)))
        return future

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Submit ``function`` and await its result."""
        return await asyncio.wrap_future(self.submit(function, *args, **kwargs))

    def stop(self, timeout: float | None = None) -> bool:
        """End the thread after its jobs; return whether it ended within ``timeout`` seconds (None: wait for it)."""
        self._jobs.put(None)
        if self._started:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._begin()
        while (job := self._jobs.get()) is not None:
            future, work = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
            del job, future, work  # the queue may stay empty for long: keep no document alive


def run_on_new_thread(work: Callable[[], T]) -> T:
    """Run ``work`` on a thread that ends with it, and return its result (blocking): what native code keeps for a thread is freed."""
    worker = SerialExecutor(f"{current_thread().name}-job")
    future = worker.submit(work)
    worker.stop()
    return future.result()
