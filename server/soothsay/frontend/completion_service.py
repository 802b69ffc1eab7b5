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
from soothsay.frontend.background import BackgroundWork
from soothsay.frontend.completion_items import Answer, AnswerHistory
from soothsay.frontend.completion_scheduler import CompletionScheduler
from soothsay.frontend.completion_target import CompletionTarget, find_completion_target
from soothsay.frontend.documents import MAX_CHARACTERS, Document, EditorWorkspace, position_at
from soothsay.frontend.status import StatusPublisher, summarize_completion

if TYPE_CHECKING:
    from soothsay.frontend.session_manager import SessionManager
    from soothsay.frontend.user_messages import UserMessages

_PREPARE_AFTER = 0.02  # seconds without a key; the plugins have waited, too
_SPECULATE_AFTER = 0.15
_READ_ON_AFTER = 0.15

logger = logging.getLogger(__name__)


class CompletionService:
    """Finds an answer, or None: a position outside the file, no model yet, paused, superseded, an error.

    Nothing else may make a completion wait: ``stop_others`` are called when one is asked for, and ``idle`` is set
    while none is.
    """

    def __init__(self, sessions: SessionManager, messages: UserMessages, status: StatusPublisher) -> None:
        self.answers = AnswerHistory()
        self.paused = False
        self.idle = asyncio.Event()
        self.idle.set()
        self.on_request: list[Callable[[], None]] = []
        self._shown = Shown()
        self._suggested: tuple[CompletionRequest, Completion] | None = None
        self._background = BackgroundWork(sessions.background_worker, self.idle)
        self.on_request.append(self._background.stop)
        self._waiting = 0
        self._sessions = sessions
        self._messages = messages
        self._status = status
        self._scheduler = CompletionScheduler(sessions.model_worker, sessions.complete, sessions.ready)

    async def complete(
        self, workspace: EditorWorkspace, document: Document | None, position: Position
    ) -> Answer | None:
        """Return the answer for the cursor at ``position``; at once, and without the model, where there is none."""
        if self.paused or document is None:
            return None
        if self._sessions.settings is None:
            await self._sessions.ready()  # they may switch the language off
        if problem := self._sessions.refusal(document):
            return self.answers.decline(problem, self._sessions.method, position)
        target = self._place(workspace, document, position)
        if target is None:
            return None
        request = self._request(document, target)
        text, offset = target.text[target.above :], target.offset - target.above
        here = position_at(text, offset, document.encoding)
        line = text[text.rfind("\n", 0, offset) + 1 : offset]
        await self._background.finish(request)
        if known := self._shown.find(request):
            rest, number = known
            if number is not None:
                return self.answers.continue_answer(number, rest, here, line)
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
        if completion.text and self._sessions.speculates:
            then = accepted(request, completion)

            def keep(written: Completion) -> None:
                self._shown.add(then, written, None)
                self._read(request, _READ_ON_AFTER)

            self._background.do(partial(self._sessions.speculate, then), keep, _SPECULATE_AFTER, then)
            self._suggested = request, completion
        else:
            self._read(request, _READ_ON_AFTER)
        if last := summarize_completion(answer.id, completion):
            self._status.update(last=last)
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
            self._sessions.show_warnings()
        return None

    def moved(self, workspace: EditorWorkspace, document: Document, position: Position) -> None:
        """The cursor is there now: what a completion would have to read is read when nothing else is to be done."""
        if self.paused or self._sessions.refusal(document):
            return
        target = self._place(workspace, document, position)
        if target is not None:
            self._read(self._request(document, target), _PREPARE_AFTER)

    def _read(self, request: CompletionRequest, delay: float) -> None:
        """Read all that a completion would have to read, when nothing else is to be done."""
        self._background.do(partial(self._sessions.prepare, request), lambda _: None, delay)

    def changed(self, workspace: EditorWorkspace, document: Document) -> None:
        """``document`` was edited: what is being written for it may be of no use any more."""
        if len(document.source) > MAX_CHARACTERS or self._sessions.refusal(document):
            return
        target = find_completion_target(workspace, document, Position(0, 0), self._sessions.folder(workspace))
        if target is None or not self._takes_suggestion(target):
            self._background.stop()
        if target is not None:
            self._scheduler.changed(target.path, target.text)

    def _takes_suggestion(self, target: CompletionTarget) -> bool:
        """Whether what was suggested last is being typed, or was accepted: what follows it is of use then."""
        if self._suggested is None:
            return False
        request, completion = self._suggested
        return target.path == request.path and any(
            completion.text.startswith(typed) for typed in typed_since(request, target.text)
        )

    def forget(self) -> None:
        """The session, the index or the settings have changed: completions may come out differently."""
        self._shown.forget()

    def pause(self) -> None:
        self.stop()
        self._status.update(paused=True)

    def resume(self) -> None:
        self.paused = False
        self._status.update(paused=False)
        self._sessions.retry()

    def stop(self) -> None:
        """No completions any more; nobody is told."""
        self.paused = True
        self._scheduler.abort()
        self._background.stop()

    @property
    def longest_free_ms(self) -> float:
        """The longest that it took the model to stop once it was told to."""
        return self._scheduler.longest_free_ms

    @contextmanager
    def _turn(self) -> Iterator[None]:
        self._waiting += 1
        self.idle.clear()
        for stop in self.on_request:
            stop()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.idle.set()

    def _place(
        self, workspace: EditorWorkspace, document: Document, position: Position
    ) -> CompletionTarget | None:
        if len(document.source) > MAX_CHARACTERS:
            self._messages.warning(
                f"soothsay: {document.filename} is too long to be completed"
                f" (more than {MAX_CHARACTERS:,} characters)"
            )
            return None
        return find_completion_target(workspace, document, position, self._sessions.folder(workspace))

    def _request(self, document: Document, target: CompletionTarget) -> CompletionRequest:
        self._sessions.serve_document(target.path)
        language = self._sessions.language(document)
        return CompletionRequest(
            path=target.path,
            text=target.text,
            offset=target.offset,
            workspace=self._sessions.workspace or target.path.parent,
            language=language.id if language else "",
        )
