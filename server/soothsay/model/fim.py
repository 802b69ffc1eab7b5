"""The anchored layout: a fill-in-the-middle prompt in which typing, and even retrieving, only appends.

``<prefix up to an anchor line> <suffix> <middle>`` + documentation + what was typed since the anchor. Everything
that changes from key to key comes after the last marker, so the KV cache of prefix and suffix survives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from soothsay.model.healing import split_for_healing
from soothsay_languages.base import Language

_MAX_SINCE_ANCHOR = 2_000  # characters typed after the anchor before it moves
_CLOSED = re.compile(r"[)\]}\"']+[ \t]*(?=\n|\Z)")
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
    """The stable part of a document's prompts: its imports, ``text[start:end]`` before the cursor, and the suffix."""

    language: Language
    window: Window
    start: int
    end: int
    imports: str  # those above ``start``
    prefix: str
    suffix: str
    cross_file: str = ""  # of other files; only once it was read ahead


@dataclass(frozen=True, slots=True)
class Window:
    """How much of the document a prompt may hold, in tokens."""

    prefix: int = 640
    suffix: int = 128
    imports: int = 128
    cross_file: int = 192

    @classmethod
    def of(cls, context: int) -> Window:
        """The window of a model that can hold ``context`` tokens."""
        usual = cls()
        return cls(
            min(usual.prefix, context // 3),
            min(usual.suffix, context // 10),
            min(usual.imports, context // 10),
            min(usual.cross_file, context // 10),
        )

    def near(self) -> Window:
        """What is read first at a new place, in about a second on two cores; all of it takes four or five."""
        return replace(self, prefix=min(self.prefix, 224), suffix=min(self.suffix, 48))


def place_anchor(text: str, offset: int, window: Window, language: Language, cross_file: str = "") -> Anchor:
    """Return a fresh anchor for a cursor at ``offset`` of a text in ``language``; ``cross_file`` are whole lines.

    It stands at the start of the current line, or of the comment block right above it, so that documentation can go
    between the two.
    """
    end = _start_of_thought(text, offset, language.lexis.line_comment)
    # on a grid, so that prompts for places near each other begin alike and share what is in the KV cache
    grid = window.prefix * _CHARS_PER_TOKEN // 2
    start = max(0, (end // grid - 1) * grid)
    if start > 0:
        start = text.find("\n", start, end) + 1 or start  # never in the middle of a line
    suffix = _suffix(text, offset, window)
    imports = _imports(text, start, window, language)
    return Anchor(language, window, start, end, imports, text[start:end], suffix, cross_file)


def still_fits(anchor: Anchor, text: str, offset: int) -> bool:
    """Whether prompts for a cursor at ``offset`` can go on from ``anchor``."""
    return (
        anchor.end <= _start_of_thought(text, offset, anchor.language.lexis.line_comment)
        and offset - anchor.end <= _MAX_SINCE_ANCHOR
        and text[anchor.start : anchor.end] == anchor.prefix
        and _suffix(text, offset, anchor.window) == anchor.suffix
        and _imports(text, anchor.start, anchor.window, anchor.language) == anchor.imports
    )


def build_prompt(anchor: Anchor, text: str, offset: int, documentation: str = "") -> Prompt:
    """Lay out one request. ``documentation`` is whole comment lines; they go above the current thought."""
    at = max(anchor.end, _start_of_thought(text, offset, anchor.language.lexis.line_comment))
    stable, forced = split_for_healing(text[at:offset])
    middle = text[anchor.end : at] + documentation + stable
    return Prompt(
        anchor.cross_file + anchor.imports + anchor.prefix,
        anchor.suffix,
        middle,
        forced,
        code_first=bool(documentation) and not forced.strip(),
    )


def _imports(text: str, end: int, window: Window, language: Language) -> str:
    """Return the file's imports that begin above ``end``: without them, names further down could be anything."""
    found = ""
    if language.imports is None:
        return found
    for match in language.imports.finditer(text, 0, end):
        if len(found) + len(match[0]) > window.imports * _CHARS_PER_TOKEN:
            break
        found += match[0]
    return found


def _suffix(text: str, offset: int, window: Window) -> str:
    """What follows; without the brackets and quotes that editors close as soon as they are opened."""
    rest = _CLOSED.match(text, offset)
    start = rest.end() if rest else offset
    return text[start : start + window.suffix * _CHARS_PER_TOKEN]


def _start_of_thought(text: str, offset: int, comment: str) -> int:
    """Return the start of the current line, moved up over the lines right above it that begin with ``comment``."""
    start = text.rfind("\n", 0, offset) + 1
    while comment and start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith(comment):
            break
        start = above
    return start
