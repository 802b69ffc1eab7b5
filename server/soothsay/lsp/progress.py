"""Work-done progress: bars in the client for the work that takes long."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import Future
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING
from uuid import uuid4

from lsprotocol import types

from soothsay_index.types import Progress

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)

_INTERVAL = 0.1  # seconds between two reports: an indexer may report thousands of files a second


class Bar:
    """One progress bar. It stays silent until the client has agreed to it, or for good when it does not.

    `step` may be called from any thread, everything else from the event loop.
    """

    def __init__(
        self, server: LanguageServer, title: str, *, measured: bool = False, cancel: Event | None = None
    ) -> None:
        self._progress = server.work_done_progress
        self._loop = asyncio.get_running_loop()
        self._token = str(uuid4())
        self._title = title
        self._measured = measured  # clients ignore percentages unless the first message has one
        self._cancel = cancel
        self._open = False
        self._last_step = 0.0
        self._task: asyncio.Task[None] | None = None
        window = server.client_capabilities.window
        if window is not None and window.work_done_progress:
            self._task = asyncio.create_task(self._begin(server))

    def step(self, progress: Progress) -> None:
        """Show how far the work is; rate limited."""
        now = time.monotonic()
        if now - self._last_step >= _INTERVAL:
            self._last_step = now
            with suppress(RuntimeError):  # the loop has been closed: the server is going down
                self._loop.call_soon_threadsafe(self._report, progress)

    def end(self, message: str | None = None) -> None:
        """Take the bar away."""
        if self._open:
            self._open = False
            self._progress.end(self._token, types.WorkDoneProgressEnd(message=message))
            self._progress.tokens.pop(self._token, None)
        elif self._task is not None:
            self._task.cancel()

    async def _begin(self, server: LanguageServer) -> None:
        try:
            create = types.WorkDoneProgressCreateParams(token=self._token)
            await server.window_work_done_progress_create_async(create)
        except Exception as error:
            logger.info("no progress is shown: %s", error)
            return
        begin = types.WorkDoneProgressBegin(
            title=self._title,
            cancellable=self._cancel is not None,
            percentage=0 if self._measured else None,
        )
        self._progress.begin(self._token, begin)
        self._open = True
        self._progress.tokens[self._token].add_done_callback(self._on_cancel)

    def _on_cancel(self, cancelled: Future[object]) -> None:
        if self._cancel is not None and cancelled.cancelled():
            self._cancel.set()

    def _report(self, progress: Progress) -> None:
        if self._open:
            text = f"{progress.stage} {progress.done}/{progress.total}" if progress.total else progress.stage
            percentage = min(100, 100 * progress.done // progress.total) if progress.total else None
            report = types.WorkDoneProgressReport(
                message=f"{text} {progress.detail}".strip(), percentage=percentage
            )
            self._progress.report(self._token, report)
