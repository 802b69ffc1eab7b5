"""Low-priority work for the model: one task at a time, started while no completion is requested."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from soothsay.errors import Cancelled, SoothsayError, raise_if_cancelled
from soothsay_common.cancellation import Cancellation
from soothsay_common.threads import SerialExecutor

logger = logging.getLogger(__name__)

T = TypeVar("T")


class BackgroundWork:
    """Runs the newest task on ``worker`` when ``idle`` is set. All methods run on the event loop."""

    def __init__(self, worker: SerialExecutor, idle: asyncio.Event) -> None:
        self._worker = worker
        self._idle = idle
        self._cancel = Cancellation()
        self._task: asyncio.Task[None] | None = None
        self._subject: object = None
        self._has_started = False

    def schedule(
        self,
        work: Callable[[Cancellation], T],
        then: Callable[[T], None],
        delay: float,
        subject: object = None,
    ) -> None:
        """Replace the current task: after ``delay`` seconds, call ``work(cancel)`` on the worker, then ``then(result)``.

        ``subject`` identifies the task for `finish`.
        """
        self.stop()
        self._subject = subject
        self._task = asyncio.create_task(self._do(work, then, delay))

    async def finish(self, subject: object) -> None:
        """Wait for the task with this ``subject``, if it has started."""
        if self._has_started and self._task is not None and self._subject == subject:
            await asyncio.wait([self._task])

    def stop(self) -> None:
        """Cancel the current task: the model is needed, or the result is not."""
        self._cancel.set()
        self._cancel = Cancellation()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._has_started = False

    async def _do(self, work: Callable[[Cancellation], T], then: Callable[[T], None], delay: float) -> None:
        cancel = self._cancel
        await asyncio.sleep(delay)
        await self._idle.wait()
        self._has_started = True
        try:
            result = await self._worker.run(self._unless, cancel, work)
        except (Cancelled, SoothsayError):
            return
        except Exception:
            logger.exception("background work failed")
            return
        if not cancel.is_set():
            then(result)

    @staticmethod
    def _unless(cancel: Cancellation, work: Callable[[Cancellation], T]) -> T:
        raise_if_cancelled(cancel)
        return work(cancel)
