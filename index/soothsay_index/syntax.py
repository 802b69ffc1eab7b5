"""A little help with tree-sitter's Python trees."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import tree_sitter
import tree_sitter_python
from tree_sitter import Node, Tree


@lru_cache(maxsize=1)
def python_language() -> tree_sitter.Language:
    """The grammar of Python."""
    return tree_sitter.Language(tree_sitter_python.language())


def parse_python(source: bytes) -> Tree:
    """The tree of ``source``. Broken code gives a tree too, with ERROR nodes in it."""
    return tree_sitter.Parser(python_language()).parse(source)


def text_of(node: Node | None) -> str:
    """The source text of a node, or an empty string."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything under it, in source order."""
    todo = [node]
    while todo:
        current = todo.pop()
        yield current
        todo.extend(reversed(current.children))


def string_value(node: Node | None) -> str | None:
    """The value of a plain string literal; None for anything that is computed."""
    if node is None or node.type != "string":
        return None
    if any(child.type == "interpolation" for child in node.children):
        return None
    return "".join(text_of(child) for child in node.children if child.type == "string_content")
