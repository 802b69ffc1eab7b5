"""What became of a completion, read from the texts of its document: every client tells these, whatever else it tells.

A completion is `Undecided` until an edit decides it. From then on the characters it stood for are `Followed`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from soothsay.engine.continuation import typed_since
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.feedback.rows import Became

TYPED_AT_ONCE = 3  # characters: a client that sends changes with a delay sends so many keys as one change
_CLOSERS = ")]}\"'"  # what editors insert by themselves
_COMPARED = 2_000  # characters of each side, at most
_SLICE = 16_384
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class DocumentEdit:
    """The least replacement that makes one text of another: from ``start``, so many ``removed`` for so many ``inserted``."""

    start: int
    removed: int
    inserted: int

    @property
    def removed_end(self) -> int:
        """Where the removed characters end in the old text."""
        return self.start + self.removed

    @property
    def inserted_end(self) -> int:
        """Where the inserted characters end in the new text."""
        return self.start + self.inserted


def edit_between(old: str, new: str) -> DocumentEdit:
    """Return the edit that makes ``new`` of ``old``. Slices are compared: characters one by one would take milliseconds."""
    shorter = min(len(old), len(new))
    start = _agreeing(shorter, lambda low, high: old[low:high] == new[low:high])
    ends = len(old), len(new)
    after = _agreeing(
        shorter - start,
        lambda low, high: old[ends[0] - high : ends[0] - low] == new[ends[1] - high : ends[1] - low],
    )
    return DocumentEdit(start, len(old) - after - start, len(new) - after - start)


def _agreeing(most: int, agree: Callable[[int, int], bool]) -> int:
    """Return how many characters agree, up to ``most``; ``agree`` compares those from one number to another."""
    low = 0
    while low < most and agree(low, min(low + _SLICE, most)):
        low = min(low + _SLICE, most)
    sizes = range(low + 1, min(low + _SLICE, most) + 1)
    return low + bisect_left(sizes, True, key=lambda size: not agree(low, size))


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a completion, ``taken`` characters of which were accepted, and the range that stands for it now."""

    became: Became
    taken: int
    start: int
    end: int


class Undecided:
    """A completion that may be on the screen."""

    def __init__(self, request: CompletionRequest, completion: Completion) -> None:
        self._request = request
        self._text = completion.text
        self._replaced = completion.replaced
        self._now = request.text
        self._stands = 0  # so many of its characters stand in the document
        self._written = 0  # and so many with what an editor has closed behind them
        self._taken = 0  # so many of them were inserted at once
        self._is_accepted = False  # as the client says, which may say it before it sends the edit

    def change(self, text: str) -> Decision | None:
        """Return what is decided now that the document holds ``text``; None where it may still be on the screen."""
        if text == self._now:
            return None
        edit, self._now = edit_between(self._now, text), text
        stands = self._standing(text, edit)
        if stands is None:
            return self._contradicted(edit)
        inserted = text[edit.start : edit.inserted_end].strip().rstrip(_CLOSERS)
        if stands > self._stands and len(inserted) > TYPED_AT_ONCE:
            self._taken = stands
        self._stands = stands
        self._written = max(stands, len(text) - len(self._request.text))
        if stands < len(self._text):
            return None
        start = self._request.offset
        if self._is_accepted or self._taken:
            return Decision("accepted", stands, start, start + stands)
        return Decision("ignored", 0, start, start + stands)  # typed by hand to its end

    def is_at(self, request: CompletionRequest) -> bool:
        """Return whether ``request`` asks at the end of what stands of it, with nothing else changed."""
        return request.offset == self._request.offset + self._stands and request.text == self._now

    def accept(self) -> None:
        """The client says that all of it was accepted; the edit is still to come."""
        self._is_accepted = True

    def accept_part(self, length: int) -> None:
        """The client says that the first ``length`` characters were accepted."""
        self._taken = max(self._taken, min(length, len(self._text)))

    def end(self) -> Decision:
        """Return what is known when nothing more will be."""
        offset = self._request.offset
        if self._is_accepted:
            return Decision("accepted", len(self._text), offset, offset + self._stands)
        return Decision("partly" if self._taken else "ignored", self._taken, offset, offset + self._stands)

    def _standing(self, text: str, edit: DocumentEdit) -> int | None:
        """Return how many characters of it stand in ``text``; None where something else was written."""
        request, whole = self._request, self._text
        readings = list(typed_since(request, text))
        standing = (
            len(typed) for typed in readings if whole.startswith(typed) and (typed or not readings[0])
        )
        if (most := max(standing, default=None)) is not None:
            return most
        end = request.offset + len(whole)
        if text[: request.offset] != request.text[: request.offset] or text[request.offset : end] != whole:
            return None
        is_alone = text[end:] == request.text[request.offset + self._replaced :]
        return len(whole) if is_alone or edit.inserted_end >= end else None  # or more was typed at once

    def _contradicted(self, edit: DocumentEdit) -> Decision:
        start, end = self._request.offset, self._request.offset + self._written
        touches = edit.start <= end and edit.removed_end >= start
        if not touches:
            moved = edit.inserted - edit.removed if edit.removed_end <= start else 0
            ended = self.end()
            return Decision(ended.became, ended.taken, ended.start + moved, ended.end + moved)
        hull = min(start, edit.start), max(end - edit.removed + edit.inserted, edit.inserted_end)
        if self._is_accepted:  # a snippet, whose tab stops hold other texts
            return Decision("accepted", len(self._text), start, hull[1])
        return Decision("partly" if self._taken else "rejected", self._taken, *hull)


class Followed:
    """The range of a document that stands for a completion, as edits move it.

    ``proposed`` is what is looked for in it. A range that ``grows`` takes in what is typed at its end: what a person writes
    in place of a completion.
    """

    def __init__(self, decision: Decision, text: str, completion: str) -> None:
        """Follow what ``decision`` leaves in ``text``."""
        self.start, self.end = decision.start, decision.end
        self.grows = decision.became in ("rejected", "ignored")
        self.is_certain = True
        accepted = text[self.start : self.end] or completion
        self.proposed = {"accepted": accepted, "partly": completion[: decision.taken]}.get(
            decision.became, completion
        )
        self._lines = completion.count("\n") + 1

    def accept(self, text: str) -> None:
        """What stands there in ``text`` is the completion after all, as a snippet has written it."""
        self.grows = False
        self.proposed = text[self.start : self.end]

    def move(self, edit: DocumentEdit) -> None:
        """Move the range by an edit of its document."""
        by = edit.inserted - edit.removed
        is_insertion = not edit.removed
        if self.start == self.end == edit.start and is_insertion:
            self.end += by
        elif edit.removed_end <= self.start:
            self.start, self.end = self.start + by, self.end + by
        elif edit.start >= self.end:
            self.end += edit.inserted if self.grows and edit.start == self.end else 0
        else:
            covers = edit.start < self.start and edit.removed_end > self.end
            self.is_certain &= not (covers and edit.inserted)
            self.start, self.end = min(self.start, edit.start), max(self.end, edit.removed_end) + by
        self.grows |= self.start == self.end  # undone: what is written instead comes here

    def text_in(self, text: str) -> str:
        """Return what stands there, at most as many lines as were proposed where it grows."""
        now = text[self.start : self.end]
        return "".join(now.splitlines(keepends=True)[: self._lines]) if self.grows else now


def kept(proposed: str, now: str) -> int:
    """Return how many characters of ``proposed`` stand in ``now``, in their order: words and signs are compared as wholes."""
    if proposed == now:
        return len(proposed)
    ours, theirs = _TOKEN.findall(proposed[:_COMPARED]), _TOKEN.findall(now[:_COMPARED])
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return sum(_size(ours[block.a : block.a + block.size]) for block in blocks)


def _size(tokens: Iterable[str]) -> int:
    return sum(len(token) for token in tokens)
