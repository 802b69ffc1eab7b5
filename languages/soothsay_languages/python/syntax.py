"""Python's trees."""

from __future__ import annotations

from functools import lru_cache

import tree_sitter
from tree_sitter import Node, Tree

from soothsay_languages.python import python_grammar
from soothsay_languages.syntax import parse, text_of


@lru_cache(maxsize=1)
def python_language() -> tree_sitter.Language:
    """Return the grammar of Python."""
    return python_grammar()


def parse_python(source: bytes) -> Tree:
    """Return the tree of ``source``. Broken code gives a tree too, with ERROR nodes in it."""
    return parse(python_language(), source)


def string_value(node: Node | None) -> str | None:
    """Return the value of a plain string literal; None for anything that is computed."""
    if node is None or node.type != "string":
        return None
    if any(child.type == "interpolation" for child in node.children):
        return None
    return "".join(text_of(child) for child in node.children if child.type == "string_content")
