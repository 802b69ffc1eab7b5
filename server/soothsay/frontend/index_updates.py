"""Index builds and updates for changed files, done in the background for the current session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from soothsay.errors import Cancelled, SoothsayError
from soothsay.frontend.progress_rate import ProgressThrottle, RemainingTime, describe_progress
from soothsay.frontend.status import IndexingProgress, StatusPublisher
from soothsay.frontend.user_messages import UserMessages
from soothsay_common.cancellation import Cancellation
from soothsay_common.threads import SerialExecutor
from soothsay_index.types import Progress

if TYPE_CHECKING:
    from soothsay.frontend.editor_session import EditorSession
    from soothsay.frontend.progress import ProgressBar

logger = logging.getLogger(__name__)

T = TypeVar("T")


class IndexUpdates:
    """Builds the index and applies file changes, one of each at a time. All methods run on the event loop.

    ``session`` returns the current session, ``progress_bar`` opens a bar in the client. ``on_update`` is called after each
    build or update, ``on_end`` after each build, to show its warnings.
    """

    def __init__(
        self,
        session: Callable[[], EditorSession | None],
        messages: UserMessages,
        progress_bar: Callable[..., ProgressBar],
        status: StatusPublisher,
        on_update: Callable[[], None],
        on_end: Callable[[], None],
    ) -> None:
        self._session = session
        self._messages = messages
        self._progress_bar = progress_bar
        self._status = status
        self._on_update = on_update
        self._on_end = on_end
        self._build_worker = SerialExecutor("soothsay-index")
        self._files_worker = SerialExecutor("soothsay-files")  # a saved file does not wait for a build
        self._cancel = Cancellation()
        self._pending: dict[Path, bool] = {}  # True: changed, False: removed
        self._applying: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start_build(self, *, requested: bool) -> None:
        """Start a build and cancel the running one. ``requested``: the user asked for it."""
        self._start(self._build(requested=requested))

    def files_changed(self, updated: Iterable[Path], removed: Iterable[Path] = ()) -> None:
        """Update the index for these files. Changes that arrive during an update (a git checkout) are applied together."""
        self._pending.update(dict.fromkeys(updated, True) | dict.fromkeys(removed, False))
        if self._applying is None or self._applying.done():
            self._applying = self._start(self._apply_pending())

    def cancel_build(self) -> None:
        """Cancel the running build, if there is one."""
        self._cancel.set()

    def interrupt(self) -> None:
        """Cancel the running build and drop changes that have not been applied."""
        self.cancel_build()
        self._pending.clear()

    async def call_when_idle(self, function: Callable[[], T]) -> T:
        """Return ``function()``, called when no build and no update uses the session."""
        await self._files_worker.run(lambda: None)
        return await self._build_worker.run(function)

    def stop(self, timeout: float) -> bool:
        """End both threads, within ``timeout`` seconds each. Needs no running loop. False when one does not end."""
        self.interrupt()
        return self._build_worker.stop(timeout) & self._files_worker.stop(timeout)

    async def _build(self, *, requested: bool) -> None:
        self._cancel.set()
        self._cancel = cancel = Cancellation()
        session = self._session()
        if session is None:
            return
        bar = self._progress_bar("Indexing", measured=True, cancel=cancel)
        remaining = RemainingTime()

        def show(at: Progress) -> None:
            seconds = remaining.seconds_left(at, time.monotonic())
            bar.report(describe_progress(at, seconds), at.done, at.total)
            if not cancel.is_set():
                self._status.update(index=IndexingProgress(at.stage, at.done, at.total, at.detail, seconds))

        # until the thread is free and the worker process has started
        self._status.update(index=IndexingProgress("waiting", 0, 0, "", None))
        build = session.reindex if requested else session.build_index
        report = ProgressThrottle(show)

        def run() -> None:
            if not cancel.is_set():
                build(report, cancel)

        try:
            await self._report_errors(self._build_worker.run(run))
        finally:
            bar.end("cancelled" if cancel.is_set() else None)
            if self._cancel is cancel:  # no other build has started
                self._status.update(index=None)
        self._on_end()
        self._on_update()

    async def _apply_pending(self) -> None:
        while self._pending:
            changes, self._pending = self._pending, {}
            await self._report_errors(self._files_worker.run(self._apply, changes))
        self._on_update()

    def _apply(self, changes: dict[Path, bool]) -> None:
        """Update the index (blocking)."""
        session = self._session()
        updated = [path for path, exists in changes.items() if exists]
        removed = [path for path, exists in changes.items() if not exists]
        if session is not None and updated:
            session.update_files(updated)
        if session is not None and removed:
            session.remove_files(removed)

    async def _report_errors(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Cancelled:
            pass
        except SoothsayError as error:
            self._messages.error(error)
        except Exception:
            logger.exception("the index could not be updated")
            self._messages.warning("soothsay: the index could not be updated; see the log for the reason")

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
