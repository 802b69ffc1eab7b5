"""The gate: what is shown leaves the file as whole as it was, and says nothing that stands there already.

A text is tried as it was written, then shortened to where an argument, a line or a statement ends. Each try is one
incremental parse; most texts need one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node, Tree

from soothsay.engine.cuts import Candidate, candidates
from soothsay.engine.place import Place
from soothsay_languages.analysis import DocumentAnalysis
from soothsay_languages.scan import indentation
from soothsay_languages.syntax import parse, parse_again

_MOST_TRIES = 12


@dataclass(frozen=True, slots=True)
class Passed:
    """What may be shown: ``text`` ("" for nothing), in place of ``replaced`` characters right of the cursor.

    ``dropped`` is what was thrown away of the text that was written.
    """

    text: str
    replaced: int = 0
    dropped: str = ""


def pass_gate(
    analysis: DocumentAnalysis, offset: int, place: Place, written: str, *, complete: bool = True
) -> Passed:
    """Return what may be shown of ``written`` at ``offset``; what was not ``complete`` has lost its last, half written part."""
    surroundings = Surroundings(analysis, offset, place)
    for tried, candidate in enumerate(candidates(place, written, complete=complete)):
        if tried == _MOST_TRIES:
            break
        if surroundings.stay_whole(candidate):
            dropped = written[candidate.kept :].strip()
            return Passed(
                candidate.text, candidate.replaced, "" if dropped == place.rest.strip() else dropped
            )
    return Passed("", 0, written)


class Surroundings:
    """The document around a place, to be parsed with one text or another in it. Offsets are bytes."""

    def __init__(self, analysis: DocumentAnalysis, offset: int, place: Place) -> None:
        self._parsed = analysis.parsed
        self._language = analysis.language
        self._place = place
        self._head = _encode(analysis.text[: offset - len(place.before)])
        self._tail = _encode(analysis.text[offset + len(place.after) :])

    def stay_whole(self, candidate: Candidate) -> bool:
        """Return whether the document is at least as whole with ``candidate`` as it is without a text.

        Where it is broken elsewhere, only the statement that the text is in must be whole.
        """
        if self._parsed is None or (self._place.kind == "comment" and "\n" not in candidate.text):
            return True
        statement = self._place.before + candidate.text + self._place.after[candidate.replaced :]
        return all(self._stays_whole(is_whole, statement) for is_whole in self._judges)

    def _stays_whole(self, is_whole: Callable[[str], bool], statement: str) -> bool:
        if is_whole(statement):
            return True
        was_whole = is_whole(self._statement)
        if not was_whole and self._lacks_body(statement) and is_whole(self._with_body(statement)):
            return True
        return not (was_whole or is_whole(self._neutral)) and self._is_whole_alone(statement)

    @property
    def _judges(self) -> Iterator[Callable[[str], bool]]:
        """The functions that tell whether the document is whole with a statement at the place; the fastest first."""
        yield self._tree_is_whole
        if self._language.whole is not None:
            yield self._piece_is_whole

    @property
    def _statement(self) -> str:
        """The statement as it is."""
        return self._place.before + self._place.after

    @cached_property
    def _document_is_whole(self) -> bool:
        """Whether the tree of the document as it is has no error."""
        return not self._tree(self._statement).root_node.has_error

    @cached_property
    def _neutral(self) -> str:
        """A statement that does nothing, in place of the one that is being written."""
        blocks = self._language.blocks
        statement = self._statement
        depth = indentation(statement)
        below = self._tail[:4096].decode("utf-8", "ignore").split("\n")
        has_body = indentation(next((line for line in below if line.strip()), "")) > depth
        return statement[:depth] + (
            blocks.frame.rstrip("\n") if has_body and blocks.frame else blocks.placeholder
        )

    def _lacks_body(self, statement: str) -> bool:
        """Return whether ``statement``, which was under way, goes on with a block that is not written yet."""
        opener, under_way = self._language.blocks.opener, self._place.before.strip()
        placeholder = self._language.blocks.placeholder
        return bool(opener and placeholder and under_way and statement.rstrip().endswith(opener))

    def _with_body(self, statement: str) -> str:
        return f"{statement.rstrip()} {self._language.blocks.placeholder}"

    def _is_whole_alone(self, statement: str) -> bool:
        """Return whether ``statement`` is whole, read without the document."""
        if self._lacks_body(statement):
            statement = self._with_body(statement)
        frame = self._language.blocks.frame if statement[:1] in (" ", "\t") else ""
        code = frame + statement
        grammar, whole = self._language.tree_sitter, self._language.whole
        if grammar is not None and parse(grammar, _encode(code)).root_node.has_error:
            return False
        return whole is None or whole()(code)

    def _tree_is_whole(self, statement: str) -> bool:
        """Return whether the tree has no error around the place, or, where the document has none, none at all."""
        root = self._tree(statement).root_node
        if not root.has_error:
            return True
        if self._document_is_whole:
            return False
        start, end = self._around
        return not _has_error(root, start, end + len(_encode(statement)) - len(_encode(self._neutral)))

    def _piece_is_whole(self, statement: str) -> bool:
        """Return whether the language's own parser takes what is around the place."""
        assert self._language.whole is not None
        start, end = self._around
        behind = end - len(self._head) - len(_encode(self._neutral))
        piece = self._head[start:] + _encode(statement) + self._tail[: max(0, behind)]
        return self._language.whole()(piece.decode("utf-8", "surrogatepass"))

    @cached_property
    def _around(self) -> tuple[int, int]:
        """Start and end of the outermost nodes at the place and beside it, where the statement is a neutral one."""
        root = self._tree(self._neutral).root_node
        here = len(self._head) + indentation(self._neutral)
        nodes = [node for node in root.children if not node.is_extra]  # comments stand anywhere
        above = [node for node in nodes if node.start_byte <= here]
        below = [node for node in nodes if node.start_byte > here]
        start = above[-2].start_byte if len(above) > 1 else 0
        return start, below[1].start_byte if len(below) > 1 else root.end_byte

    def _tree(self, statement: str) -> Tree:
        assert self._language.tree_sitter is not None
        source = self._head + _encode(statement) + self._tail
        return parse_again(self._language.tree_sitter, self._parsed, source).tree


def _has_error(root: Node, start: int, end: int) -> bool:
    """Return whether something is wrong under ``root`` that touches the bytes from ``start`` to ``end``."""
    todo = [root]
    while todo:
        node = todo.pop()
        if node.end_byte < start or node.start_byte > end:
            continue
        if node.is_error or node.is_missing:
            return True
        if node.has_error:
            todo.extend(node.children)
    return False


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
