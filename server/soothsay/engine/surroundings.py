"""The document around a place: whether it stays whole with another statement there.

A language's own parser is given the statement between its neighbours, in the innermost block that can be read so. Without
one, the tree of the whole document is asked. Where the document is broken, the lines around that are whole are to stay so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from tree_sitter import Node, Tree

from soothsay.engine.cuts import Suggestion
from soothsay.engine.place import Place
from soothsay.engine.windows import LinesAround, whole_windows
from soothsay_languages.analysis import DocumentAnalysis
from soothsay_languages.scan import indentation, scan
from soothsay_languages.syntax import parse_again

_NEAR = 2_048  # bytes beside a statement in which its block is looked for
_SMALL = 4_000  # bytes of a neighbour that is read with the statement


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines around the place, from byte ``start`` to ``behind`` bytes below the statement, all indented by ``depth``."""

    start: int
    behind: int
    depth: int


class Surroundings:
    """The document around a place, to be parsed with one text or another in it. Offsets are bytes."""

    def __init__(self, analysis: DocumentAnalysis, offset: int, place: Place) -> None:
        self._parsed = analysis.parsed
        self._language = analysis.language
        self._place = place
        self._head = _encode(analysis.text[: offset - len(place.before)])
        self._tail = _encode(analysis.text[offset + len(place.after) :])
        self._pieces: dict[int, _Piece | None] = {}

    def stay_whole(self, candidate: Suggestion) -> bool:
        """Return whether the document is at least as whole with ``candidate`` as it is without a text.

        Where it is broken elsewhere, only the statement that the text is in must be whole.
        """
        if self._parsed is None or (self._place.kind == "comment" and "\n" not in candidate.text):
            return True
        statement = self._place.before + candidate.text + self._place.after[candidate.replaced :]
        if self._is_mended(statement) or self._is_whole(statement):
            return True
        if self._was_whole:
            return False
        if self._lacks_body(statement) and self._is_whole(self._with_body(statement)):
            return True
        if self._is_whole(self._neutral) or not self._is_whole_nearby(statement):
            return False
        return self._language.whole is not None or self._is_no_worse(statement)

    def _is_no_worse(self, statement: str) -> bool:
        """Return whether the tree of a broken document has no more errors with ``statement``, which stays in its block.

        Blocks that are told by indentation may be lost in one large error.
        """
        leaves = _least_indentation(statement) < indentation(self._statement)
        if leaves and self._language.blocks.opener:
            return False
        return _errors(self._tree(statement)) <= self._errors_before

    def _is_mended(self, statement: str) -> bool:
        """Return whether ``statement`` is whole with the rest of its block, and the one that stands there is not.

        What is above would only say whether it goes on with that. Most texts need no more, and no tree.
        """
        depth = indentation(self._statement)
        if self._document_is_whole or self._language.whole is None or _least_indentation(statement) < depth:
            return False
        below = self._below(depth)
        return (
            self._reads(f"{statement}\n{below}")
            and self._reads(f"{self._neutral}\n{below}")
            and not self._reads(f"{self._statement}\n{below}")
        )

    def _is_whole(self, statement: str) -> bool:
        """Return whether the document is whole around the place, with ``statement`` there."""
        if self._language.whole is None:
            return self._tree_is_whole(statement)
        piece = self._piece(_least_indentation(statement))
        return piece is not None and self._piece_is_whole(piece, statement)

    @cached_property
    def _was_whole(self) -> bool:
        return self._is_whole(self._statement)

    @cached_property
    def _errors_before(self) -> int:
        return _errors(self._tree(self._statement))

    @property
    def _statement(self) -> str:
        """The statement as it is."""
        return self._place.before + self._place.after

    @property
    def _document_is_whole(self) -> bool:
        """Whether the tree of the document as it is has no error."""
        return self._parsed is not None and not self._parsed.tree.root_node.has_error

    @cached_property
    def _neutral(self) -> str:
        """A statement that does nothing, in place of the one that is being written."""
        blocks, depth = self._language.blocks, indentation(self._statement)
        frames = blocks.frame and indentation(self._lines_below[0]) > depth
        return self._statement[:depth] + (blocks.frame.rstrip("\n") if frames else blocks.placeholder)

    @cached_property
    def _lines_below(self) -> list[str]:
        """The lines below the statement, those that are near; the first is not blank. Where there are none, an empty one."""
        lines = self._tail[:_NEAR].decode("utf-8", "ignore").split("\n")[1:]
        return [line for line in lines if line.strip()] or [""]

    def _below(self, depth: int) -> str:
        """Return the lines right below the statement that are indented by ``depth`` or deeper, those that are near."""
        lines = self._lines_below
        inside = list(takewhile(lambda line: indentation(line) >= depth, lines))
        if len(inside) == len(lines) and len(self._tail) > _NEAR:  # up to where a statement may begin
            while inside and indentation(inside.pop()) != indentation(lines[0]):
                continue
        return "\n".join(inside)

    def _lacks_body(self, statement: str) -> bool:
        """Return whether ``statement``, which was under way, goes on with a block that is not written yet."""
        opener, under_way = self._language.blocks.opener, self._place.before.strip()
        if not (opener and self._language.blocks.placeholder and under_way):
            return False
        begin = scan(statement.rstrip(), self._language.lexis).statement
        return statement.rstrip().endswith(opener) and begin < max(1, len(self._place.before))

    def _with_body(self, statement: str) -> str:
        return f"{statement.rstrip()} {self._language.blocks.placeholder}"

    def _is_whole_nearby(self, statement: str) -> bool:
        """Return whether ``statement`` is whole with the lines around it that are whole themselves."""
        written = [statement, self._with_body(statement)] if self._lacks_body(statement) else [statement]
        return all(any(self._reads(window.around(each)) for each in written) for window in self._windows)

    @cached_property
    def _windows(self) -> tuple[LinesAround, ...]:
        above = self._head[-_NEAR:].decode("utf-8", "ignore").split("\n")
        lines = above[1:] if len(self._head) > _NEAR else above
        references = dict.fromkeys((self._statement, self._neutral))
        found = whole_windows(
            lines[:-1],  # the last one is the statement's own
            self._lines_below,
            indentation(self._statement),
            self._language,
            lambda window: any(self._reads(window.around(each)) for each in references),
        )
        return found or (LinesAround((), ()),)

    def _reads(self, statements: str) -> bool:
        """Return whether ``statements`` are whole, read without the document."""
        first = next((line for line in statements.split("\n") if line.strip()), "")
        return self._language.is_whole(self._framed(statements, indentation(first)))

    def _framed(self, statements: str, depth: int) -> str:
        return self._language.blocks.frame + statements if depth else statements

    def _piece(self, depth: int) -> _Piece | None:
        """Return the smallest piece of lines indented by ``depth`` at most that is whole as it is, or with a neutral statement.

        The largest one where none is whole: a text may mend it.
        """
        if depth not in self._pieces:
            self._pieces[depth] = self._find_piece(depth)
        return self._pieces[depth]

    def _find_piece(self, depth: int) -> _Piece | None:
        largest = None
        references = [self._neutral, self._statement] if not self._statement.strip() else [self._statement]
        for reference in dict.fromkeys((*references, self._neutral)):
            root = self._tree(reference).root_node
            if root.has_error and (self._document_is_whole or reference is not self._neutral):
                continue
            for piece in self._around(root, reference):
                largest = piece
                if (
                    piece.depth <= depth
                    and self._begins_well(piece)
                    and self._piece_is_whole(piece, reference)
                ):
                    return piece
        return largest

    def _around(self, root: Node, reference: str) -> Iterator[_Piece]:
        """Yield the pieces around the place, the innermost first, of a tree that holds the statement ``reference``."""
        here, below = len(self._head) + indentation(reference), len(self._head) + len(_encode(reference))
        node, last = root.descendant_for_byte_range(here, here), None
        while node is not None:
            if node.parent is None or node.start_byte < here:  # what begins here may be the statement itself
                start, end = _beside(node, here, below, _SMALL)
                for begin in dict.fromkeys((start, node.start_byte)):
                    line = self._head.rfind(b"\n", 0, begin) + 1
                    blanks = (self._head + _encode(reference))[line:begin]
                    piece = _Piece(line, max(0, end - below), len(blanks))
                    if not blanks.strip(b" \t"):
                        if piece != last:
                            yield piece
                        last = piece
                        break
            node = node.parent

    def _begins_well(self, piece: _Piece) -> bool:
        """Return whether the statement is not in a string of ``piece``, as it reads where something is broken above."""
        above = b"" if self._document_is_whole else self._head[piece.start :]
        return not scan(above.decode("utf-8", "surrogatepass"), self._language.lexis).quote

    def _piece_is_whole(self, piece: _Piece, statement: str) -> bool:
        """Return whether the language's own parser takes ``piece`` with ``statement`` in it."""
        code = self._head[piece.start :] + _encode(statement) + self._tail[: piece.behind]
        return self._language.is_whole(self._framed(code.decode("utf-8", "surrogatepass"), piece.depth))

    def _tree_is_whole(self, statement: str) -> bool:
        return self._language.takes(self._tree(statement).root_node)

    def _tree(self, statement: str) -> Tree:
        assert self._language.tree_sitter is not None and self._parsed is not None
        if statement == self._statement:
            return self._parsed.tree
        source = self._head + _encode(statement) + self._tail
        return parse_again(self._language.tree_sitter, self._parsed, source).tree


def _beside(parent: Node, here: int, below: int, small: int) -> tuple[int, int]:
    """Return start and end of the child of ``parent`` at ``here``, the one above it and the one from ``below`` on.

    Of those that are not ``small`` the one above is left out, and of the one below all but its head and a statement.
    """
    nodes = [node for node in parent.children if not node.is_extra]  # comments stand anywhere
    above = [node for node in nodes if node.start_byte <= here]
    under = [node for node in nodes if node.start_byte >= below]
    start, end = parent.start_byte, parent.end_byte
    if len(above) > 1:
        start = above[-2 if _is_small(above[-2], small) else -1].start_byte
    if under:
        end = under[1].start_byte if len(under) > 1 else parent.end_byte
        if not _is_small(under[0], small):
            end = _head_end(parent, under[0], small) or under[0].start_byte
    elif above and above[-1].start_byte == here and not _is_small(above[-1], small):
        end = _beside(above[-1], here, below, small)[1]  # the statement is the head of a large one
    return start, end


def _errors(tree: Tree) -> int:
    """Return how many errors ``tree`` has."""
    found, todo = 0, [tree.root_node]
    while todo:
        node = todo.pop()
        found += node.is_error or node.is_missing
        todo += [child for child in node.children if child.has_error]
    return found


def _is_small(node: Node, small: int) -> bool:
    return node.end_byte - node.start_byte <= small


def _head_end(parent: Node, node: Node, small: int) -> int | None:
    """Return where the first statement ends in the large block that ``node`` is, or holds; None where there is none."""
    if _is_small(node, small):
        return node.end_byte
    nodes = [each for each in node.named_children if not each.is_extra]
    row, column = node.start_point
    if row > parent.start_point.row and column > parent.start_point.column:
        return _head_end(node, nodes[0], small) if nodes else None
    large = next((each for each in nodes if not _is_small(each, small)), None)
    return None if large is None else _head_end(node, large, small)


def _least_indentation(statement: str) -> int:
    return min((indentation(line) for line in statement.split("\n") if line.strip()), default=0)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
