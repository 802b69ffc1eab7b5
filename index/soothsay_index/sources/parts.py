"""Chunks of a file that is cut into parts, one after the other, without values that look like passwords."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from soothsay_index.sources.base import IndexedFile
from soothsay_index.sources.masking import without_settings
from soothsay_index.types import Chunk, ChunkKind

TOGETHER = 24  # lines of small parts that stand side by side in one chunk
_MOST_LINES = 80
_MOST = 4_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: it begins at line ``start`` (0-based) and ends where the next one begins."""

    start: int
    title: str


def chunks_of(
    lines: Sequence[str], parts: Sequence[Part], place: IndexedFile, kind: ChunkKind, comment: str
) -> Iterator[Chunk]:
    """Yield a chunk for each of ``parts``, more for a long one; comment lines above a part belong to it.

    ``comment`` is what a line that is a comment begins with.
    """
    starts = [_with_comments(lines, part.start, comment) for part in parts]
    ends = [*starts[1:], len(lines)]
    for part, first, end in zip(parts, starts, ends, strict=True):
        start = first
        while start < end and not lines[start].strip():
            start += 1
        while end > start and not lines[end - 1].strip():
            end -= 1
        for at in range(start, end, _MOST_LINES):
            stop = min(at + _MOST_LINES, end)
            text = without_settings("\n".join(lines[at:stop])[:_MOST])
            if text.strip():
                yield Chunk(place.path, place.uri, at + 1, stop, text, title=part.title[:200], kind=kind)


def _with_comments(lines: Sequence[str], start: int, comment: str) -> int:
    """Return the first of the comment lines just above ``start``: they are about what follows."""
    while comment and start > 0 and lines[start - 1].lstrip().startswith(comment):
        start -= 1
    return start
