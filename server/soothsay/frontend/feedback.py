"""What became of the completions of this window, for the log. Off until the user's settings name a folder."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soothsay.config import FeedbackSettings, Settings
from soothsay.feedback.following import Decision, Followed, Undecided, edit_between
from soothsay.feedback.gate import Chance, is_tried
from soothsay.feedback.rows import (
    Delay,
    FeedbackRow,
    adapters_id,
    evidence_id,
    features_of,
    logged_folders,
    model_label,
    workspace_key,
)
from soothsay.frontend.exclusion import is_excluded, unusable
from soothsay_index.sources.ignore import is_secret

if TYPE_CHECKING:
    from soothsay.engine.types import Completion, CompletionRequest
    from soothsay.feedback.redaction import Passage
    from soothsay.feedback.writer import FeedbackWriter
    from soothsay.frontend.completion_items import Answer
    from soothsay.frontend.documents import Document

DELAYS: Mapping[Delay, float] = {"kept_10s": 10.0, "kept_30s": 30.0, "kept_5min": 300.0}
_SEEN_S = 0.25  # nobody has read what was decided sooner: fast typists pass many completions by
_FOLLOWED = 256  # completions; the oldest are settled early


@dataclass(slots=True)
class _Waiting:
    """A completion that may be on the screen, of the document ``uri``."""

    number: int
    uri: str
    request: CompletionRequest
    completion: Completion
    undecided: Undecided
    row: FeedbackRow
    is_shown: bool = False  # as the client says


@dataclass(slots=True)
class _Decided:
    """A completion of which it is known what became of it, while its characters are followed."""

    row: FeedbackRow
    uri: str
    path: Path
    followed: Followed
    timers: tuple[asyncio.TimerHandle, ...]


class Feedback:
    """Follows completions from being shown to five minutes later. All methods run on the event loop, and do not block it.

    Notifications of clients are taken as they come, but not needed: the edits say what became of a completion.
    """

    def __init__(self) -> None:
        self._delays = dict(DELAYS)
        self._salt = uuid.uuid4().hex
        self._settings = FeedbackSettings()
        self._all = Settings()
        self._folders: tuple[Path, ...] = ()
        self._writer: FeedbackWriter | None = None
        self._waiting: _Waiting | None = None
        self._decided: OrderedDict[int, _Decided] = OrderedDict()  # by the completion's number
        self._texts: dict[str, str] = {}  # of the documents that are followed
        self._client_tells = False  # which completions are on the screen

    def configure(self, settings: Settings) -> list[str]:
        """Use ``settings``; return the patterns in them that say nothing."""
        self._all, self._settings = settings, settings.feedback
        self._folders = logged_folders(settings.feedback)
        if self._folders and self._writer is None:
            from soothsay.feedback.writer import FeedbackWriter

            self._writer = FeedbackWriter()
            self._writer.limit(settings.feedback)
        if not self._folders:
            self._forget()
        return unusable(settings.feedback.exclude)

    def chance(
        self, document: Document, request: CompletionRequest, completion: Completion, automatic: bool
    ) -> Chance | None:
        """Return how likely ``completion`` is to be kept; None where that is not known, and everything is shown."""
        gate = self._writer.gate if self._writer is not None and self._settings.gate else None
        if (
            gate is None
            or not completion.text
            or document.file != request.path
            or not self._is_logged(request)
        ):
            return None
        chance = gate.chance(features_of(completion, request, automatic=automatic))
        if chance.is_shown:
            return chance
        return replace(chance, is_tried=is_tried(self._salt, f"{request.path} {completion.draft}"))

    # -- what is seen -------------------------------------------------------------------------------------

    def offered(
        self, document: Document, request: CompletionRequest, answer: Answer, automatic: bool
    ) -> None:
        """A new completion is sent to the client."""
        if not self._folders or not answer.completion.text:
            return
        if self._waiting is not None and self._waiting.undecided.is_at(request):
            self._waiting = None  # nobody has decided: it was asked for again
        self._end_waiting()
        if document.file != request.path or not self._is_logged(request):
            return
        row = self._row(request, answer.completion, automatic)
        undecided = Undecided(request, answer.completion)
        waiting = _Waiting(answer.id, document.uri, request, answer.completion, undecided, row)
        self._waiting, text = waiting, document.text
        self._texts.setdefault(document.uri, text)
        if decision := undecided.change(text):  # edited since it was asked for
            self._decide(waiting, decision, text)

    def changed(self, document: Document) -> None:
        """A document was edited."""
        before = self._texts.get(document.uri)
        if before is None or (text := document.text) == before:
            return
        self._texts[document.uri] = text
        edit = edit_between(before, text)
        for each in self._decided.values():
            if each.uri == document.uri:
                each.followed.move(edit)
        waiting = self._waiting
        if (
            waiting is not None
            and waiting.uri == document.uri
            and (decision := waiting.undecided.change(text))
        ):
            self._decide(waiting, decision, text)

    def closed(self, uri: str) -> None:
        """A document was closed, or its text is not known any more."""
        if self._waiting is not None and self._waiting.uri == uri:
            self._end_waiting()
        for number in [number for number, each in self._decided.items() if each.uri == uri]:
            self._settle(number)

    def shown(self, number: object) -> None:
        """The client says that a completion is on the screen."""
        if self._folders and isinstance(number, int):
            self._client_tells = True
            if self._waiting is not None and self._waiting.number == number:
                self._waiting.is_shown = True

    def accepted(self, number: object) -> None:
        """The client says that a completion was accepted: before or after the edit."""
        if self._waiting is not None and self._waiting.number == number:
            self._waiting.undecided.accept()
        elif isinstance(number, int) and (decided := self._decided.get(number)):
            self._correct(decided)

    def partially_accepted(self, number: object, length: object) -> None:
        """The client says that the first ``length`` units of a completion were accepted."""
        if self._waiting is not None and self._waiting.number == number and isinstance(length, int):
            self._waiting.undecided.accept_part(length)

    def stop(self, timeout: float) -> bool:
        """Write what is known by now; False when that takes longer than ``timeout`` seconds."""
        self._end_waiting()
        for number in list(self._decided):
            self._settle(number)
        return self._writer is None or self._writer.stop(timeout)

    def to_json(self) -> dict[str, Any]:
        """Return the part of ``soothsay.stats``."""
        writer = self._writer
        return {
            "on": bool(self._folders),
            "written": writer.written if writer else 0,
            "dropped": writer.dropped if writer else 0,
            "learnedFrom": writer.gate.outcomes if writer and writer.gate else 0,
        }

    # -- what is written ----------------------------------------------------------------------------------

    def _row(self, request: CompletionRequest, completion: Completion, automatic: bool) -> FeedbackRow:
        model = self._all.model
        return FeedbackRow(
            id=uuid.uuid4().hex,
            time=time.time(),
            workspace=workspace_key(request.workspace),
            language=request.language,
            method=completion.method,
            model=model_label(model.name, model.path),
            model_hash="",
            adapter_hash=adapters_id(completion),
            features=features_of(completion, request, automatic=automatic),
            evidence=tuple(evidence_id(each) for each in completion.evidence),
            verdict=completion.verdict,
            became="ignored",
            characters=len(completion.text),
            taken=0,
        )

    def _is_logged(self, request: CompletionRequest) -> bool:
        path = request.path
        return (
            any(path.is_relative_to(folder) for folder in self._folders)
            and not is_secret(path.name)
            and not is_excluded(path, request.workspace, self._settings.exclude)
        )

    def _end_waiting(self) -> None:
        """Decide what became of a completion that is no longer on the screen."""
        if (waiting := self._waiting) is not None:
            self._decide(waiting, waiting.undecided.end(), self._texts[waiting.uri])

    def _decide(self, waiting: _Waiting, decision: Decision, text: str) -> None:
        self._waiting = None
        seen = time.time() - waiting.row.time >= _SEEN_S and (waiting.is_shown or not self._client_tells)
        if self._writer is None or (decision.became in ("rejected", "ignored") and not seen):
            self._release(waiting.uri)
            return
        row = replace(waiting.row, became=decision.became, taken=decision.taken)
        request, completion = waiting.request, waiting.completion
        after = request.text[: request.offset] + request.text[request.offset + completion.replaced :]
        passage = self._passage(request.path, after, request.offset, request.offset, completion.text)
        self._writer.add(row, self._all.model, passage, self._settings)
        followed = Followed(decision, text, completion.text)
        timers = tuple(self._timers(waiting.number))
        self._decided[waiting.number] = _Decided(row, waiting.uri, request.path, followed, timers)
        if len(self._decided) > _FOLLOWED:
            self._settle(next(iter(self._decided)))

    def _timers(self, number: int) -> Iterator[asyncio.TimerHandle]:
        """Have `_look` called after each delay; not when the loop has ended, because the server stops."""
        with suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            for delay, seconds in self._delays.items():
                yield loop.call_later(seconds, self._look, number, delay)

    def _correct(self, decided: _Decided) -> None:
        """The client says that what looked like another text was the completion."""
        if decided.row.became != "accepted" and self._writer is not None:
            decided.row = replace(decided.row, became="accepted", taken=decided.row.characters)
            decided.followed.accept(self._texts[decided.uri])
            self._writer.change(decided.row.id, became="accepted", taken=decided.row.taken)

    def _look(self, number: int, delay: Delay) -> None:
        """Write how much of a completion stands in its document, ``delay`` after it was decided."""
        decided = self._decided[number]
        self._write_rest(decided, delay)
        if delay == list(self._delays)[-1]:
            del self._decided[number]
            self._release(decided.uri)

    def _settle(self, number: int) -> None:
        """Write what stands in place of a completion, and follow it no longer."""
        decided = self._decided.pop(number)
        for timer in decided.timers:
            timer.cancel()
        self._write_rest(decided, None)
        self._release(decided.uri)

    def _write_rest(self, decided: _Decided, delay: Delay | None) -> None:
        if self._writer is None:
            return
        followed, text = decided.followed, self._texts[decided.uri]
        now = followed.text_in(text)
        start, end = followed.start, followed.start + len(now)
        passage = self._passage(decided.path, text, start, end, now) if followed.is_certain else None
        self._writer.settle(decided.row.id, delay, followed.proposed, now, passage)

    def _passage(self, path: Path, text: str, start: int, end: int, middle: str) -> Passage | None:
        """Return ``middle`` in its place, between ``start`` and ``end`` of ``text``, where the settings ask for texts."""
        if not self._settings.texts:
            return None
        from soothsay.feedback.redaction import passage_in

        return passage_in(path, text, start, end, middle)

    def _release(self, uri: str) -> None:
        """Forget the text of a document that nothing is followed in."""
        is_waiting = self._waiting is not None and self._waiting.uri == uri
        if not is_waiting and not any(each.uri == uri for each in self._decided.values()):
            self._texts.pop(uri, None)

    def _forget(self) -> None:
        """Follow nothing any more, and write nothing of it: it was switched off."""
        for each in self._decided.values():
            for timer in each.timers:
                timer.cancel()
        self._decided.clear()
        self._texts.clear()
        self._waiting = None
