"""The anchored layout: a fill-in-the-middle prompt in which typing, and even retrieving, only appends.

``<prefix up to an anchor line> <suffix> <middle>`` + documentation + what was typed since the anchor. Everything
that changes from key to key comes after the last marker, so the KV cache of prefix and suffix survives.
"""

from __future__ import annotations

from dataclasses import dataclass

from soothsay.model.healing import split_for_healing

_MAX_SINCE_ANCHOR = 2_000  # characters typed after the anchor before it moves
_CHARS_PER_TOKEN = 3  # a low estimate for code: windows are cut in characters, before tokenising


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is given.

    ``forced`` is text that the completion must begin with (already typed). ``code_first`` keeps it from beginning
    with a comment, which is what follows comments most of the time.
    """

    prefix: str
    suffix: str
    middle: str
    forced: str = ""
    code_first: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """The stable part of a document's prompts: ``text[start:end]`` before the cursor, and the suffix."""

    start: int
    end: int
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Window:
    """How much of the document a prompt may hold, in tokens."""

    prefix: int = 1024
    suffix: int = 256

    @classmethod
    def of(cls, context: int) -> Window:
        """The window of a model that can hold ``context`` tokens: small enough to be read in seconds on a CPU."""
        return cls(min(1024, context // 3), min(256, context // 10))


def place_anchor(text: str, offset: int, window: Window, previous: Anchor | None = None) -> Anchor:
    """The anchor for a cursor at ``offset``: the previous one as long as it fits, else a fresh one.

    A fresh anchor stands at the start of the current line, or of the comment block right above it, so that
    documentation can go between the two.
    """
    if previous is not None and _still_fits(previous, text, offset, window):
        return previous
    end = _start_of_thought(text, offset)
    # on a grid, so that prompts for places near each other begin alike and share what is in the KV cache
    grid = window.prefix * _CHARS_PER_TOKEN // 3
    start = max(0, (end // grid - 2) * grid)
    if start > 0:
        start = text.find("\n", start, end) + 1 or start  # never in the middle of a line
    return Anchor(start, end, text[start:end], _suffix(text, offset, window))


def build_prompt(anchor: Anchor, text: str, offset: int, documentation: str = "") -> Prompt:
    """Lay out one request. ``documentation`` is whole comment lines; they go above the current thought."""
    at = max(anchor.end, _start_of_thought(text, offset))
    stable, forced = split_for_healing(text[at:offset])
    middle = text[anchor.end : at] + documentation + stable
    return Prompt(
        anchor.prefix, anchor.suffix, middle, forced, code_first=bool(documentation) and not forced.strip()
    )


def _still_fits(anchor: Anchor, text: str, offset: int, window: Window) -> bool:
    return (
        anchor.end <= _start_of_thought(text, offset)
        and offset - anchor.end <= _MAX_SINCE_ANCHOR
        and text[anchor.start : anchor.end] == anchor.prefix
        and _suffix(text, offset, window) == anchor.suffix
    )


def _suffix(text: str, offset: int, window: Window) -> str:
    return text[offset : offset + window.suffix * _CHARS_PER_TOKEN]


def _start_of_thought(text: str, offset: int) -> int:
    """Start of the current line, moved up over the comment lines right above it."""
    start = text.rfind("\n", 0, offset) + 1
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith("#"):
            break
        start = above
    return start
