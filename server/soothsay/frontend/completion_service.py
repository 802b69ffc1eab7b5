"""Completion requests: from the cursor position to an `Answer`, with caching and speculation."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol.types import Position, SelectedCompletionInfo

from soothsay.engine.continuation import Shown, accepted, typed_since
from soothsay.engine.types import Completion, CompletionRequest, Ending
from soothsay.errors import SoothsayError
from soothsay.feedback.gate import Chance
from soothsay.frontend.background import BackgroundWork
from soothsay.frontend.completion_items import Answer, AnswerHistory
from soothsay.frontend.completion_scheduler import CompletionScheduler
from soothsay.frontend.completion_target import (
    CompletionTarget,
    Cursor,
    find_completion_target,
    insert_chosen,
)
from soothsay.frontend.documents import MAX_CHARACTERS, Document, EditorWorkspace
from soothsay.frontend.long_completions import log_if_long
from soothsay.frontend.status import StatusPublisher, summarize_completion
from soothsay_languages.lines import units

if TYPE_CHECKING:
    from soothsay.frontend.session_manager import SessionManager
    from soothsay.frontend.user_messages import UserMessages

# seconds without another request
_PREPARE_AFTER_MOVE = 0.02  # short: the plugins wait before they report a cursor move
_SPECULATE_AFTER = 0.15
_PREPARE_AFTER_ANSWER = 0.15

PAUSED = "completions are paused: resume them with the command soothsay.resume"
ONLY_ON_REQUEST = "the setting completion.automatic is false: completions are given when they are asked for"

logger = logging.getLogger(__name__)

ToldChance = Callable[[Document, CompletionRequest, Completion, bool], Chance | None]
OnAnswer = Callable[[Document, CompletionRequest, Answer, bool], None]


class CompletionService:
    """Answers completion requests. All methods run on the event loop.

    Completions have priority: each request calls the callbacks in ``on_request``, which cancel other work, and ``idle`` is
    set while no request is waiting. ``chance`` says how likely a completion is to be kept, where that is known; ``on_answer`` is
    told of each new answer, and whether it was given by itself.
    """

    def __init__(self, sessions: SessionManager, messages: UserMessages, status: StatusPublisher) -> None:
        self.answers = AnswerHistory()
        self.paused = False
        self.idle = asyncio.Event()
        self.idle.set()
        self.on_request: list[Callable[[], None]] = []
        self.chance: ToldChance = lambda *_: None
        self.on_answer: OnAnswer = lambda *_: None
        self._shown = Shown()
        self._last_shown: tuple[CompletionRequest, Completion] | None = None
        self._background = BackgroundWork(sessions.background_worker, self.idle)
        self.on_request.append(self._background.stop)
        self._waiting = 0
        self._end_of_snooze: asyncio.TimerHandle | None = None
        self._sessions = sessions
        self._messages = messages
        self._status = status
        self._scheduler = CompletionScheduler(
            sessions.model_worker, sessions.complete, sessions.wait_until_loaded
        )

    async def complete(
        self,
        workspace: EditorWorkspace,
        document: Document | None,
        position: Position,
        *,
        automatic: bool = False,
        chosen: SelectedCompletionInfo | None = None,
    ) -> Answer | None:
        """Return the completion at ``position``, after the item ``chosen`` in the client's list if there is one.

        ``automatic``: the user did not ask for it.

        Where the settings or a pause allow no completion, the answer is empty and says so. None: the position is outside
        the document or not available there, the model is not loaded, the request was superseded, or it failed (an error
        the user can fix is shown).
        """
        if document is None:
            return None
        if self._sessions.settings is None:
            await self._sessions.wait_until_loaded()  # the settings may disable the language
        if problem := self._refusal(document, automatic):
            return self.answers.decline(problem, self._sessions.method, position)
        target = self._target(workspace, document, position)
        if target is not None and chosen is not None:
            target = insert_chosen(target, document, position, chosen)
        if target is None:
            return None
        request = self._request(document, target)
        cursor = Cursor.of(document, chosen.range.end if chosen else position)
        await self._background.finish(request)  # it may be generating this completion already
        if known := self._shown.find(request):
            rest, number = known
            if number is not None:
                replaced = _replaced(rest, cursor)
                return self.answers.continue_answer(number, rest, cursor.position, cursor.before, replaced)
            completion: Completion | None = rest
        else:
            completion = await self._generate(request)
        if completion is None:
            return None
        if chosen is not None:
            return self._show(request, completion, cursor)
        chance = self.chance(document, request, completion, automatic)
        if automatic and chance is not None and not chance.is_shown:
            return self._hide(request, completion, cursor, chance)
        answer = self._show(request, completion, cursor, chance)
        self.on_answer(document, request, answer, automatic)
        return answer

    def _refusal(self, document: Document, automatic: bool) -> str:
        """Return why a request is not answered, as a sentence; "" if it is."""
        if self.paused:
            return PAUSED
        if automatic and not self._sessions.is_automatic:
            return ONLY_ON_REQUEST
        return self._sessions.refusal(document)

    def _hide(
        self, request: CompletionRequest, completion: Completion, cursor: Cursor, chance: Chance
    ) -> Answer:
        """Return an empty answer; the completion is remembered, for who asks for it, or types on."""
        self._shown.add(request, completion, None)
        self._schedule_prepare(request, _PREPARE_AFTER_ANSWER)
        ending = Ending("unlikely", completion.text)
        hidden = replace(completion, text="", ending=ending, replaced=0, tab_stops=())
        return self.answers.add(hidden, cursor.position, cursor.before, chance=chance)

    def _show(
        self, request: CompletionRequest, completion: Completion, cursor: Cursor, chance: Chance | None = None
    ) -> Answer:
        answer = self.answers.add(
            completion, cursor.position, cursor.before, _replaced(completion, cursor), chance
        )
        self._shown.add(request, completion, answer.id)
        # what follows values that are still to be filled in is not known
        if completion.text and not completion.tab_stops and self._sessions.speculates:
            following = accepted(request, completion)

            def keep(speculated: Completion) -> None:
                self._shown.add(following, speculated, None)
                self._schedule_prepare(request, _PREPARE_AFTER_ANSWER)

            self._background.schedule(
                partial(self._sessions.speculate, following), keep, _SPECULATE_AFTER, following
            )
            self._last_shown = request, completion
        else:
            self._schedule_prepare(request, _PREPARE_AFTER_ANSWER)
        if last := summarize_completion(answer.id, completion):
            self._status.update(last=last)
        return answer

    async def _generate(self, request: CompletionRequest) -> Completion | None:
        began, completion = time.monotonic(), None
        try:
            with self._foreground():
                completion = await self._scheduler.submit(request)
                return completion
        except SoothsayError as error:
            self._messages.error(error)
        except Exception:
            logger.exception("a completion failed")
        finally:
            log_if_long(request, completion, time.monotonic() - began)
            self._sessions.show_warnings()
        return None

    def cursor_moved(self, workspace: EditorWorkspace, document: Document, position: Position) -> None:
        """Prepare the prompt at the new cursor ``position`` while no completion is requested."""
        if self.paused or self._sessions.refusal(document):
            return
        target = self._target(workspace, document, position)
        if target is not None:
            self._schedule_prepare(self._request(document, target), _PREPARE_AFTER_MOVE)

    def _schedule_prepare(self, request: CompletionRequest, delay: float) -> None:
        """Evaluate the prompt of ``request`` after ``delay`` seconds, while no completion is requested."""
        self._background.schedule(partial(self._sessions.prepare, request), lambda _: None, delay)

    def document_changed(self, workspace: EditorWorkspace, document: Document) -> None:
        """Cancel work for ``document`` that its edit has made useless."""
        if len(document.source) > MAX_CHARACTERS or self._sessions.refusal(document):
            return
        target = find_completion_target(
            workspace, document, Position(0, 0), self._sessions.folder_for_unsaved(workspace)
        )
        if target is None or not self._follows_last_shown(target):
            self._background.stop()
        if target is not None:
            self._scheduler.document_changed(target.path, target.text)

    def _follows_last_shown(self, target: CompletionTarget) -> bool:
        """Return whether the user is typing the completion shown last, or has accepted it: speculation is useful then."""
        if self._last_shown is None:
            return False
        request, completion = self._last_shown
        return target.path == request.path and any(
            completion.text.startswith(typed) for typed in typed_since(request, target.text)
        )

    def clear_cache(self) -> None:
        """Drop cached completions: the session, the index or the settings have changed."""
        self._shown.forget()

    def pause(self) -> None:
        """Give no completions until `resume`."""
        self.stop()
        self._status.update(paused=True, paused_until=None)

    def snooze(self, seconds: float) -> None:
        """Give no completions for ``seconds``, or until `resume`."""
        self.stop()
        self._end_of_snooze = asyncio.get_running_loop().call_later(seconds, self.resume)
        self._status.update(paused=True, paused_until=datetime.now(UTC) + timedelta(seconds=seconds))

    def resume(self) -> None:
        """Give completions again, and retry to load a model that could not be loaded."""
        self._cancel_snooze()
        self.paused = False
        self._status.update(paused=False, paused_until=None)
        self._sessions.retry_load()

    def stop(self) -> None:
        """Give no more completions, and cancel running work. The status is not updated."""
        self._cancel_snooze()
        self.paused = True
        self._scheduler.abort()
        self._background.stop()

    def _cancel_snooze(self) -> None:
        if self._end_of_snooze is not None:
            self._end_of_snooze.cancel()
            self._end_of_snooze = None

    @property
    def longest_cancel_ms(self) -> float:
        """The longest time from a cancellation until the model was free, in milliseconds."""
        return self._scheduler.longest_cancel_ms

    @contextmanager
    def _foreground(self) -> Iterator[None]:
        """Cancel other work; within the block, a request is waiting."""
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

    def _target(
        self, workspace: EditorWorkspace, document: Document, position: Position
    ) -> CompletionTarget | None:
        if len(document.source) > MAX_CHARACTERS:
            self._messages.warning(
                f"soothsay: {document.filename} has more than {MAX_CHARACTERS:,} characters and is not completed;"
                " split the file"
            )
            return None
        return find_completion_target(
            workspace, document, position, self._sessions.folder_for_unsaved(workspace)
        )

    def _request(self, document: Document, target: CompletionTarget) -> CompletionRequest:
        self._sessions.ensure_workspace(target.path)
        language = self._sessions.language(document)
        return CompletionRequest(
            path=target.path,
            text=target.text,
            offset=target.offset,
            workspace=self._sessions.workspace or target.path.parent,
            language=language.id if language else "",
        )


def _replaced(completion: Completion, cursor: Cursor) -> int:
    """Return how much right of the cursor ``completion`` replaces, in the client's units."""
    return units(cursor.after[: completion.replaced], cursor.encoding)
