"""A process pool that survives tasks which end their process: those fail, all others are done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from soothsay_common.threads import SerialExecutor

P = ParamSpec("P")
T = TypeVar("T")


class TaskDiedError(Exception):
    """The task ended the process that did it."""


class CarefulPool(Executor):
    """Runs tasks in a pool made by ``make(processes)``. When a process ends, it is not known which task ended it.

    The tasks that were under way or waiting are then done one at a time, each alone in a process.
    """

    def __init__(self, make: Callable[[int], ProcessPoolExecutor], processes: int) -> None:
        self._make = make
        self._pool = make(processes)
        self._alone: ProcessPoolExecutor | None = None
        self._one_by_one = SerialExecutor("careful")
        self._starting = Lock()
        self._is_over = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a task; its future raises `TaskDiedError` when the task ended its process."""
        outer: Future[T] = Future()

        def work(pool: ProcessPoolExecutor) -> Future[T]:
            return pool.submit(fn, *args, **kwargs)

        def done(inner: Future[T]) -> None:
            if isinstance(inner.exception() if not inner.cancelled() else None, BrokenExecutor):
                self._do_alone(work, outer)
            elif outer.set_running_or_notify_cancel():
                _copy(inner, outer)

        try:
            work(self._pool).add_done_callback(done)
        except BrokenExecutor:
            self._do_alone(work, outer)
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes."""
        self._is_over = True
        for pool in (self._pool, self._alone):
            if pool is not None:
                pool.shutdown(wait=wait, cancel_futures=cancel_futures)
        self._one_by_one.stop(0.0)

    def _do_alone(self, work: Callable[[ProcessPoolExecutor], Future[Any]], outer: Future[Any]) -> None:
        with self._starting:
            self._one_by_one.submit(self._run_alone, work, outer)

    def _run_alone(self, work: Callable[[ProcessPoolExecutor], Future[Any]], outer: Future[Any]) -> None:
        if self._is_over:
            outer.cancel()
        if not outer.set_running_or_notify_cancel():
            return
        if self._alone is None:
            self._alone = self._make(1)
        try:
            outer.set_result(work(self._alone).result())
        except BrokenExecutor:
            self._alone = None
            outer.set_exception(TaskDiedError("it ended the process that read it"))
        except BaseException as error:
            outer.set_exception(error)


def _copy(inner: Future[Any], outer: Future[Any]) -> None:
    if inner.cancelled():
        outer.set_exception(TaskDiedError("it was cancelled"))
        return
    error = inner.exception()
    if error is not None:
        outer.set_exception(error)
    else:
        outer.set_result(inner.result())
