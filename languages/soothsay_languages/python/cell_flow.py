"""The cells of a notebook as one text in which no cell keeps those below from being reached.

Each cell runs on its own: after ``raise SystemExit`` in one, the next one runs all the same. A type checker that reads them
as one file would take everything below for unreachable, and find nothing wrong there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tree_sitter import Node

from soothsay_languages.cells import Edit
from soothsay_languages.python.reachability import is_false_assertion
from soothsay_languages.python.syntax import parse_python, python_language
from soothsay_languages.syntax import nodes_of, text_of, walk

_MAYBE_ENDS = re.compile(r"\b(?:raise|exit|quit|_exit|abort|while|assert)\b")
_NEVER_RETURNS = re.compile(r"->[^:]*\b(?:NoReturn|Never)\b")
_ENDS = frozenset({"exit", "quit", "_exit", "abort"})  # of the builtins, sys and os
_PERHAPS = "__name__"  # an expression of which no type checker knows whether it is true
_FUNCTIONS = ("function_definition", "class_definition", "lambda")


@lru_cache(maxsize=2048)  # all cells above are read at every key
def never_returning(code: str | None) -> frozenset[str]:
    """Return the names of the functions in ``code`` that are declared never to return."""
    if code is None or not _NEVER_RETURNS.search(code):
        return frozenset()
    found = nodes_of(python_language(), parse_python(code.encode()).root_node, "function_definition")
    return frozenset(
        text_of(node.child_by_field_name("name"))
        for node in found
        if _NEVER_RETURNS.search(f"->{text_of(node.child_by_field_name('return_type'))}")
    )


@lru_cache(maxsize=2048)
def continued(code: str, fatal: frozenset[str] = frozenset()) -> str:
    """Return ``code`` so that its end is reached; ``fatal`` are functions that never return."""
    if not _MAYBE_ENDS.search(code) and not any(name in code for name in fatal):
        return code
    data = code.encode("utf-8", "surrogatepass")
    root = parse_python(data).root_node
    for edit in sorted(_Flow(fatal | _ENDS).opened(_statements(root)), key=lambda each: -each.start):
        data = data[: edit.start] + edit.text.encode() + data[edit.end :]
    return data.decode("utf-8", "surrogatepass")


class _Flow:
    """Where code that calls ``fatal`` functions ends. Edits are in bytes."""

    def __init__(self, fatal: frozenset[str]) -> None:
        self._fatal = fatal

    def opened(self, block: Sequence[Node]) -> Iterator[Edit]:
        """Yield what makes the end of ``block`` be reached."""
        for statement in block:
            if self._is_end(statement):
                yield from self._open(statement)

    def _is_end(self, node: Node) -> bool:
        """Return whether nothing behind the statement ``node`` in its block is reached."""
        match node.type:
            case "raise_statement":
                return True
            case "expression_statement":
                return any(self._is_fatal(child) for child in node.named_children)
            case "assert_statement":
                return is_false_assertion(node)
            case "while_statement":
                return _is_true(node.child_by_field_name("condition")) and not _breaks(node)
            case "with_statement":
                return self._ends(node)
            case "if_statement" | "match_statement":
                return all(self._ends(branch) for branch in _branches(node)) and _is_exhaustive(node)
            case "try_statement":
                last = _children(node, "finally_clause")
                handlers = _children(node, "except_clause", "except_group_clause")
                return any(map(self._ends, last)) or (self._ends(node) and all(map(self._ends, handlers)))
        return False

    def _ends(self, node: Node) -> bool:
        return any(self._is_end(statement) for statement in _statements(_body(node)))

    def _is_fatal(self, node: Node) -> bool:
        if node.type == "await":
            return any(self._is_fatal(child) for child in node.named_children)
        if node.type != "call":
            return False
        return text_of(node.child_by_field_name("function")).rpartition(".")[2] in self._fatal

    def _open(self, node: Node) -> Iterator[Edit]:
        match node.type:
            case "while_statement":
                condition = node.child_by_field_name("condition")
                if condition is not None:
                    yield Edit(condition.start_byte, condition.end_byte, _PERHAPS)
            case "with_statement":
                yield from self.opened(_statements(_body(node)))
            case "if_statement" | "match_statement":
                yield from self.opened(_statements(_body(_branches(node)[-1])))
            case "try_statement":
                yield from self.opened(_statements(_body(node)))
                for last in _children(node, "finally_clause"):
                    yield from self.opened(_statements(_body(last)))
            case _ if _is_first_on_line(node):
                yield Edit(node.start_byte, node.start_byte, f"if {_PERHAPS}: ")
            case _:
                yield Edit(node.start_byte, node.end_byte, "pass")


def _body(node: Node) -> Node:
    """Return the block of a statement, or of a clause of it."""
    blocks = [child for child in node.named_children if child.type == "block"]
    named = node.child_by_field_name("consequence") or node.child_by_field_name("body")
    return named or (blocks[0] if blocks else node)


def _statements(block: Node) -> list[Node]:
    return [child for child in block.named_children if child.type != "comment"]


def _children(node: Node, *types: str) -> list[Node]:
    return [child for child in node.named_children if child.type in types]


def _branches(node: Node) -> list[Node]:
    """Return the parts of an ``if`` or ``match`` of which one runs."""
    if node.type == "match_statement":
        return _children(_body(node), "case_clause")
    return [node, *_children(node, "elif_clause", "else_clause")]


def _is_exhaustive(node: Node) -> bool:
    branches = _branches(node)
    if node.type == "match_statement":
        if not branches or branches[-1].child_by_field_name("guard") is not None:
            return False
        return text_of(branches[-1].named_child(0)) == "_"
    return branches[-1].type == "else_clause"


def _is_true(condition: Node | None) -> bool:
    return text_of(condition).strip("()") in ("True", "1")


def _breaks(loop: Node) -> bool:
    """Return whether the loop has a ``break`` of its own."""
    todo = _statements(_body(loop))
    while todo:
        node = todo.pop()
        if node.type == "break_statement":
            return True
        if node.type not in (*_FUNCTIONS, "while_statement", "for_statement"):
            todo += node.named_children
        else:  # the `else` of an inner loop belongs to this one
            todo += [each for clause in _children(node, "else_clause") for each in walk(clause)]
    return False


def _is_first_on_line(node: Node) -> bool:
    """Return whether nothing but blanks stands before the statement in its line."""
    before = node.prev_sibling
    if before is not None and before.end_point[0] == node.start_point[0]:
        return False
    block = node.parent
    header = block.prev_sibling if block is not None and block.type == "block" else None
    return header is None or header.end_point[0] < node.start_point[0]
