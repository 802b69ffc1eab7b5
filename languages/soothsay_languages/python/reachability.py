"""What keeps a place in Python code from being reached, and the code without it.

A type checker says nothing about code that never runs on this platform, with this Python, or behind a `raise`, nor where it
is told to be silent. In the code without what hides the place it does. Only what is certain to tell nothing about the names that are read at the place is
taken away: a guard such as ``isinstance(x, str)`` narrows a type, and a judgement without it would be another one.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from soothsay_languages.syntax import Parsed, text_of, walk

_EXITS = frozenset({"raise_statement", "return_statement", "break_statement", "continue_statement"})
_DEFINITIONS = frozenset({"function_definition", "class_definition", "decorated_definition", "lambda"})
_CONDITIONAL = frozenset({"if_statement", "elif_clause", "while_statement"})
_JOINED = frozenset({"boolean_operator", "not_operator", "parenthesized_expression"})
_NOTHING = "0"  # a statement without an effect, no longer than any other
_NO_COMMENT = "#"
_SILENCES = re.compile(r"#.*\b(?:type|ty)\s*:\s*ignore\b")


def exposing_edits(parsed: Parsed, byte: int) -> Sequence[tuple[int, int, str]]:
    """Return what to write instead, so that the statement at ``byte`` can be reached: start, end (bytes) and text."""
    place = parsed.tree.root_node.descendant_for_byte_range(byte, byte)
    if place is None:
        return ()
    unknown = _unused_letter(parsed.source.decode("utf-8", "replace"))
    hidden = _Hidden(place, byte)
    edits = {(node.start_byte, node.end_byte, unknown) for node in hidden.conditions()}
    edits |= {(node.start_byte, node.end_byte, _NOTHING) for node in hidden.exits()}
    edits |= {(node.start_byte, node.end_byte, _NO_COMMENT) for node in hidden.silences()}
    return sorted(edits)


class _Hidden:
    """What may hide the place ``node``: conditions around it, and statements before it that end the way."""

    def __init__(self, node: Node, byte: int) -> None:
        self._byte = byte
        self._around = list(_ancestors(node))
        self._statement = next((each for each in self._around if _is_statement(each)), node)
        self._modules = frozenset(_imported(self._around[-1]))
        self._read = set(self._paths(self._statement))

    def conditions(self) -> Iterator[Node]:
        """Yield the conditions that decide whether the place is reached."""
        for node in self._around:
            match node.type:
                case "if_statement":
                    yield from self._tests(node)
                    for clause in node.children_by_field_name("alternative"):
                        yield from self._tests(clause)
                case "while_statement" | "elif_clause":
                    yield from self._tests(node)
                case "case_clause":
                    guard = node.child_by_field_name("guard")
                    yield from self._telling_nothing(guard.named_children if guard is not None else ())
                case "conditional_expression":
                    yield from self._telling_nothing(node.named_children[1:2])
                case "boolean_operator":
                    left = node.child_by_field_name("left")
                    if left is not None and left.end_byte <= self._byte:
                        yield from self._telling_nothing([left])

    def exits(self) -> Iterator[Node]:
        """Yield the statements before the place that may not be passed."""
        for node in self._around:
            if node.parent is not None and node.parent.type in ("block", "module"):
                for sibling in node.parent.named_children:
                    if sibling.end_byte > self._byte or sibling.start_byte >= node.start_byte:
                        break
                    yield from self._exits_in(sibling)

    def silences(self) -> Iterator[Node]:
        """Yield the comments and decorators that tell a type checker to be silent about the place."""
        first, last = self._statement.start_point[0], self._statement.end_point[0]
        for node in walk(self._around[-1]):
            is_here = first <= node.start_point[0] <= last or _is_at_top(node)
            if node.type == "comment" and is_here and _SILENCES.match(text_of(node)):
                yield node
        for node in self._around:
            for part in node.named_children if node.type == "decorated_definition" else ():
                if part.type == "decorator" and text_of(part).endswith("no_type_check"):
                    yield part

    def _paths(self, node: Node) -> Iterator[str]:
        """Yield the names that are read in ``node``, those of modules with the member that is read: ``os.name``."""
        for each in walk(node):
            if each.type != "identifier" or (each.parent is not None and _is_member(each)):
                continue
            around = each.parent
            is_module = text_of(each) in self._modules and around is not None and around.type == "attribute"
            yield text_of(around if is_module else each)

    def _exits_in(self, node: Node) -> Iterator[Node]:
        if node.type in _DEFINITIONS:
            return
        if node.type in _EXITS or _is_bare_call(node) or is_false_assertion(node):
            yield node
            return
        condition = node.child_by_field_name("condition") if node.type in _CONDITIONAL else None
        if condition is not None and self._tells(condition):
            return  # behind it a name has another type
        if node.type == "while_statement":
            yield from self._tests(node)
        for child in node.named_children:
            yield from self._exits_in(child)

    def _tests(self, node: Node) -> Iterator[Node]:
        condition = node.child_by_field_name("condition")
        if condition is not None:
            yield from self._telling_nothing([condition])

    def _telling_nothing(self, conditions: Sequence[Node]) -> Iterator[Node]:
        """Yield those of ``conditions``, or of what they are joined of, that say nothing about the names at the place."""
        for condition in conditions:
            if not self._tells(condition):
                yield condition
            elif condition.type in _JOINED:
                yield from self._telling_nothing(condition.named_children)

    def _tells(self, condition: Node) -> bool:
        """Return whether ``condition`` narrows the type of a name that is read at the place, or binds one."""
        narrows = not self._read.isdisjoint(self._paths(condition))
        return narrows or any(each.type == "named_expression" for each in walk(condition))


def _imported(root: Node) -> Iterator[str]:
    """Yield the names that stand for modules."""
    for node in walk(root):
        for each in node.named_children if node.type == "import_statement" else ():
            alias = each.child_by_field_name("alias")
            yield text_of(alias) if alias is not None else text_of(each).partition(".")[0]


def _is_member(node: Node) -> bool:
    """Return whether ``node`` is the name behind the dot of its parent, or that of a keyword."""
    parent = node.parent
    if parent is None or parent.type not in ("attribute", "keyword_argument"):
        return False
    return parent.child_by_field_name("attribute" if parent.type == "attribute" else "name") == node


def _is_at_top(node: Node) -> bool:
    """Return whether nothing but comments stands before ``node``."""
    before = node.prev_named_sibling
    return (
        node.parent is not None
        and node.parent.type == "module"
        and (before is None or _is_at_top(before))
        and node.type == "comment"
    )


def _ancestors(node: Node) -> Iterator[Node]:
    current: Node | None = node
    while current is not None:
        yield current
        current = current.parent


def _is_statement(node: Node) -> bool:
    """Return whether ``node`` is a statement; of one with a block its head is meant, not what is in the block."""
    return node.parent is not None and node.parent.type in ("block", "module")


def _is_bare_call(node: Node) -> bool:
    """Return whether ``node`` is a statement that calls something and binds nothing."""
    if node.type != "expression_statement" or len(node.named_children) != 1:
        return False
    call = node.named_children[0]
    if call.type == "await" and call.named_children:
        call = call.named_children[0]
    return call.type == "call" and not any(each.type == "named_expression" for each in walk(call))


def is_false_assertion(node: Node) -> bool:
    """Return whether ``node`` is an assertion that always fails."""
    return node.type == "assert_statement" and text_of(node.named_children[0]) in ("False", "0", "None")


def _unused_letter(source: str) -> str:
    """Return a name of one letter that does not occur in ``source``: a type checker cannot know whether it is true."""
    used = set(re.findall(r"\b[A-Za-z]\b", source))
    return next((letter for letter in string.ascii_letters if letter not in used), "_")
