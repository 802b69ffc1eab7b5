"""What the model does while nobody waits for it: one thing at a time, the newest, and nothing once it is needed."""

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
    """Runs work on ``worker`` when ``idle`` is set."""

    def __init__(self, worker: SerialExecutor, idle: asyncio.Event) -> None:
        self._worker = worker
        self._idle = idle
        self._cancel = Cancellation()
        self._task: asyncio.Task[None] | None = None
        self._subject: object = None
        self._begun = False

    def do(
        self,
        work: Callable[[Cancellation], T],
        then: Callable[[T], None],
        delay: float,
        subject: object = None,
    ) -> None:
        """Call ``work`` with an event that tells it to stop, after ``delay`` seconds without a reason not to.

        ``subject`` says what it is about, for :meth:`finish`.
        """
        self.stop()
        self._subject = subject
        self._task = asyncio.create_task(self._do(work, then, delay))

    async def finish(self, subject: object) -> None:
        """Wait for the work on ``subject``, if it is under way."""
        if self._begun and self._task is not None and self._subject == subject:
            await asyncio.wait([self._task])

    def stop(self) -> None:
        """The model is needed, or what was to be done is not."""
        self._cancel.set()
        self._cancel = Cancellation()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._begun = False

    async def _do(self, work: Callable[[Cancellation], T], then: Callable[[T], None], delay: float) -> None:
        cancel = self._cancel
        await asyncio.sleep(delay)
        await self._idle.wait()
        self._begun = True
        try:
            result = await self._worker.run(self._unless, cancel, work)
        except (Cancelled, SoothsayError):
            return
        except Exception:
            logger.exception("work done ahead failed")
            return
        if not cancel.is_set():
            then(result)

    @staticmethod
    def _unless(cancel: Cancellation, work: Callable[[Cancellation], T]) -> T:
        raise_if_cancelled(cancel)
        return work(cancel)
