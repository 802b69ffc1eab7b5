"""What Python expressions stand for: by their names' bindings, annotations, service clients and return types.

This is receiver awareness without a type checker: ``client = boto3.client("bedrock")`` makes ``client`` bedrock's
client, ``import numpy as np`` makes ``np`` numpy. What it cannot tell it leaves unknown.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node

from soothsay_languages.python import python_grammar
from soothsay_languages.python.imports import service_of
from soothsay_languages.resolving import D, Definitions, Resolution
from soothsay_languages.scopes import Binding, ModuleName, Names, Scope
from soothsay_languages.syntax import parse, text_of

_MAX_DEPTH = 8  # bindings followed from name to name
_CLASS_NAME = re.compile(r"[A-Za-z_][\w.]*")
_BUILTINS = frozenset(dir(builtins))


class PythonResolver:
    """Resolves expressions of Python code."""

    def owner_of(
        self, expression: Node | str, names: Names, module: ModuleName, index: Definitions[D]
    ) -> str:
        """Return the owner whose members may follow ``expression``, "" when unknown."""
        return _At(names, module, index, _MAX_DEPTH).owner(expression)

    def makes_client(self, call: Node) -> bool:
        """Return whether ``call`` makes a client whose members only a service model lists."""
        return service_of(call) is not None

    def resolve(
        self, receiver: Node | str, name: str, names: Names, module: ModuleName, index: Definitions[D]
    ) -> Resolution[D]:
        """Return what the index knows of ``receiver.name``, or of the plain ``name`` for the receiver ""."""
        return _resolve(receiver, name, _At(names, module, index, _MAX_DEPTH))


@dataclass(frozen=True, slots=True)
class _At:
    """The place where an expression is read, and how many more bindings are followed from there."""

    names: Names
    module: ModuleName
    index: Definitions
    depth: int

    def owner(self, expression: Node | str) -> str:
        node = _expression(expression) if isinstance(expression, str) else expression
        if node is None or self.depth == 0:
            return ""
        match node.type:
            case "parenthesized_expression" | "await":
                return self.deeper().owner(node.named_children[0]) if node.named_children else ""
            case "identifier" | "attribute":
                return _owner_of_name(node, self)
            case "call":
                return _owner_of_call(node, self)
        return ""

    def deeper(self) -> _At:
        return _At(self.names, self.module, self.index, self.depth - 1)

    def before(self, binding: Binding) -> _At:
        """Return the place where the value of ``binding`` is read."""
        byte = binding.value.start_byte if binding.value is not None else binding.byte
        return _At(self.names.at(binding.scope, byte), self.module, self.index, self.depth - 1)


@lru_cache(maxsize=256)
def _expression(text: str) -> Node | None:
    root = parse(python_grammar(), text.encode("utf-8", "surrogatepass")).root_node
    statement = root.named_children[0] if root.named_children else None
    return statement.named_children[0] if statement is not None and statement.named_children else None


def _resolve(receiver: Node | str, name: str, at: _At) -> Resolution:
    if receiver == "":
        return _resolve_plain(name, at)
    owner = at.owner(receiver)
    found = _member(owner, name, at.index) if owner else Resolution("", None, None)
    if found.exists is False and _is_instance(receiver, at):
        return Resolution(owner, None, None)  # the class is still being written
    return found


def _resolve_plain(name: str, at: _At) -> Resolution:
    binding = at.names.find(name)
    if binding is None:
        return Resolution("", None, True if name in _BUILTINS else None)
    if binding.kind in ("function", "class"):
        return Resolution("", None, True)
    owner, _, member = binding.target.rpartition(".")
    return _member(owner, member, at.index) if owner else Resolution("", None, None)


def _member(owner: str, name: str, index: Definitions[D]) -> Resolution[D]:
    symbol = index.lookup(f"{owner}.{name}")
    if symbol is not None:
        return Resolution(owner, symbol, True)
    return Resolution(owner, None, False if index.is_closed(owner) else None)


def _is_instance(receiver: Node | str, at: _At) -> bool:
    name = receiver if isinstance(receiver, str) else text_of(receiver)
    binding = at.names.find(name)
    return binding is not None and binding.kind == "instance"


def _owner_of_name(node: Node, at: _At) -> str:
    binding = at.names.find(text_of(node))
    if binding is not None:
        return _owner_of_binding(binding, at)
    base = node.child_by_field_name("object")
    if base is None:
        return ""
    owner = at.deeper().owner(base)
    return f"{owner}.{text_of(node.child_by_field_name('attribute'))}" if owner else ""


def _owner_of_binding(binding: Binding, at: _At) -> str:
    if binding.annotation:
        return _class_owner(binding.annotation, at.before(binding))
    if binding.value is not None:
        return at.before(binding).owner(binding.value)
    if binding.kind == "instance":
        return _class_path(binding.scope, at.module)
    return binding.target


def _class_path(method: Scope, module: ModuleName) -> str:
    """Return the dotted path of the class of ``method``; "" for a class in a function, which no index knows."""
    around = list(method.chain())[1:]
    classes = [scope for scope in around if scope.kind == "class"]
    if not module.name or len(classes) != len(around) - 1:
        return ""
    names = [text_of(scope.node.child_by_field_name("name")) for scope in reversed(classes)]
    return ".".join((module.name, *names))


def _owner_of_call(node: Node, at: _At) -> str:
    function = node.child_by_field_name("function")
    if function is None or makes_resource(node):
        return ""
    receiver = function.child_by_field_name("object")
    name = text_of(function.child_by_field_name("attribute") or function)
    service = service_of(node)
    if service:
        return f"botocore:{service}"
    # a name may be made of itself: `query = query.filter()`
    symbol = _resolve(receiver or "", name, at.deeper()).symbol if at.depth > 1 else None
    if symbol is None:
        return ""
    if symbol.kind == "class":
        return f"{symbol.owner}.{symbol.name}" if symbol.owner else symbol.name
    return _return_owner(symbol, at.index)


def makes_resource(node: Node) -> bool:
    """Return whether a value is made of ``boto3.resource("s3")``: its members are in no service model."""
    function = node.child_by_field_name("function") if node.type == "call" else None
    while function is not None and function.type == "attribute":
        if text_of(function.child_by_field_name("attribute")) == "resource":
            return True
        base = function.child_by_field_name("object")
        while base is not None and base.type == "attribute":
            base = base.child_by_field_name("object")
        function = base.child_by_field_name("function") if base is not None and base.type == "call" else None
    return function is not None and text_of(function) == "resource"


def _class_owner(annotation: str, at: _At) -> str:
    """Return the class that ``annotation`` (as written in the file) names."""
    match = _CLASS_NAME.search(annotation.strip("\"'"))
    if match is None:
        return ""
    head, _, rest = match.group().partition(".")
    binding = at.names.find(head)
    target = binding.target if binding is not None else ""
    dotted = f"{target}.{rest}" if target and rest else target
    return dotted if dotted and at.index.members(dotted) else ""


def _return_owner(symbol: D, index: Definitions[D]) -> str:
    """Return the class a function returns, when it says so and the class is public near the function."""
    match = _CLASS_NAME.fullmatch(symbol.returns.strip("\"'"))
    if match is None:
        return ""
    name = match.group().rpartition(".")[2]
    place = symbol.owner
    while place:
        found = index.lookup(f"{place}.{name}")
        if found is not None and found.kind == "class":
            return f"{place}.{name}"
        place = place.rpartition(".")[0]
    return ""
