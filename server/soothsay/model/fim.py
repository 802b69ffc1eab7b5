"""The anchored layout: a fill-in-the-middle prompt in which typing, and even retrieving, only appends.

``<prefix up to an anchor line> <suffix> <middle>`` + documentation + what was typed since the anchor. Everything
that changes from key to key comes after the last marker, so the KV cache of prefix and suffix survives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from soothsay.model.condense import MARK, condensed, short_line
from soothsay.model.healing import split_for_healing
from soothsay_languages.base import Language

_MAX_SINCE_ANCHOR = 2_000  # characters typed after the anchor before it moves
_BLANKS = re.compile(r"[ \t]*")
_CLOSED = re.compile(r"[)\]}\"']+[ \t]*(?=\n|\Z)")
_CHARS_PER_TOKEN = 3  # a low estimate for code: windows are cut in characters, before tokenising
_USUAL_CHARS_PER_TOKEN = 4
_NEAR = (96, 160, 256, 384)  # tokens
_LOOK_BACK = 64_000  # characters before the cursor that a window is filled from
_LOOK_AHEAD = 16_000  # and after it
_WIDER = 4  # times as much is read of what is condensed, until a window is filled
_LONGEST_THOUGHT = 800  # characters of comment above the cursor's line that go with it
_THOUGHT_LINES = 8  # and lines
_NEAREST_LINES = 3  # of a longer comment
_LINE_HEAD, _LINE_TAIL, _LINE_STEP = (
    200,
    800,
    400,
)  # characters of the cursor's line that are kept, and cut at once
_LITTLE_TEXT = 1_200  # characters; a file of so few does not say itself what it is
_LONGEST_PATH = 120  # characters


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is given.

    ``forced`` is text that the completion must begin with (already typed). ``code_first`` keeps it from beginning
    with a comment, which is what follows comments most of the time. ``path`` is told to models that were trained with
    the paths of files, "" to none.
    """

    prefix: str
    suffix: str
    middle: str
    forced: str = ""
    code_first: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The stable part of a document's prompts: its imports, ``text[start:end]`` before the cursor, and the suffix.

    ``prefix`` is what is shown of ``source``, which is ``text[start:end]``.
    """

    language: Language
    window: Window
    start: int
    end: int
    imports: str  # those above ``start``
    source: str
    prefix: str
    suffix: str
    cross_file: str = ""  # of other files; only once it was read ahead
    path: str = ""  # only where the text does not say itself what it is


@dataclass(frozen=True, slots=True)
class Window:
    """How much of the document a prompt may hold, in tokens."""

    prefix: int = 640
    suffix: int = 128
    imports: int = 128
    cross_file: int = 192

    @classmethod
    def of(cls, context: int) -> Window:
        """Return the window of a model that can hold ``context`` tokens."""
        usual = cls()
        return cls(
            min(usual.prefix, context // 3),
            min(usual.suffix, context // 10),
            min(usual.imports, context // 10),
            min(usual.cross_file, context // 10),
        )

    def near(self, tokens: int) -> Window:
        """Return what is read first at a new place: about ``tokens``, in few sizes, so that prompts share what was read."""
        size = max((each for each in _NEAR if each <= tokens), default=_NEAR[0])
        room = size * _USUAL_CHARS_PER_TOKEN // _CHARS_PER_TOKEN
        prefix, suffix, imports = room * 5 // 8, room // 8, room // 4
        return replace(
            self,
            prefix=min(self.prefix, prefix),
            suffix=min(self.suffix, suffix),
            imports=min(self.imports, imports),
        )


def place_anchor(
    text: str, offset: int, window: Window, language: Language, cross_file: str = "", path: str = ""
) -> Anchor:
    """Return a fresh anchor for a cursor at ``offset`` of a text in ``language``; ``cross_file`` are whole lines.

    ``path`` is the file's, as its workspace names it.

    It stands at the start of the current line, or of the comment block right above it, so that documentation can go
    between the two.
    """
    end = _start_of_thought(text, offset, language.lexis.line_comment)
    start, prefix = _prefix(text, end, window, language)
    suffix = _suffix(text, offset, window, language)
    imports = _imports(text, start, window, language)
    shown_path = prompt_path(path, language) if len(text.strip()) < _LITTLE_TEXT else ""
    return Anchor(
        language, window, start, end, imports, text[start:end], prefix, suffix, cross_file, shown_path
    )


def prompt_path(path: str, language: Language) -> str:
    """Return ``path`` as a model is told it: by its suffix it is a file of ``language``, whatever it is on disk."""
    if not path or language.handles(PurePosixPath(path)):
        return path[-_LONGEST_PATH:]
    return PurePosixPath(path).with_suffix(language.suffix).as_posix()[-_LONGEST_PATH:]


def still_fits(anchor: Anchor, text: str, offset: int) -> bool:
    """Return whether prompts for a cursor at ``offset`` can go on from ``anchor``."""
    return (
        anchor.end <= _start_of_thought(text, offset, anchor.language.lexis.line_comment)
        and offset - anchor.end <= _MAX_SINCE_ANCHOR
        and text[anchor.start : anchor.end] == anchor.source
        and _suffix(text, offset, anchor.window, anchor.language) == anchor.suffix
        and _imports(text, anchor.start, anchor.window, anchor.language) == anchor.imports
    )


def build_prompt(anchor: Anchor, text: str, offset: int, documentation: str = "") -> Prompt:
    """Lay out one request. ``documentation`` is whole comment lines; they go above the current thought."""
    at = max(anchor.end, _start_of_thought(text, offset, anchor.language.lexis.line_comment))
    stable, forced = split_for_healing(_nearest(text[at:offset]))
    middle = text[anchor.end : at] + documentation + stable
    return Prompt(
        anchor.cross_file + anchor.imports + anchor.prefix,
        anchor.suffix,
        middle,
        forced,
        code_first=bool(documentation) and not forced.strip(),
        path=anchor.path,
    )


def _prefix(text: str, end: int, window: Window, language: Language) -> tuple[int, str]:
    """Return where the window before ``end`` begins, and what is shown of it.

    It begins on a grid, so that prompts for places near each other begin alike and share what is in the KV cache.
    """
    limit = window.prefix * _CHARS_PER_TOKEN
    grid = limit // 2
    size = 2 * limit
    while True:
        begin = max(0, ((end - size) // grid) * grid)
        begin = text.find("\n", begin, end) + 1 or begin if begin else 0  # never in the middle of a line
        pieces = condensed(text[begin:end], language, begin)
        shown = sum(len(each.text) for each in pieces)
        if shown >= limit or not begin or size >= _LOOK_BACK:
            break
        size *= _WIDER
    start = begin
    while shown >= limit:
        start = (start // grid + 1) * grid
        pieces = [each for each in pieces if each.offset >= start]
        shown = sum(len(each.text) for each in pieces)
    return (pieces[0].offset if pieces else end), "".join(each.text for each in pieces)


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


def _suffix(text: str, offset: int, window: Window, language: Language) -> str:
    """Return what follows; without the brackets and quotes that editors close as soon as they are opened."""
    rest = _CLOSED.match(text, offset)
    start = rest.end() if rest else offset
    limit = window.suffix * _CHARS_PER_TOKEN
    size = _WIDER * limit
    while True:
        shown = "".join(each.text for each in condensed(text[start : start + size], language))
        if len(shown) >= limit or size >= _LOOK_AHEAD or start + size >= len(text):
            return shown[:limit]
        size *= _WIDER


def _nearest(code: str) -> str:
    """Return ``code``, lines up to the cursor, without the middle of those that are long.

    The last one is cut by whole steps: what is shown of it before the cursor stays the same while it is typed.
    """
    above, newline, line = code.rpartition("\n")
    shown = "".join(short_line(each) for each in above.splitlines(keepends=True)) + newline
    steps = max(0, len(line) - _LINE_HEAD - _LINE_TAIL) // _LINE_STEP
    if steps:
        line = f"{line[:_LINE_HEAD]} {MARK} {line[_LINE_HEAD + steps * _LINE_STEP :]}"
    return shown + line


def _start_of_thought(text: str, offset: int, comment: str) -> int:
    """Return the start of the current line, moved up over the lines right above it that begin with ``comment``.

    Of a long comment only the nearest lines belong to it.
    """
    starts = [text.rfind("\n", 0, offset) + 1]
    while comment and starts[-1] > 0:
        above = text.rfind("\n", 0, starts[-1] - 1) + 1
        if not text.startswith(comment, above + _blanks(text, above)):
            break
        if len(starts) > _THOUGHT_LINES or starts[0] - above > _LONGEST_THOUGHT:
            near = starts[: _NEAREST_LINES + 1]
            return next(each for each in reversed(near) if starts[0] - each <= _LONGEST_THOUGHT)
        starts.append(above)
    return starts[-1]


def _blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return len(match.group()) if match is not None else 0
