"""The calls in a syntax tree, with the nodes of their names and arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from soothsay_languages.base import Arguments, CallSyntax, Language
from soothsay_languages.syntax import matches, text_of


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call: its nodes. ``receiver`` is what the name is a member of, or the beginning of it; None for a plain call."""

    node: Node
    name: Node
    receiver: Node | None
    arguments: Node
    syntax: CallSyntax

    @property
    def owner(self) -> tuple[str, str]:
        """What the name is a member of, as it is written, and what stands between them; both "" for a plain call."""
        node, receiver = self.node, self.receiver
        if receiver is None:
            return "", ""
        written = (node.text or b"")[
            receiver.start_byte - node.start_byte : self.name.start_byte - node.start_byte
        ]
        text = written.decode("utf-8", "replace").rstrip()
        access = max((each for each in self.syntax.accesses if text.endswith(each)), key=len, default="")
        return (text.removesuffix(access).rstrip(), access) if access else (text_of(receiver), ".")

    @property
    def given(self) -> Arguments:
        """What it passes."""
        return self._passed(self.items)

    def given_before(self, byte: int) -> Arguments:
        """Return what the arguments that end before ``byte`` pass."""
        return self._passed([node for node in self.items if node.end_byte <= byte])

    def _passed(self, items: Sequence[Node]) -> Arguments:
        positional, keywords, splat, mapping = 0, [], False, False
        for node in items:
            if node.type == self.syntax.keyword:
                keywords.append(text_of(node.child_by_field_name("name")))
            elif node.type == self.syntax.splat:
                splat = True
            elif node.type == self.syntax.mapping:
                mapping = True
            else:
                positional += 1
        return Arguments(positional, tuple(keywords), splat, mapping)

    @property
    def items(self) -> Sequence[Node]:
        """The nodes of the single arguments, in order."""
        if self.arguments.type == self.syntax.alone:
            return (self.arguments,)
        return [node for node in self.arguments.named_children if not (node.is_extra or node.is_error)]

    @property
    def said(self) -> list[str]:
        """The names that the arguments are given by, or are."""
        named = (self.syntax.keyword, *self.syntax.names)
        found = [node for node in self.items if node.type in named]
        return [text_of(node.child_by_field_name("name") or node) for node in found]

    @property
    def keywords(self) -> dict[str, Node]:
        """The values that are given by name."""
        found: dict[str, Node] = {}
        for node in self.items:
            value = node.child_by_field_name("value")
            if node.type == self.syntax.keyword and value is not None:
                found[text_of(node.child_by_field_name("name"))] = value
        return found


def calls_of(language: Language, root: Node) -> list[Call]:
    """Return the calls under ``root`` whose name is known, in the order of their first bytes, outer ones first."""
    grammar, syntax = language.tree_sitter, language.calls
    if grammar is None or syntax is None:
        return []
    found: dict[int, Call] = {}
    for captures in matches(grammar, syntax.query, root):
        node, name, arguments = (captures.get(each, (None,))[0] for each in ("call", "name", "arguments"))
        if node is not None and name is not None and arguments is not None:
            receiver = captures.get("receiver", (None,))[0]
            found[node.id] = Call(node, name, receiver, arguments, syntax)
    return sorted(found.values(), key=lambda call: (call.node.start_byte, -call.node.end_byte))
