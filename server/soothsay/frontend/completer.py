"""One request for a completion, from the cursor's position to an `Answer`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol.types import Position

from soothsay.engine.continuation import Shown, accepted, typed_since
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.errors import SoothsayError
from soothsay.frontend.completion import Answer, Answers
from soothsay.frontend.documents import MAX_CHARACTERS, Document, Workspace, position_at
from soothsay.frontend.idle import IdleModel
from soothsay.frontend.places import Place, find_place
from soothsay.frontend.status import StatusBoard, last_of
from soothsay.frontend.typist import Typist

if TYPE_CHECKING:
    from soothsay.frontend.host import Host
    from soothsay.frontend.messages import Messages

_PREPARE_AFTER = 0.02  # seconds without a key; the plugins have waited, too
_SPECULATE_AFTER = 0.15
_READ_ON_AFTER = 0.15

logger = logging.getLogger(__name__)


class Completer:
    """Finds an answer, or None: a position outside the file, no model yet, paused, superseded, an error.

    Nothing else may make a completion wait: ``stop_others`` are called when one is asked for, and ``idle`` is set
    while none is.
    """

    def __init__(self, host: Host, messages: Messages, board: StatusBoard) -> None:
        self.answers = Answers()
        self.paused = False
        self.idle = asyncio.Event()
        self.idle.set()
        self.stop_others: list[Callable[[], None]] = []
        self._shown = Shown()
        self._suggested: tuple[CompletionRequest, Completion] | None = None
        self._ahead = IdleModel(host.ahead_worker, self.idle)
        self.stop_others.append(self._ahead.stop)
        self._waiting = 0
        self._host = host
        self._messages = messages
        self._board = board
        self._scheduler = Typist(host.model_worker, host.complete, host.ready)

    async def complete(
        self, workspace: Workspace, document: Document | None, position: Position
    ) -> Answer | None:
        place = None if self.paused or document is None else self._place(workspace, document, position)
        if document is None or place is None:
            return None
        request = self._request(document, place)
        text, offset = place.text[place.above :], place.offset - place.above
        here = position_at(text, offset, document.encoding)
        line = text[text.rfind("\n", 0, offset) + 1 : offset]
        await self._ahead.finish(request)
        if known := self._shown.find(request):
            rest, number = known
            if number is not None:
                return self.answers.go_on(number, rest, here, line)
            return self._show(request, rest, here, line)
        completion = await self._ask(request)
        if completion is None:
            return None
        return self._show(request, completion, here, line)

    def _show(
        self, request: CompletionRequest, completion: Completion, position: Position, line: str
    ) -> Answer:
        answer = self.answers.add(completion, position, line)
        self._shown.add(request, completion, answer.id)
        if completion.text and self._host.speculates:
            then = accepted(request, completion)

            def keep(written: Completion) -> None:
                self._shown.add(then, written, None)
                self._read(request, _READ_ON_AFTER)

            self._ahead.do(partial(self._host.speculate, then), keep, _SPECULATE_AFTER, then)
            self._suggested = request, completion
        else:
            self._read(request, _READ_ON_AFTER)
        if last := last_of(answer.id, completion):
            self._board.update(last=last)
        return answer

    async def _ask(self, request: CompletionRequest) -> Completion | None:
        try:
            with self._turn():
                return await self._scheduler.submit(request)
        except SoothsayError as error:
            self._messages.error(error)
        except Exception:
            logger.exception("a completion failed")
        finally:
            self._host.show_warnings()
        return None

    def moved(self, workspace: Workspace, document: Document, position: Position) -> None:
        """The cursor is there now: what a completion would have to read is read when nothing else is to be done."""
        place = None if self.paused else self._place(workspace, document, position)
        if place is not None:
            self._read(self._request(document, place), _PREPARE_AFTER)

    def _read(self, request: CompletionRequest, delay: float) -> None:
        """Read all that a completion would have to read, when nothing else is to be done."""
        self._ahead.do(partial(self._host.prepare, request), lambda _: None, delay)

    def changed(self, workspace: Workspace, document: Document) -> None:
        """``document`` was edited: what is being written for it may be of no use any more."""
        if len(document.source) > MAX_CHARACTERS:
            return
        place = find_place(workspace, document, Position(0, 0), self._host.folder(workspace))
        if place is None or not self._takes_suggestion(place):
            self._ahead.stop()
        if place is not None:
            self._scheduler.changed(place.path, place.text)

    def _takes_suggestion(self, place: Place) -> bool:
        """Whether what was suggested last is being typed, or was accepted: what follows it is of use then."""
        if self._suggested is None:
            return False
        request, completion = self._suggested
        return place.path == request.path and any(
            completion.text.startswith(typed) for typed in typed_since(request, place.text)
        )

    def forget(self) -> None:
        """The session, the index or the settings have changed: completions may come out differently."""
        self._shown.forget()

    def pause(self) -> None:
        self.stop()
        self._board.update(paused=True)

    def resume(self) -> None:
        self.paused = False
        self._board.update(paused=False)
        self._host.retry()

    def stop(self) -> None:
        """No completions any more; nobody is told."""
        self.paused = True
        self._scheduler.abort()
        self._ahead.stop()

    @property
    def longest_free_ms(self) -> float:
        """The longest that it took the model to stop once it was told to."""
        return self._scheduler.longest_free_ms

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

    def _place(self, workspace: Workspace, document: Document, position: Position) -> Place | None:
        if len(document.source) > MAX_CHARACTERS:
            self._messages.warning(
                f"soothsay: {document.filename} is too long to be completed"
                f" (more than {MAX_CHARACTERS:,} characters)"
            )
            return None
        return find_place(workspace, document, position, self._host.folder(workspace))

    def _request(self, document: Document, place: Place) -> CompletionRequest:
        self._host.serve_document(place.path)
        return CompletionRequest(
            path=place.path,
            text=place.text,
            offset=place.offset,
            workspace=self._host.workspace or place.path.parent,
            language=document.language_id or "python",
        )
