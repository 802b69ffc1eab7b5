"""Work-done progress: bars that the client shows for long work."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from threading import Event
from typing import TYPE_CHECKING
from uuid import uuid4

from lsprotocol import types

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)


class ProgressBar:
    """One progress bar. It sends nothing until the client has accepted it.

    With a ``token``, which a client sends with a request, the bar is accepted already. ``measured``: a percentage is shown.
    ``cancel`` is set when the user cancels the work.
    """

    def __init__(
        self,
        server: LanguageServer,
        title: str,
        *,
        measured: bool = False,
        cancel: Event | None = None,
        token: types.ProgressToken | None = None,
    ) -> None:
        self._progress = server.work_done_progress
        self._token = str(uuid4()) if token is None else token
        self._title = title
        self._measured = measured  # clients ignore percentages unless the first message has one
        self._cancel = cancel
        self._open = False
        self._task: asyncio.Task[None] | None = None
        window = server.client_capabilities.window
        if token is not None:
            self._begin()
        elif window is not None and window.work_done_progress:
            self._task = asyncio.create_task(self._request(server))

    def report(self, message: str, done: int = 0, total: int = 0) -> None:
        """Show ``message`` and a percentage; ``total`` is 0 when it is unknown."""
        if self._open:
            percentage = min(100, 100 * done // total) if total else None
            report = types.WorkDoneProgressReport(message=message.strip(), percentage=percentage)
            self._progress.report(self._token, report)

    def end(self, message: str | None = None) -> None:
        """Remove the bar, with a last ``message``."""
        if self._open:
            self._open = False
            self._progress.end(self._token, types.WorkDoneProgressEnd(message=message))
            self._progress.tokens.pop(self._token, None)
        elif self._task is not None:
            self._task.cancel()

    async def _request(self, server: LanguageServer) -> None:
        try:
            create = types.WorkDoneProgressCreateParams(token=self._token)
            await server.window_work_done_progress_create_async(create)
        except Exception as error:
            logger.info("no progress is shown: %s", error)
        else:
            self._begin()

    def _begin(self) -> None:
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
