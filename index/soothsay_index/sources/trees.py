"""JSON and YAML as tree-sitter reads them: mappings, lists and scalars that know their lines.

Nothing is built ahead: a file of a megabyte is parsed in a tenth of a second, and only what is asked for is looked at.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import tree_sitter
import tree_sitter_json
import tree_sitter_yaml
from tree_sitter import Node

from ..syntax import text_of

_PAIRS = frozenset({"pair", "block_mapping_pair", "flow_pair"})
_LISTS = frozenset({"array", "block_sequence", "flow_sequence"})
_WRAPPERS = frozenset(
    {"stream", "document", "block_node", "flow_node", "block_sequence_item", "plain_scalar"}
)
_ASIDE = frozenset({"comment", "anchor", "tag", "yaml_directive", "tag_directive", "reserved_directive"})
# The YAML grammar's scanner keeps its open blocks in a buffer of 1,024 bytes and writes past its end at about 250
# of them, which kills the process. Each block stands further to the right than the one around it.
_TOO_DEEP = re.compile(r"^[ \t?:-]{200}", re.MULTILINE)


@lru_cache(maxsize=2)
def _parser_of(language: str) -> tree_sitter.Language:
    return tree_sitter.Language(
        tree_sitter_json.language() if language == "json" else tree_sitter_yaml.language()
    )


def parse_json(text: str) -> Branch:
    """The tree of a JSON text. Broken text gives what can be read of it."""
    data = text.encode("utf-8", "replace")
    return Branch(tree_sitter.Parser(_parser_of("json")).parse(data).root_node)


def parse_yaml(text: str) -> Branch | None:
    """The tree of the first YAML document in ``text``; None when it is nested deeper than any real one."""
    if _TOO_DEEP.search(text):
        return None
    data = text.encode("utf-8", "replace")
    return Branch(tree_sitter.Parser(_parser_of("yaml")).parse(data).root_node)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a mapping. ``start`` and ``end`` are its lines, 1-based and inclusive."""

    key: str
    value: Branch
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Branch:
    """One value of a document. What it is not, it answers with nothing: a scalar has no entries."""

    node: Node | None = None

    def entries(self) -> Iterator[Entry]:
        """The entries of a mapping, in order."""
        bare = _bare(self.node)
        for child in bare.children if bare is not None else ():
            if child.type in _PAIRS:
                key = Branch(child.child_by_field_name("key")).text
                yield Entry(key, Branch(child.child_by_field_name("value")), *_lines(child))

    def items(self) -> Iterator[Branch]:
        """The items of a list, in order."""
        bare = _bare(self.node)
        if bare is not None and bare.type in _LISTS:
            for child in bare.named_children:
                if child.type not in _ASIDE:
                    yield Branch(child)

    def get(self, *path: str) -> Branch:
        """The value under the keys of ``path``; an empty branch when there is none."""
        branch = self
        for key in path:
            branch = next((entry.value for entry in branch.entries() if entry.key == key), Branch())
        return branch

    @property
    def is_list(self) -> bool:
        bare = _bare(self.node)
        return bare is not None and bare.type in _LISTS

    @property
    def lines(self) -> tuple[int, int]:
        """The first and the last line, 1-based and inclusive."""
        return _lines(self.node) if self.node is not None else (1, 1)

    @property
    def text(self) -> str:
        """The text of a scalar without its quotes; an empty string for everything else."""
        bare = _bare(self.node)
        return _scalar(bare) if bare is not None else ""


def _bare(node: Node | None) -> Node | None:
    """``node`` without what only wraps it."""
    while node is not None and node.type in _WRAPPERS:
        node = next((child for child in node.named_children if child.type not in _ASIDE), None)
    return node


def _lines(node: Node) -> tuple[int, int]:
    start, end = node.start_point, node.end_point
    last = end.row - 1 if end.column == 0 and end.row > start.row else end.row
    return start.row + 1, last + 1


def _scalar(node: Node) -> str:
    raw = text_of(node)
    match node.type:
        case "string" | "double_quote_scalar":
            try:
                return str(json.loads(raw, strict=False))
            except ValueError:  # YAML knows more escapes, and may go on in the next line
                return " ".join(raw.strip('"').split())
        case "single_quote_scalar":
            return " ".join(raw[1:-1].replace("''", "'").split())
        case "block_scalar":
            # The node begins at the indicator: "|" keeps the lines, ">" folds them.
            head, _, body = raw.partition("\n")
            body = textwrap.dedent(body).strip("\n")
            return " ".join(body.split()) if head.startswith(">") else body
        case "string_scalar":
            return " ".join(raw.split())
        case kind if kind.endswith("_scalar") or kind in {"number", "true", "false", "null"}:
            return raw
    return ""
