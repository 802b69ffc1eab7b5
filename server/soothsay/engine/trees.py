"""The syntax trees of the files that are being worked on: after a key, only what changed is parsed."""

from __future__ import annotations

from pathlib import Path

from cachetools import FIFOCache
from tree_sitter import Tree

from soothsay_index.syntax import Parsed, parse_again

_KEPT = 8  # files; a tree takes some ten times as much as its source


class Trees:
    """The tree that each of the last files had."""

    def __init__(self) -> None:
        self._last: FIFOCache[Path, Parsed] = FIFOCache(_KEPT)

    def parse(self, path: Path, text: str) -> Tree:
        """The tree of ``text``, the content of ``path`` at this moment."""
        parsed = self._last[path] = parse_again(self._last.get(path), text.encode("utf-8"))
        return parsed.tree
