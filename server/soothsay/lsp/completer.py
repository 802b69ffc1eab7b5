"""One request for a completion, from the cursor's position to an `Answer`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lsprotocol.types import Position

from soothsay.engine.types import CompletionRequest
from soothsay.errors import SoothsayError
from soothsay.lsp.completion import Answer, Answers
from soothsay.lsp.documents import MAX_CHARACTERS, Document, position_at
from soothsay.lsp.scheduler import Scheduler

if TYPE_CHECKING:
    from soothsay.lsp.host import Host
    from soothsay.lsp.messages import Messages

logger = logging.getLogger(__name__)


class Completer:
    """Finds an answer, or None: a position outside the file, no model yet, paused, superseded, an error.

    Nothing else may make a completion wait: ``stop_others`` are called when one is asked for, and ``idle`` is set
    while none is.
    """

    def __init__(self, host: Host, messages: Messages) -> None:
        self.answers = Answers()
        self.paused = False
        self.idle = asyncio.Event()
        self.idle.set()
        self.stop_others: list[Callable[[], None]] = []
        self._waiting = 0
        self._host = host
        self._messages = messages
        self._scheduler = Scheduler(host.model_worker, host.complete, host.ready)

    async def complete(self, document: Document | None, position: Position) -> Answer | None:
        request = None if self.paused else self._request(document, position)
        if document is None or request is None:
            return None
        try:
            with self._turn():
                completion = await self._scheduler.submit(request)
        except SoothsayError as error:
            self._messages.error(error)
            return None
        except Exception:
            logger.exception("a completion failed")
            return None
        self._host.show_warnings()
        if completion is None:
            return None
        before = request.text[: request.offset]
        here = position_at(request.text, request.offset, document.encoding)
        return self.answers.add(completion, here, before[before.rfind("\n") + 1 :])

    def pause(self) -> None:
        self.paused = True
        self._scheduler.abort()

    def resume(self) -> None:
        self.paused = False
        self._host.retry()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        self._waiting += 1
        self.idle.clear()
        for stop in self.stop_others:
            stop()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.idle.set()

    def _request(self, document: Document | None, position: Position) -> CompletionRequest | None:
        if document is None or document.file is None:
            return None
        if len(document.source) > MAX_CHARACTERS:
            self._messages.warning(
                f"soothsay: {document.filename} is too long to be completed"
                f" (more than {MAX_CHARACTERS:,} characters)"
            )
            return None
        offset = document.locate(position)
        if offset is None:
            return None
        self._host.serve_document(document.file)
        return CompletionRequest(
            path=document.file,
            text=document.text,
            offset=offset,
            workspace=self._host.workspace or document.file.parent,
            language=document.language_id or "python",
        )
