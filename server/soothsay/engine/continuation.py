"""Completions that stay valid while the user types the text that they show."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from soothsay.engine.tab_stops import stops_in_part
from soothsay.engine.types import Completion, CompletionRequest

_CLOSERS = ")]}\"'"  # what editors insert behind the cursor by themselves
_KEPT = 64  # completions; comparing with all of them takes less than a tenth of a millisecond


def typed_since(earlier: CompletionRequest, text: str) -> Iterator[str]:
    """Yield what may have been typed at the cursor of ``earlier`` for its file to hold ``text``; nothing otherwise.

    More than one reading is possible where the editor has closed a bracket that was typed: ``()`` or ``(``.
    """
    before, after = earlier.text[: earlier.offset], earlier.text[earlier.offset :]
    if len(text) < len(earlier.text) or not text.startswith(before) or not text.endswith(after):
        return
    typed = text[earlier.offset : len(text) - len(after)]
    yield typed
    while typed and typed[-1] in _CLOSERS:
        typed = typed[:-1]
        yield typed


def continues(earlier: CompletionRequest, now: CompletionRequest) -> str | None:
    """Return what was typed between two requests for the same place; None when it is another place, or text was changed."""
    if now.offset < earlier.offset or replace(now, text="", offset=0) != replace(earlier, text="", offset=0):
        return None
    typed = now.text[earlier.offset : now.offset]
    return typed if typed in typed_since(earlier, now.text) else None


def agrees(written: str, typed: str) -> bool:
    """Return whether ``written``, a text that still grows, may begin with ``typed`` in the end."""
    return written.startswith(typed) or typed.startswith(written)


def rest_of(completion: Completion, earlier: CompletionRequest, now: CompletionRequest) -> Completion | None:
    """Return what is left of ``completion``, the answer to ``earlier``, where ``now`` continues that; None for nothing."""
    if now.text == earlier.text:
        return completion
    typed = now.text[earlier.offset : now.offset]
    rest = completion.text[len(typed) :]
    if not completion.text.startswith(typed) or not rest:
        return None
    # imported late: a server has answered its first request before the parser is loaded
    from soothsay_languages.registry import language_or_plain
    from soothsay_languages.scan import scan

    lexis = language_or_plain(now.language).lexis
    before = completion.before + typed
    before = before[scan(before, lexis).statement :]  # in the whole text it would take milliseconds
    closed = now.text[now.offset : len(now.text) - len(earlier.text) + earlier.offset]  # by the editor
    replaced = completion.replaced + len(closed)
    if closed and rest.endswith(closed) and not completion.replaced:
        rest, replaced = rest[: -len(closed)], 0
    if not rest:
        return None
    stops = stops_in_part(completion.tab_stops, len(typed), len(typed) + len(rest))
    return replace(completion, text=rest, before=before, replaced=replaced, tab_stops=stops)


def accepted(request: CompletionRequest, completion: Completion) -> CompletionRequest:
    """Return the request that follows when ``completion`` is taken as it is."""
    before, after = request.text[: request.offset], request.text[request.offset + completion.replaced :]
    return replace(
        request, text=before + completion.text + after, offset=request.offset + len(completion.text)
    )


class Shown:
    """The last completions, to be found again when a user types what was shown."""

    def __init__(self) -> None:
        self._shown: deque[tuple[CompletionRequest, Completion, int | None]] = deque(maxlen=_KEPT)

    def add(self, request: CompletionRequest, completion: Completion, number: int | None) -> None:
        """Remember ``completion``; ``number`` is its id in the history of answers, None while it was not shown."""
        self._shown.append((request, completion, number))

    def find(self, request: CompletionRequest) -> tuple[Completion, int | None] | None:
        """Return what is left of a completion of which ``request`` has typed a part, or nothing yet; the newest first."""
        for earlier, completion, number in reversed(self._shown):
            if not completion.text.startswith(request.text[earlier.offset : request.offset]):
                continue  # seen before whole texts are compared
            if continues(earlier, request) is None:
                continue
            if (rest := rest_of(completion, earlier, request)) is not None:
                return rest, number
        return None

    def forget(self) -> None:
        """Forget all completions: what they were made from has changed."""
        self._shown.clear()
