"""What expressions of TypeScript and JavaScript stand for in the index: imports, what is made of their classes, what their calls return.

A type checker knows more. This tells which documents are about a receiver, so that its members can be ranked by what is asked
for. What it cannot tell it leaves unknown, and it denies nothing: classes inherit, and types are computed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from tree_sitter import Node

from soothsay_languages.resolving import D, Definition, Definitions, Resolution
from soothsay_languages.scopes import Binding, ModuleName, Names
from soothsay_languages.syntax import parse, text_of
from soothsay_languages.typescript import tsx_grammar

_MAX_DEPTH = 8  # bindings followed from name to name
_PROMISE = re.compile(r"Promise(?:Like)?<(.*)>", re.DOTALL)
_TYPE = re.compile(r"(?:[\w$]+\.)*([\w$]+)(?:<.*>)?", re.DOTALL)
_INSIDE = ("parenthesized_expression", "await_expression", "non_null_expression")


class ScriptResolver:
    """Resolves expressions of TypeScript and JavaScript."""

    def owner_of(
        self, expression: Node | str, names: Names, module: ModuleName, index: Definitions[D]
    ) -> str:
        """Return the owner whose members may follow ``expression``, "" when unknown."""
        return _At(names, index, _MAX_DEPTH).owner(expression)

    def makes_client(self, call: Node) -> bool:
        """Return False: no service model lists the members of clients in these languages."""
        return False

    def resolve(
        self, receiver: Node | str, name: str, names: Names, module: ModuleName, index: Definitions[D]
    ) -> Resolution[D]:
        """Return what the index knows of ``receiver.name``, or of the plain ``name`` for the receiver ""."""
        at = _At(names, index, _MAX_DEPTH)
        if receiver == "":
            binding = names.find(name)
            named = at.named(binding.target) if binding is not None and binding.target else None
            symbol = cast("D | None", named)
            return Resolution(
                "" if symbol is None else symbol.owner, symbol, True if binding is not None else None
            )
        owner = at.owner(receiver)
        symbol = index.lookup(f"{owner}.{name}") if owner else None
        return Resolution(owner, symbol, None if symbol is None else True)


@dataclass(frozen=True, slots=True)
class _At:
    """The place where an expression is read, and how many more bindings are followed from there."""

    names: Names
    index: Definitions
    depth: int

    def owner(self, expression: Node | str) -> str:
        node = _expression(expression) if isinstance(expression, str) else expression
        if node is None or self.depth == 0:
            return ""
        if node.type in _INSIDE:
            return self._deeper().owner(node.named_children[0]) if node.named_children else ""
        if node.type == "identifier":
            binding = self.names.find(text_of(node))
            return "" if binding is None else self._owner_of_binding(binding)
        if node.type == "member_expression":
            return self._owner_of_member(node)
        if node.type == "new_expression":
            return self._deeper().owner_of_class(node.child_by_field_name("constructor"))
        if node.type == "call_expression":
            symbol = self._deeper().symbol(node.child_by_field_name("function"))
            return "" if symbol is None else self._type(symbol.returns, symbol.owner)
        return ""

    def symbol(self, node: Node | None) -> Definition | None:
        """Return what is known of a callable expression."""
        if node is None or self.depth == 0:
            return None
        if node.type == "identifier":
            binding = self.names.find(text_of(node))
            return self.named(binding.target) if binding is not None and binding.target else None
        base = node.child_by_field_name("object") if node.type == "member_expression" else None
        owner = self._deeper().owner(base) if base is not None else ""
        return (
            self.index.lookup(f"{owner}.{text_of(node.child_by_field_name('property'))}") if owner else None
        )

    def owner_of_class(self, node: Node | None) -> str:
        symbol = self.symbol(node)
        return f"{symbol.owner}.{symbol.name}" if symbol is not None and symbol.kind == "class" else ""

    def named(self, target: str) -> Definition | None:
        """Return what is known of an imported name; what a module is by default may have a name of its own."""
        symbol = self.index.lookup(target) if "." in target else None
        if symbol is None or symbol.name != "default" or symbol.kind != "attribute":
            return symbol
        return self.index.lookup(f"{symbol.owner}.{symbol.returns}") or symbol

    def _owner_of_binding(self, binding: Binding) -> str:
        if binding.target:
            return self._imported(binding.target)
        if binding.annotation:
            return self._annotated(binding.annotation)
        if binding.value is not None:
            return _At(
                self.names.at(binding.scope, binding.value.start_byte), self.index, self.depth - 1
            ).owner(binding.value)
        return ""

    def _owner_of_member(self, node: Node) -> str:
        base = node.child_by_field_name("object")
        owner = self._deeper().owner(base) if base is not None else ""
        if not owner:
            return ""
        path = f"{owner}.{text_of(node.child_by_field_name('property'))}"
        if self.index.members(path):
            return path
        symbol = self.index.lookup(path)
        return "" if symbol is None else self._type(symbol.returns, symbol.owner)

    def _imported(self, target: str) -> str:
        if self.index.members(target):
            return target
        symbol = self.named(target)
        if symbol is None:
            module, _, name = target.rpartition(".")
            return module if name == "default" and self.index.members(module) else ""
        path = f"{symbol.owner}.{symbol.name}"
        if symbol.kind == "class" or self.index.members(path):
            return path
        return self._type(symbol.returns, symbol.owner) if symbol.kind == "attribute" else ""

    def _annotated(self, annotation: str) -> str:
        """Return the owner that a type names, as written in the file."""
        head, _, rest = annotation.partition("<")[0].strip().partition(".")
        binding = self.names.find(head)
        if binding is None or not binding.target:
            return ""
        if rest:
            return f"{binding.target}.{rest}" if self.index.members(f"{binding.target}.{rest}") else ""
        return self._imported(binding.target)

    def _type(self, written: str, near: str) -> str:
        """Return the owner that the type ``written`` names in the module or the class ``near``."""
        promised = _PROMISE.fullmatch(written.strip())
        found = _TYPE.fullmatch(promised[1].strip() if promised else written.strip())
        place = near if found is not None else ""
        while place and found is not None:
            if self.index.members(f"{place}.{found[1]}"):
                return f"{place}.{found[1]}"
            place = place.rpartition(".")[0]
        return ""

    def _deeper(self) -> _At:
        return _At(self.names, self.index, self.depth - 1)


@lru_cache(maxsize=256)
def _expression(text: str) -> Node | None:
    root = parse(tsx_grammar(), text.encode("utf-8", "surrogatepass")).root_node
    statement = root.named_children[0] if root.named_children else None
    return statement.named_children[0] if statement is not None and statement.named_children else None
