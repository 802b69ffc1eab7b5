"""Files of any language that has a query for its definitions: a chunk for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath

import tree_sitter
from tree_sitter import Node

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.ignore import is_lock
from soothsay_index.sources.parts import TOGETHER, Part, chunks_of
from soothsay_languages.base import Language
from soothsay_languages.syntax import text_of

_DEFINITION = "definition."
_ALONE = frozenset({"function", "class", "method"})  # definitions that share no chunk with their neighbours


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines ``start`` to ``end`` (0-based, inclusive) of a file, and what is defined there ("" for other code)."""

    start: int
    end: int
    title: str
    alone: bool = False


class Outline:
    """The files of one language, cut at the definitions that its query ``tags`` finds.

    The query captures ``@definition.KIND`` and, where there is one, its ``@name``.
    """

    def __init__(self, language: Language) -> None:
        self._language = language

    @property
    def name(self) -> str:
        """The language's id."""
        return self._language.id

    def handles(self, path: PurePath) -> bool:
        """Return whether a file of this name is written in the language, and by people."""
        language = self._language
        return language.handles(path) and not language.layout.is_generated(path) and not is_lock(path.name)

    def cut(self, text: str, place: IndexedFile) -> FileFacts:
        """Return the chunks of ``text``; of a text that the grammar cannot parse safely, pieces without titles."""
        pieces = self._pieces(text) if self._language.can_parse(text) else ()
        parts = list(_parts(pieces)) or [Part(0, PurePath(place.path).name)]
        lines = text.split("\n")
        comment, kind = self._language.lexis.line_comment, self._language.content
        return FileFacts(tuple(chunks_of(lines, parts, place, kind, comment)))

    @cached_property
    def _query(self) -> tree_sitter.Query | None:
        grammar = self._language.tree_sitter
        return None if grammar is None else tree_sitter.Query(grammar, self._language.tags)

    def _pieces(self, text: str) -> list[_Piece]:
        """Return the outermost definitions and the code between them, in source order."""
        grammar, query = self._language.tree_sitter, self._query
        if grammar is None or query is None:
            return []
        root = tree_sitter.Parser(grammar).parse(text.encode("utf-8", "replace")).root_node
        found: list[_Piece] = []
        definitions = sorted(
            _definitions(query, root), key=lambda each: (each[0].start_byte, each[1] not in _ALONE)
        )
        for node, kind, name in definitions:
            if not found or node.start_point.row > found[-1].end:
                piece = _piece(node)
                found.append(replace(piece, start=self._start(node), title=name, alone=kind in _ALONE))
        loose = (
            piece
            for piece in (_piece(node) for node in root.named_children if not node.is_extra)
            if all(piece.end < each.start or piece.start > each.end for each in found)
        )
        return sorted((*found, *loose), key=lambda piece: piece.start)

    def _start(self, node: Node) -> int:
        """Return the line of the definition ``node``, or the first of the comments and attributes right above it."""
        start = node.start_point.row
        if not self._language.lexis.block_comment[0]:
            return start
        above = node.prev_sibling
        while above is not None and self._belongs_below(above) and _piece(above).end + 1 == start:
            start = above.start_point.row
            above = above.prev_sibling
        return start

    def _belongs_below(self, node: Node) -> bool:
        attached = self._language.blocks.attached
        return node.is_extra or bool(attached and text_of(node).startswith(attached))


def _definitions(query: tree_sitter.Query, root: Node) -> Iterator[tuple[Node, str, str]]:
    """Yield each definition, its kind, and its name ("" where the query captures none)."""
    for _, captures in tree_sitter.QueryCursor(query).matches(root):
        name = next(
            (node.text.decode("utf-8", "replace") for node in captures.get("name", ()) if node.text), ""
        )
        for capture, nodes in captures.items():
            if capture.startswith(_DEFINITION):
                yield nodes[0], capture.removeprefix(_DEFINITION), name


def _piece(node: Node) -> _Piece:
    end = node.end_point
    return _Piece(node.start_point.row, max(node.start_point.row, end.row - (end.column == 0)), "")


def _parts(pieces: list[_Piece] | tuple[_Piece, ...]) -> Iterator[Part]:
    """Yield the parts that begin with ``pieces``; small neighbours are one part."""
    group: list[_Piece] = []
    for piece in pieces:
        full = group and (piece.alone or group[0].alone or piece.end - group[0].start >= TOGETHER)
        if full:
            yield _part(group)
            group = []
        group.append(piece)
    if group:
        yield _part(group)


def _part(group: list[_Piece]) -> Part:
    return Part(group[0].start, ", ".join(dict.fromkeys(piece.title for piece in group if piece.title)))
