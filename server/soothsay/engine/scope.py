"""What the names in a file stand for: imports, assignments and annotations, read from the syntax tree.

This is receiver awareness without a type checker: ``client = boto3.client("bedrock")`` makes ``client`` bedrock's
client, ``import numpy as np`` makes ``np`` numpy. What it cannot tell it leaves unknown.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tree_sitter import Node, Tree

from soothsay_index.imports import IMPORTS, aliases_of, service_of
from soothsay_index.syntax import parse_python, python_language
from soothsay_index.types import Index, Symbol
from soothsay_languages.scan import indentation
from soothsay_languages.syntax import nodes_of, text_of

BUILTINS = frozenset(dir(builtins))
_MAX_DEPTH = 8  # assignments followed from name to name
_CLASS_NAME = re.compile(r"[A-Za-z_][\w.]*")
_BINDING = (
    "function_definition", "class_definition", "assignment", "as_pattern", "typed_parameter", "typed_default_parameter"
)  # fmt: skip
_METHOD = re.compile(r"\s*(?:async[ \t]+)?def[ \t]+\w+[^(\n]*\(\s*(\w*)")
_CLASS = re.compile(r"class[ \t]+(\w+)")


@dataclass(frozen=True, slots=True)
class Scope:
    """Bindings of one file.

    ``imports``: local name to dotted path. ``values``: name to the expression it was last given. ``annotations``:
    name to its type as written. ``definitions``: functions and classes of the file itself. ``own``: what the method that
    the cursor is in calls its object (``self``), to the dotted path of the class.
    """

    imports: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Node] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    definitions: frozenset[str] = frozenset()
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is known of a called name.

    ``owner`` is where it should be a member ("" when unknown). ``exists`` is True or False when that is
    certain, None when nobody can tell.
    """

    owner: str
    symbol: Symbol | None
    exists: bool | None


def read_scope(
    tree: Tree | None, text: str, offset: int, module: str = "", *, is_package: bool = False
) -> Scope:
    """Bindings of ``text``, whose ``tree`` is given, before ``offset`` (later definitions count, later assignments do not).

    ``module`` is the file's own dotted name: relative imports start from it.
    """
    if tree is None:
        return Scope()
    cursor = len(text[:offset].encode("utf-8"))
    values: dict[str, Node] = {}
    annotations: dict[str, str] = {}
    definitions: set[str] = set()
    imports: list[Node] = []
    for node in nodes_of(python_language(), tree.root_node, *_BINDING, *IMPORTS):
        match node.type:
            case "function_definition" | "class_definition":
                definitions.add(text_of(node.child_by_field_name("name")))
            case "assignment" if node.start_byte < cursor:
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                name = text_of(left)
                annotation = text_of(node.child_by_field_name("type"))
                if annotation:
                    annotations[name] = annotation
                elif right is not None and left is not None and left.type in ("identifier", "attribute"):
                    values[name] = right
                    annotations.pop(name, None)
            case "as_pattern" if node.start_byte < cursor:
                alias = node.child_by_field_name("alias")
                if alias is not None and node.named_children:
                    values[text_of(alias)] = node.named_children[0]
            case "typed_parameter" | "typed_default_parameter" if node.start_byte < cursor:
                name = node.child_by_field_name("name") or node.named_children[0]
                annotations[text_of(name)] = text_of(node.child_by_field_name("type"))
            case kind if kind in IMPORTS:
                imports.append(node)
    aliases = aliases_of(imports, module, is_package)
    return Scope(aliases, values, annotations, frozenset(definitions), _own(text, offset, module))


def _own(text: str, offset: int, module: str) -> dict[str, str]:
    """By indentation: what is being written is no syntax tree yet."""
    lines = text[:offset].split("\n")
    start = offset - len(lines[-1])
    depth = indentation(lines.pop())
    name, path = "", []
    while lines and depth > 0:
        line = lines.pop()
        start -= len(line) + 1
        code = line.lstrip()
        if not code or code[0] in "#)" or indentation(line) >= depth:
            continue
        depth = indentation(line)
        if found := _CLASS.match(code):
            path.insert(0, found[1])
        elif method := _METHOD.match(text, start):
            if path:
                return {}  # a class in a function is indexed by nobody
            name = "" if lines and lines[-1].strip() == "@staticmethod" else method[1]
    return {name: ".".join((module, *path))} if name and path and module else {}


def owner_of(expression: str, scope: Scope, index: Index) -> str:
    """The owner whose members may follow ``expression.``; "" when unknown."""
    return _owner_of(expression, scope, index, _MAX_DEPTH)


def _owner_of(expression: str, scope: Scope, index: Index, depth: int) -> str:
    root = parse_python(expression.encode("utf-8")).root_node
    statement = root.named_children[0] if root.named_children else None
    if statement is None or not statement.named_children:
        return ""
    return _owner(statement.named_children[0], scope, index, depth)


def resolve(receiver: str, name: str, scope: Scope, index: Index) -> Resolution:
    """Find the called ``receiver.name`` (or plain ``name``) in the index."""
    return _resolve(receiver, name, scope, index, _MAX_DEPTH)


def _resolve(receiver: str, name: str, scope: Scope, index: Index, depth: int) -> Resolution:
    if not receiver:
        if name in scope.definitions or (name in BUILTINS and name not in scope.imports):
            return Resolution("", None, True)
        target = scope.imports.get(name, "")
        owner, _, member = target.rpartition(".")
        return _member(owner, member, index) if owner else Resolution("", None, None)
    owner = _owner_of(receiver, scope, index, depth)
    found = _member(owner, name, index) if owner else Resolution("", None, None)
    if receiver in scope.own and found.exists is False:
        return Resolution(owner, None, None)  # the class is still being written
    return found


def _member(owner: str, name: str, index: Index) -> Resolution:
    symbol = index.lookup(f"{owner}.{name}")
    if symbol is not None:
        return Resolution(owner, symbol, True)
    return Resolution(owner, None, False if index.is_closed(owner) else None)


def _owner(node: Node, scope: Scope, index: Index, depth: int) -> str:
    if depth == 0:
        return ""
    match node.type:
        case "parenthesized_expression" | "await":
            return _owner(node.named_children[0], scope, index, depth - 1) if node.named_children else ""
        case "identifier" | "attribute":
            return _owner_of_name(node, scope, index, depth)
        case "call":
            return _owner_of_call(node, scope, index, depth)
    return ""


def _owner_of_name(node: Node, scope: Scope, index: Index, depth: int) -> str:
    name = text_of(node)
    if name in scope.annotations:
        return _class_owner(scope.annotations[name], scope, index)
    if name in scope.values:
        return _owner(scope.values[name], scope, index, depth - 1)
    if name in scope.own:
        return scope.own[name]
    if name in scope.imports:
        return scope.imports[name]
    base = node.child_by_field_name("object")
    if base is None:
        return ""
    owner = _owner(base, scope, index, depth - 1)
    return f"{owner}.{text_of(node.child_by_field_name('attribute'))}" if owner else ""


def _owner_of_call(node: Node, scope: Scope, index: Index, depth: int) -> str:
    function = node.child_by_field_name("function")
    if function is None:
        return ""
    receiver = text_of(function.child_by_field_name("object"))
    name = text_of(function.child_by_field_name("attribute") or function)
    service = service_of(node)
    if service:
        return f"botocore:{service}" if name == "client" else ""  # a resource has other members
    # a name may be made of itself: `query = query.filter()`
    symbol = _resolve(receiver, name, scope, index, depth - 1).symbol if depth > 1 else None
    if symbol is None:
        return ""
    if symbol.kind == "class":
        return f"{symbol.owner}.{symbol.name}" if symbol.owner else symbol.name
    return _return_owner(symbol, index)


def _class_owner(annotation: str, scope: Scope, index: Index) -> str:
    """The class that ``annotation`` (as written in the file) names."""
    match = _CLASS_NAME.search(annotation.strip("\"'"))
    if match is None:
        return ""
    head, _, rest = match.group().partition(".")
    target = scope.imports.get(head, "")
    dotted = f"{target}.{rest}" if target and rest else target
    return dotted if dotted and index.members(dotted) else ""


def _return_owner(symbol: Symbol, index: Index) -> str:
    """The class a function returns, when it says so and the class is public near the function."""
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
