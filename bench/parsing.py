"""Whether a Python file parses: Python's own parser decides, tree-sitter counts what is wrong where it does not."""

from __future__ import annotations

from functools import cache

import tree_sitter_python
from bench.repo.symbols import parse
from tree_sitter import Language, Parser


def parses(text: str) -> bool:
    """Return whether Python can parse the file."""
    return parse(text) is not None


def parses_with(before: str, written: str, after: str) -> bool:
    """Return whether the file parses once ``written`` is in it; a block that a header opens may still have to be written."""
    if parses(before + written + after):
        return True
    header = written.rstrip()
    return header.endswith(":") and parses(f"{before}{header} ...{after}")


def errors(text: str) -> int:
    """Return how many places tree-sitter could not read: ERROR nodes and missing tokens."""
    found, left = 0, [_parser().parse(text.encode("utf-8", "surrogatepass")).root_node]
    while left:
        node = left.pop()
        if node.has_error:
            found += node.is_error or node.is_missing
            left += node.children
    return found


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_python.language()))
