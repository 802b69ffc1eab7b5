"""Cutting prose at its headings: what Markdown, reStructuredText and plain text have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

from soothsay_index.sources.base import IndexedFile
from soothsay_index.text import shorten
from soothsay_index.types import Chunk

# A section up to this many characters is one chunk; a longer one is cut between its paragraphs.
_ENOUGH = 1_600
# Code examples are worth more in one piece, so they may be longer; nothing is longer than this.
_MOST = 4_000
_MOST_LINES = 80
_SHOWN_TITLE = 100
MAX_TITLE = 400  # no more of a heading is looked at
_LEGAL = re.compile(
    r"^(licen[cs]es?|copying|copyright|notice|code[-_]of[-_]conduct|authors)\b", re.IGNORECASE
)


def is_legal(path: PurePath) -> bool:
    """Return whether this is a licence or the like, which is long and no help with writing code."""
    return bool(_LEGAL.match(path.name))


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading. Lines are 0-based: ``line`` is its first, ``body`` the first after it; ``level`` 1 is the highest."""

    line: int
    body: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class HeadingOutline:
    """What a document looks like: where it starts, its headings, and blocks that stay in one piece.

    ``first`` is the line after what is no prose (front matter). ``blocks`` are half-open ranges of lines.
    """

    headings: tuple[Heading, ...] = ()
    blocks: tuple[tuple[int, int], ...] = ()
    first: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """The lines from one heading to the next, under the path of headings above it."""

    start: int
    body: int
    end: int  # exclusive
    path: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the headings of ``path``, joined by `` > ``; empty when there are none."""
        return " > ".join(self.path)


def sections_of(lines: Sequence[str], outline: HeadingOutline) -> Iterator[Section]:
    """Yield the sections of a document in order; the first may have no heading."""
    starts = [*outline.headings, Heading(len(lines), len(lines), 1, "")]
    yield Section(outline.first, outline.first, starts[0].line)
    above: list[Heading] = []
    for heading, following in pairwise(starts):
        while above and above[-1].level >= heading.level:
            above.pop()
        above.append(heading)
        path = tuple(shorten(each.title, _SHOWN_TITLE) for each in above if each.title)
        yield Section(heading.line, heading.body, following.line, path)


def cut_document(text: str, outline: HeadingOutline, place: IndexedFile) -> tuple[Chunk, ...]:
    """Return the sections of ``text`` as chunks. A heading without text is only a part of the titles below it."""
    lines = text.split("\n")
    blocks = dict(outline.blocks)
    chunks: list[Chunk] = []
    for section in sections_of(lines, outline):
        title = section.title or PurePath(place.path).name
        chunks += cut_section(lines, section, blocks, place.path, place.uri, title)
    return tuple(chunks)


def cut_section(
    lines: Sequence[str],
    section: Section,
    blocks: Mapping[int, int],
    path: str,
    uri: str,
    title: str,
) -> Iterator[Chunk]:
    """Yield one section as one chunk, or as several when it is long; none when nothing stands below its heading.

    ``blocks`` gives the line after each block by the block's first line.
    """
    if not any(line.strip() for line in lines[section.body : section.end]):
        return
    start, size = section.start, 0
    for first, end in _paragraphs(lines, section, blocks):
        # the heading itself does not count: it stays with the first paragraph, however long that is
        length = sum(len(line) + 1 for line in lines[max(first, section.body) : end] if line)
        if size and size + length > _ENOUGH:
            yield from _chunks(lines, start, first, path, uri, title)
            start, size = first, 0
        size += length
    yield from _chunks(lines, start, section.end, path, uri, title)


def _paragraphs(
    lines: Sequence[str], section: Section, blocks: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    """Ranges of lines that end after blank lines, never inside a block."""
    start = position = section.start
    while position < section.end:
        if position in blocks:
            position = max(min(blocks[position], section.end), position + 1)
            continue
        position += 1
        if not lines[position - 1].strip() and (position >= section.end or lines[position].strip()):
            yield start, position
            start = position
    if start < section.end:
        yield start, section.end


def _chunks(lines: Sequence[str], start: int, end: int, path: str, uri: str, title: str) -> Iterator[Chunk]:
    """Yield the lines without blank ones at both ends, in as many chunks as their sheer size needs."""
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    while start < end:
        stop, size = start, 0
        while stop < end and stop - start < _MOST_LINES and (size == 0 or size + len(lines[stop]) < _MOST):
            size += len(lines[stop]) + 1
            stop += 1
        text = "\n".join(lines[start:stop])[:_MOST]
        if text.strip():
            yield Chunk(path, uri, start + 1, stop, text, title=title, kind="prose")
        start = stop
