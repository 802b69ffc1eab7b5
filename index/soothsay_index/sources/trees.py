"""JSON and YAML with lines: mappings, lists and scalars that know where they stand in their file.

Little is built ahead: values are looked at when they are asked for. JSON is read by tree-sitter, which makes something
of broken files; YAML by libyaml, since the YAML grammar of tree-sitter loses its place after 32,767 lines and writes
past the end of a buffer at 250 levels.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import tree_sitter
import tree_sitter_json
import yaml
from tree_sitter import Node

from soothsay_languages.syntax import text_of

_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a PyYAML without libyaml is slow, and as good


def parse_json(text: str) -> Branch:
    """Return the tree of a JSON text. Broken text gives what can be read of it."""
    return JsonBranch(tree_sitter.Parser(_json_language()).parse(text.encode("utf-8", "replace")).root_node)


def parse_yaml(text: str) -> Branch | None:
    """Return the tree of the first YAML document in ``text``; None when it is broken."""
    try:
        node = next(iter(yaml.compose_all(text, Loader=_YAML_LOADER)), None)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return Branch() if node is None else YamlBranch(node)


@lru_cache(maxsize=1)
def _json_language() -> tree_sitter.Language:
    return tree_sitter.Language(tree_sitter_json.language())


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a mapping. ``start`` and ``end`` are its lines, 1-based and inclusive."""

    key: str
    value: Branch
    start: int
    end: int


class Branch:
    """One value of a document; this one is absent. What a value is not, it answers with nothing."""

    __slots__ = ()

    @property
    def exists(self) -> bool:
        """Return whether the document has this value."""
        return False

    @property
    def lines(self) -> tuple[int, int]:
        """The first and the last line, 1-based and inclusive."""
        return 1, 1

    @property
    def text(self) -> str:
        """A scalar without its quotes; an empty string for everything else."""
        return ""

    @property
    def is_list(self) -> bool:
        """Return whether the value is a list."""
        return False

    def entries(self) -> Iterable[Entry]:
        """Return the entries of a mapping, in order."""
        return ()

    def items(self) -> Iterable[Branch]:
        """Return the items of a list, in order."""
        return ()

    def get(self, *path: str) -> Branch:
        """Return the value under the keys of ``path``."""
        branch = self
        for key in path:
            branch = next((entry.value for entry in branch.entries() if entry.key == key), Branch())
        return branch


class JsonBranch(Branch):
    """A node of tree-sitter's JSON grammar."""

    __slots__ = ("_node",)

    def __init__(self, node: Node) -> None:
        while node.type == "document" and node.named_children:
            node = node.named_children[0]
        self._node = node

    @property
    def exists(self) -> bool:
        """Return True: the document has this node."""
        return True

    @property
    def lines(self) -> tuple[int, int]:
        """Return the first and the last line of the node, 1-based and inclusive."""
        return self._node.start_point.row + 1, self._node.end_point.row + 1

    @property
    def text(self) -> str:
        """Return a scalar, strings without quotes and escapes; an empty string for an object or an array."""
        if self._node.type in {"number", "true", "false", "null"}:
            return text_of(self._node)
        return _unquoted(text_of(self._node)) if self._node.type == "string" else ""

    @property
    def is_list(self) -> bool:
        """Return whether the node is an array."""
        return self._node.type == "array"

    def entries(self) -> Iterator[Entry]:
        """Yield the pairs of an object in order, without those that lack a key or a value."""
        for child in self._node.children:
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if child.type == "pair" and key is not None and value is not None:
                start, end = child.start_point.row + 1, child.end_point.row + 1
                yield Entry(_unquoted(text_of(key)), JsonBranch(value), start, end)

    def items(self) -> Iterator[Branch]:
        """Yield the items of an array in order."""
        if self.is_list:
            for child in self._node.named_children:
                yield JsonBranch(child)


class YamlBranch(Branch):
    """A node of PyYAML's."""

    __slots__ = ("_node",)

    def __init__(self, node: yaml.Node) -> None:
        self._node = node

    @property
    def exists(self) -> bool:
        """Return True: the document has this node."""
        return True

    @property
    def lines(self) -> tuple[int, int]:
        """Return the node's first and last line, 1-based and inclusive; an alias has those of its anchor."""
        return self._node.start_mark.line + 1, _last_line(self._node)

    @property
    def text(self) -> str:
        """Return a scalar without quotes and escapes; an empty string for a mapping or a list."""
        return str(self._node.value) if isinstance(self._node, yaml.ScalarNode) else ""

    @property
    def is_list(self) -> bool:
        """Return whether the node is a sequence."""
        return isinstance(self._node, yaml.SequenceNode)

    def entries(self) -> Iterator[Entry]:
        """Yield the entries of a mapping in order; a key that is no scalar is an empty string."""
        if isinstance(self._node, yaml.MappingNode):
            for key, value in self._node.value:
                text = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
                start = key.start_mark.line + 1
                # an alias stands elsewhere: its entry is the line of the key
                end = _last_line(value) if value.start_mark.index >= key.end_mark.index else start
                yield Entry(text, YamlBranch(value), start, end)

    def items(self) -> Iterator[Branch]:
        """Yield the items of a sequence in order."""
        if isinstance(self._node, yaml.SequenceNode):
            for item in self._node.value:
                yield YamlBranch(item)


def _last_line(node: yaml.Node) -> int:
    """Return the last line of a value, 1-based. libyaml ends a block where the next one begins, comments between included."""
    start = node.start_mark.index
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        inner = last[1] if isinstance(last, tuple) else last
        if inner.start_mark.index < start:  # an alias
            inner = (
                last[0]
                if isinstance(last, tuple)
                else yaml.ScalarNode("", "", last.start_mark, last.start_mark)
            )
        node = inner
    end = node.end_mark
    return max(end.line + (end.column > 0), node.start_mark.line + 1)


def _unquoted(raw: str) -> str:
    if "\\" not in raw:
        return raw[1:-1]
    try:
        return str(json.loads(raw, strict=False))
    except ValueError:
        return raw[1:-1]
