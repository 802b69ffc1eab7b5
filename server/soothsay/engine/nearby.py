"""A document without what is far from a place: of long lists and blocks, what stands beside it and one of each kind.

A string that was left open elsewhere is closed: what is behind it would read as what it is not.
What is left out are whole items, clauses and statements, so that the rest parses where the document does. The gate reads it
several times, and a statement of thousands of items takes a tenth of a second each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from soothsay.engine.place import Place, place_at
from soothsay_languages.analysis import DocumentAnalysis, analyse

_LARGE = 8_000  # bytes of a document
_SMALL = 1_000  # bytes of a part of it, which stays as it is
_BESIDE = 3  # items, clauses or statements on each side of the place
_SEPARATORS = (",", ";")


@dataclass(frozen=True, slots=True)
class Nearby:
    """What is near a place: its document without what is far, where it is in that, and what is read from there."""

    analysis: DocumentAnalysis
    offset: int
    place: Place


def nearby(analysis: DocumentAnalysis, offset: int, place: Place) -> Nearby:
    """Return what is near ``place``, which is at ``offset``."""
    closed, at = _without_open_string(analysis, offset)
    near, here = _without_far(closed, at)
    if near is analysis:
        return Nearby(analysis, offset, place)
    return Nearby(near, here, replace(place_at(near, here), words=place.words))


def _without_open_string(analysis: DocumentAnalysis, offset: int) -> tuple[DocumentAnalysis, int]:
    """Return the document with the string closed that was left open, and where ``offset`` is in it, unless that is in the string."""
    string, text = analysis.open_string, analysis.text
    if string is None or string.start < offset < string.end:
        return analysis, offset
    end = len(text[: string.end].rstrip())
    closed = analyse(text[:end] + string.quote + text[end:], analysis.language, module=analysis.module)
    if closed.open_string is not None:
        return analysis, offset
    return closed, offset + len(string.quote) if offset >= string.end else offset


def _without_far(analysis: DocumentAnalysis, offset: int) -> tuple[DocumentAnalysis, int]:
    """Return the document without what is far from ``offset``, and where that is in it; as it is where it is not large."""
    parsed = analysis.parsed
    if parsed is None or len(parsed.source) <= _LARGE or analysis.open_string is not None:
        return analysis, offset
    source, at = parsed.source, analysis.lines.to_bytes(offset)
    far = _Far(source, at)
    kept, begin, lost = list[bytes](), 0, 0
    for start, end in far.parts(parsed.tree.root_node):
        kept.append(source[begin:start])
        begin = end
        lost += end - start if end <= at else 0
    if not begin:
        return analysis, offset
    text = b"".join((*kept, source[begin:])).decode("utf-8", "surrogatepass")
    near = analyse(text, analysis.language, module=analysis.module)
    return near, near.lines.to_code_points(at - lost)


@dataclass(frozen=True, slots=True)
class _Far:
    """Finds what is far from the byte ``at`` of ``source``."""

    source: bytes
    at: int

    def parts(self, root: Node) -> list[tuple[int, int]]:
        """Return the parts under ``root`` that are far, in their order."""
        found, todo = list[tuple[int, int]](), [root]
        while todo:
            node = todo.pop()
            if node.end_byte - node.start_byte <= _SMALL:
                continue
            children, first = node.children, 0
            for index in (*self._kept(children), len(children)):
                found += self._between(children, first, index)
                todo += children[index : index + 1]
                first = index + 1
        return sorted(found)

    def _kept(self, children: Sequence[Node]) -> list[int]:
        """Return which of ``children`` stay: those at the place, one of each type on each side, and what is no part of a row."""
        here = next((i for i, child in enumerate(children) if child.end_byte >= self.at), len(children))
        kept: set[int] = set()
        for side in (range(here - 1, -1, -1), range(here, len(children))):
            kept.update(side[: 2 * _BESIDE])  # separators count as children
            types: set[str] = set()
            for index in side:
                child = children[index]
                kind = child.type
                if kind not in types or child.has_error or not (child.is_named or kind in _SEPARATORS):
                    types.add(kind)
                    kept.add(index)
        return sorted(kept)

    def _between(self, children: Sequence[Node], first: int, last: int) -> list[tuple[int, int]]:
        """Return the row that can be left out of ``children`` between ``first`` and ``last``: what it begins behind is there again."""
        last = min(last, len(children) - 1)
        ends = {self._lead(children, end): end for end in range(max(first, last - _BESIDE), last + 1)}
        for begin in range(first, min(first + _BESIDE, last) + 1):
            lead = self._lead(children, begin)
            if lead is not None and (end := ends.get(lead, 0)) > begin:
                return [(children[begin].start_byte, children[end].start_byte)]
        return []

    def _lead(self, children: Sequence[Node], index: int) -> bytes | None:
        """Return what the child at ``index`` begins behind: a separator, or the blanks of its line; None for anything else."""
        if index and children[index - 1].type in _SEPARATORS:
            return children[index - 1].type.encode()
        start = children[index].start_byte
        blanks = self.source[self.source.rfind(b"\n", 0, start) + 1 : start]
        return None if blanks.strip() else b"\n" + blanks
