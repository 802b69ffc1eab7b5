"""What a class's `__getattr__` gives: its own items, as data frames do, or anything."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from soothsay_languages.python import python_grammar
from soothsay_languages.syntax import parse, text_of

_NESTED = frozenset({"function_definition", "lambda", "class_definition"})
_DEFAULTS = ("__getattribute__", "__getattr__")


class AttributeHooks:
    """Reads `__getattr__`, which is called for the names that a class does not have."""

    name = "__getattr__"
    mapping_member = "setdefault"

    def gives_items_only(self, lines: Sequence[str]) -> bool:
        """Return whether the function that ``lines`` begin with looks names up among the items of its object, nowhere else.

        Then they are data: a column of a table, not a method of it.
        """
        function = _first_function("".join(line.rstrip("\r\n") + "\n" for line in lines))
        if function is None:
            return False
        own, name = _parameters(function)
        body = function.child_by_field_name("body")
        if not own or not name or body is None:
            return False
        given = [text_of(each.named_children[0]) for each in _returns(body) if each.named_children]
        items = f"{own}[{name}]"
        return items in given and all(each == items or _is_default(each, name) for each in given)

    def bound(self, line: str, name: str) -> int | None:
        """Return where in ``line`` stands ``name``, or what is imported as it."""
        word = re.escape(name)
        found = re.search(rf"\b(\w+)\s+as\s+{word}\b", line) or re.search(rf"\b({word})\b", line)
        return None if found is None else found.start(1)


def _first_function(source: str) -> Node | None:
    root = parse(python_grammar(), textwrap.dedent(source).encode("utf-8", "surrogatepass")).root_node
    first = root.named_children[0] if root.named_children else None
    if first is not None and first.type == "decorated_definition":
        first = first.child_by_field_name("definition")
    return first if first is not None and first.type == "function_definition" else None


def _parameters(function: Node) -> tuple[str, str]:
    """Return the names of the object and of the attribute's name."""
    parameters = function.child_by_field_name("parameters")
    named = [] if parameters is None else [_name(each) for each in parameters.named_children]
    names = [name for name in named if name]
    return (names[0], names[1]) if len(names) == 2 else ("", "")


def _name(parameter: Node) -> str:
    """Return the name of ``parameter``, "" for a mark such as ``*``."""
    if parameter.type == "identifier":
        return text_of(parameter)
    return text_of(parameter.named_children[0]) if parameter.named_children else ""


def _returns(node: Node) -> Iterator[Node]:
    for child in node.named_children:
        if child.type == "return_statement":
            yield child
        elif child.type not in _NESTED:
            yield from _returns(child)


def _is_default(expression: str, name: str) -> bool:
    """Return whether ``expression`` looks the attribute up as if there were no hook."""
    return any(f".{default}(" in expression for default in _DEFAULTS) and expression.endswith(f"{name})")
