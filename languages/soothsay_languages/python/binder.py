"""Python's scopes: what modules, functions, classes and comprehensions bind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tree_sitter import Node

from soothsay_languages.python import python_grammar
from soothsay_languages.python.imports import IMPORTS, aliases_of
from soothsay_languages.scopes import (
    Binding,
    BindingKind,
    Contents,
    ModuleName,
    NamesAt,
    Scope,
    ScopeKind,
    ScopeTree,
    Span,
)
from soothsay_languages.syntax import Parsed, nodes_of, text_of, walk

_COMPREHENSIONS = frozenset({"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"})  # fmt: skip
_KINDS: Mapping[str, ScopeKind] = {
    "function_definition": "function",
    "lambda": "function",
    "class_definition": "class",
    **dict.fromkeys(_COMPREHENSIONS, "comprehension"),
}
_LOOPS = frozenset({"for_statement", "while_statement"})
# what holds statements of the same scope
_HOLDERS = frozenset({"module", "block", "if_statement", "elif_clause", "else_clause", "try_statement", "except_clause", "except_group_clause", "finally_clause", "match_statement", "case_clause", "with_statement", "with_clause", "expression_statement", "decorated_definition", "ERROR"}) | _LOOPS  # fmt: skip
_TARGETS = frozenset({"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "as_pattern_target", "tuple", "list", "parenthesized_expression", "expression_list"})  # fmt: skip
_SPLATS = ("list_splat_pattern", "dictionary_splat_pattern")
# parts of a definition that are read in the scope around it
_HEADS = ("name", "parameters", "return_type", "superclasses", "type_parameters")


class PythonBinder:
    """Reads Python's scopes."""

    def bind(self, parsed: Parsed, module: ModuleName, around: NamesAt | None = None) -> ScopeTree:
        """Return the scopes of ``parsed``: a module, or a fragment of one where ``around`` are its names."""
        return PythonScopes(parsed, module, around)


@dataclass(frozen=True, eq=False)
class PythonScopes:
    """The scopes of one source, each made when it is first asked for."""

    parsed: Parsed
    module: ModuleName
    around: NamesAt | None = None
    _known: dict[int, Scope] = field(default_factory=dict, repr=False)

    @property
    def root(self) -> Scope:
        """The module, or the fragment."""
        return self._root

    @property
    def shared(self) -> frozenset[str]:
        """The names that are declared ``global`` or ``nonlocal``."""
        return self._shared

    @property
    def assigned_attributes(self) -> frozenset[str]:
        """The attributes that are assigned to anywhere, as written."""
        return self._assigned_attributes

    @cached_property
    def _root(self) -> Scope:
        node = self.parsed.tree.root_node
        if self.around is None:
            return Scope("module", node, self)
        return Scope("fragment", node, self, self.around.scope, self.around.byte)

    @cached_property
    def _shared(self) -> frozenset[str]:
        if b"global" not in self.parsed.source and b"nonlocal" not in self.parsed.source:
            return frozenset()
        grammar, root = python_grammar(), self.parsed.tree.root_node
        found = nodes_of(grammar, root, "global_statement", "nonlocal_statement")
        return frozenset(text_of(name) for node in found for name in node.named_children)

    @cached_property
    def _assigned_attributes(self) -> frozenset[str]:
        assignments = nodes_of(python_grammar(), self.parsed.tree.root_node, "assignment")
        targets = (node.child_by_field_name("left") for node in assignments)
        return frozenset(text_of(node) for node in targets if node is not None and node.type == "attribute")

    def of(self, node: Node) -> Scope:
        """Return the innermost scope in which ``node`` is read."""
        via, child, parent = None, node, node.parent
        while parent is not None:
            if parent.type in _KINDS and _is_inside(parent, child, via):
                return self._scope(parent)
            via, child, parent = child, parent, parent.parent
        return self.root

    def _scope(self, node: Node) -> Scope:
        if node.id not in self._known:
            self._known[node.id] = Scope(_KINDS[node.type], node, self, self.of(node))
        return self._known[node.id]

    def contents(self, scope: Scope) -> Contents:
        """Return what ``scope`` binds."""
        return _Walk(scope, self.module, b":=" in self.parsed.source).read()

    def attributes(self, scope: Scope) -> Mapping[str, Sequence[Binding]]:
        """Return what a class and its methods assign to the object."""
        found: dict[str, list[Binding]] = {
            name: list(bindings)
            for name, bindings in scope.contents.bindings.items()
            if all(each.kind == "value" for each in bindings)
        }
        body = scope.node.child_by_field_name("body")
        for node in body.named_children if body is not None else ():
            function = node.child_by_field_name("definition") or node
            if function.type != "function_definition":
                continue
            contents = self._scope(function).contents
            instance = next((n for n, b in contents.bindings.items() if b[0].kind == "instance"), "")
            for name, bindings in contents.bindings.items():
                if instance and name.startswith(f"{instance}."):
                    found.setdefault(name.partition(".")[2], []).extend(bindings)
        return {name: sorted(bindings, key=lambda each: each.byte) for name, bindings in found.items()}


def _is_inside(scope: Node, child: Node, via: Node | None) -> bool:
    """Return whether ``child`` of ``scope``, reached from its own child ``via``, is read inside of that scope."""
    if scope.type in _COMPREHENSIONS:
        # the first iterable is evaluated outside
        first = next((each for each in scope.named_children if each.type == "for_in_clause"), None)
        return not (child == first and via is not None and via == child.child_by_field_name("right"))
    if scope.type == "lambda":
        return child == scope.child_by_field_name("body")
    return all(child != scope.child_by_field_name(name) for name in _HEADS)


@dataclass(slots=True)
class _Walk:
    """One reading of a scope. ``has_walrus``: expressions are searched for ``:=``, too."""

    scope: Scope
    module: ModuleName
    has_walrus: bool
    found: dict[str, list[Binding]] = field(default_factory=dict)
    declared: dict[str, Literal["global", "nonlocal"]] = field(default_factory=dict)
    loops: list[Span] = field(default_factory=list)
    without: frozenset[str] = frozenset()

    def read(self) -> Contents:
        node = self.scope.node
        span = node.start_byte, node.end_byte
        match node.type:
            case "function_definition" | "lambda":
                self._parameters(node, span)
                self._statement(node.child_by_field_name("body"), span)
            case "class_definition":
                self._type_parameters(node, span)
                self._statement(node.child_by_field_name("body"), span)
            case kind if kind in _COMPREHENSIONS:
                for clause in node.named_children:
                    if clause.type == "for_in_clause":
                        self._target(clause.child_by_field_name("left"), node.start_byte, span)
            case _:
                for child in node.named_children:
                    self._statement(child, span)
        for bindings in self.found.values():
            bindings.sort(key=lambda binding: binding.byte)
        return Contents(self.found, self.declared, self.loops)

    def _bind(
        self,
        name: str,
        kind: BindingKind,
        byte: int,
        block: Span,
        value: Node | None = None,
        annotation: str = "",
        target: str = "",
    ) -> None:
        if name and name not in self.without:
            binding = Binding(name, kind, byte, self.scope, block, value, annotation, target)
            self.found.setdefault(name, []).append(binding)

    # statements

    def _statement(self, start: Node | None, around: Span) -> None:
        todo = [(start, around)] if start is not None else []
        while todo:
            node, block = todo.pop()
            inner = self._read(node, block)
            if inner is not None:
                todo += [(child, inner) for child in node.named_children]

    def _read(self, node: Node, block: Span) -> Span | None:
        """Read one node; return the block that its children belong to, None to leave them out."""
        kind, part = node.type, node.child_by_field_name
        span = node.start_byte, node.end_byte
        match kind:
            case "function_definition" | "class_definition":
                self._bind(
                    text_of(part("name")), "class" if kind[0] == "c" else "function", node.start_byte, block
                )
                self._walrus(part("parameters") or part("superclasses"), block)
            case "assignment":
                self._assignment(node, block)
            case "augmented_assignment":
                self._target(part("left"), node.end_byte, block)
                self._walrus(part("right"), block)
            case "type_alias_statement":
                left = part("left")
                name = (
                    next((each for each in walk(left) if each.type == "identifier"), None) if left else None
                )
                self._bind(text_of(name), "value", node.end_byte, block)
            case "delete_statement":
                for child in node.named_children:
                    self._target(child, node.end_byte, block, kind="deletion")
            case "global_statement" | "nonlocal_statement":
                how = "global" if kind == "global_statement" else "nonlocal"
                self.declared.update((text_of(child), how) for child in node.named_children)
            case "as_pattern":
                value = node.named_children[0] if node.named_children else None
                self._target(part("alias"), node.end_byte, block, value)
            case "case_pattern":
                self._pattern(node, block)
            case "if_statement" if text_of(part("condition")).rpartition(".")[2] == "TYPE_CHECKING":
                self._type_checking(node, block)
            case _ if kind in IMPORTS:
                self._imports(node, block)
            case _ if kind in _LOOPS:
                left = part("left")
                self._target(left, left.end_byte if left else 0, block)
                self.loops.append(span)
                return span
            case "except_clause" | "except_group_clause":
                self._except(node, block)
            case "block":
                return span
            case "with_item" | "parenthesized_expression" | "tuple":
                self._walrus(node, block)
                return block  # `with (a as b, c as d)`
            case _ if kind in _HOLDERS:
                return block
            case _:
                self._walrus(node, block)
        return None

    def _assignment(self, node: Node, block: Span) -> None:
        annotation, value = text_of(node.child_by_field_name("type")), node
        targets: list[Node | None] = []
        while value is not None and value.type == "assignment":
            targets.append(value.child_by_field_name("left"))
            value = value.child_by_field_name("right")
        for target in targets:
            self._target(target, node.end_byte, block, value, annotation)
        self._walrus(value, block)

    def _target(
        self,
        target: Node | None,
        byte: int,
        block: Span,
        value: Node | None = None,
        annotation: str = "",
        kind: BindingKind = "value",
    ) -> None:
        if target is None:
            return
        if target.type in ("identifier", "attribute"):
            self._bind(text_of(target), kind, byte, block, value, annotation)
        elif target.type == "as_pattern_target" and len(target.named_children) == 1:
            self._target(target.named_children[0], byte, block, value, annotation, kind)
        elif target.type in _TARGETS:
            for child in target.named_children:
                self._target(child, byte, block, kind=kind)

    def _except(self, node: Node, block: Span) -> None:
        """``except E as e``: an object of the class, not the class."""
        for child in node.named_children:
            if child.type == "as_pattern" and child.named_children:
                caught = child.named_children[0]
                annotation = text_of(caught) if caught.type in ("identifier", "attribute") else ""
                alias = child.child_by_field_name("alias")
                self._target(alias, child.end_byte, block, annotation=annotation)
            elif child.type == "block":
                self._statement(child, block)

    def _type_checking(self, node: Node, block: Span) -> None:
        """Bind the names under ``if TYPE_CHECKING``: the branch that type checkers see goes before the one that runs."""
        outer = self.without
        seen = _Walk(self.scope, self.module, self.has_walrus)
        seen._statement(node.child_by_field_name("consequence"), block)
        for name, bindings in seen.found.items():
            if name not in outer:
                self.found.setdefault(name, []).extend(bindings)
        self.without = outer | seen.found.keys()
        for alternative in node.children_by_field_name("alternative"):
            self._statement(alternative, block)
        self.without = outer

    def _imports(self, node: Node, block: Span) -> None:
        targets = aliases_of([node], self.module.name, self.module.is_package)
        for child in node.children_by_field_name("name"):
            alias = child.child_by_field_name("alias")
            name = text_of(alias or child)
            if alias is None and node.type == "import_statement":
                name = name.partition(".")[0]
            self._bind(name, "import", node.end_byte, block, target=targets.get(name, ""))

    def _pattern(self, node: Node, block: Span) -> None:
        """Return the names that a pattern of a ``case`` captures."""
        children = node.named_children
        match node.type:
            case "dotted_name" if len(children) == 1:
                self._bind(text_of(node), "value", node.end_byte, block)
            case "splat_pattern" | "list_splat_pattern" | "identifier":
                name = text_of(children[0] if children else node)
                self._bind("" if name == "_" else name, "value", node.end_byte, block)
            case "as_pattern":
                self._pattern(children[0], block)
                alias = children[-1].named_children or [children[-1]]
                self._bind(text_of(alias[0]), "value", node.end_byte, block)
            case "class_pattern" | "keyword_pattern":
                for child in children[1:]:
                    self._pattern(child, block)
            case "dict_pattern":
                keys = node.children_by_field_name("key")
                for child in children:
                    if child not in keys:
                        self._pattern(child, block)
            case "case_pattern" | "union_pattern" | "list_pattern" | "tuple_pattern":
                for child in children:
                    self._pattern(child, block)

    # functions

    def _parameters(self, function: Node, block: Span) -> None:
        parameters = function.child_by_field_name("parameters")
        is_first = _is_method(function, self.scope.outer)
        for parameter in parameters.named_children if parameters is not None else ():
            if parameter.type in ("positional_separator", "keyword_separator", "comment"):
                continue
            name = parameter.child_by_field_name("name") or next(iter(parameter.named_children), parameter)
            annotation = text_of(parameter.child_by_field_name("type"))
            if name.type in _SPLATS:
                name, annotation = next(iter(name.named_children), name), ""  # it is of the items
            kind: BindingKind = "instance" if is_first else "parameter"
            is_first = False
            self._bind(text_of(name), kind, function.start_byte, block, annotation=annotation)
        self._type_parameters(function, block)

    def _type_parameters(self, node: Node, block: Span) -> None:
        parameters = node.child_by_field_name("type_parameters")
        for parameter in parameters.named_children if parameters is not None else ():
            name = next((each for each in walk(parameter) if each.type == "identifier"), None)
            self._bind(text_of(name), "parameter", node.start_byte, block)

    # expressions

    def _walrus(self, node: Node | None, block: Span) -> None:
        if not self.has_walrus or node is None:
            return
        for each in _same_scope(node):
            if each.type == "named_expression":
                name, value = each.child_by_field_name("name"), each.child_by_field_name("value")
                self._bind(text_of(name), "value", each.end_byte, block, value)


def _same_scope(node: Node) -> Iterator[Node]:
    """Yield the nodes of an expression in which ``:=`` binds a name of the scope around it."""
    todo = [node]
    while todo:
        current = todo.pop()
        yield current
        if current.type != "lambda":
            todo.extend(current.named_children)


def _is_method(function: Node, outer: Scope | None) -> bool:
    if outer is None or outer.kind != "class" or function.type != "function_definition":
        return False
    around = function.parent
    decorators = around.named_children if around and around.type == "decorated_definition" else ()
    return all(text_of(each).strip() != "@staticmethod" for each in decorators)
