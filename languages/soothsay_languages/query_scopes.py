"""Scopes of a language without a binder of its own, as its query ``locals.scm`` says where names are bound and read.

The captures of the query are the names of nodes' uses:

* ``@local.scope``: a scope. The whole file is one.
* ``@local.definition.<kind>``: a name that is bound in the innermost scope around it; ``<kind>`` is a `BindingKind`.
* ``@outer.definition.<kind>``: a name that is bound in the scope around that one, as a function's own name is.
* ``@global.definition.<kind>``: a name that is bound where it is bound already, in a scope around it; else in the file.
* ``@local.reference``: a name that is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast, get_args

import tree_sitter
from tree_sitter import Node

from soothsay_languages.scopes import Binding, BindingKind, Contents, ModuleName, NamesAt, Scope
from soothsay_languages.syntax import Parsed, query, text_of

_KINDS = frozenset(get_args(BindingKind))

TargetOf = Callable[[Node, ModuleName], str]


def _how_much_it_says(item: tuple[str, object]) -> tuple[bool, str]:
    """Return the place of a capture among those of one name, of which the last counts: global ones first, imports last."""
    return item[0].endswith(".import"), item[0]


@dataclass(frozen=True, slots=True)
class QueryBinder:
    """Reads scopes by the query ``source`` of a grammar. ``target_of`` tells the dotted path that a name imported by a module names."""

    grammar: tree_sitter.Language
    source: str
    target_of: TargetOf | None = None

    def bind(self, parsed: Parsed, module: ModuleName, around: NamesAt | None) -> QueryScopes:
        """Return the scopes of ``parsed``: a document, or a fragment of one where ``around`` are its names."""
        root = parsed.tree.root_node
        captures = tree_sitter.QueryCursor(query(self.grammar, self.source)).captures(root)
        return QueryScopes(root, captures, module, self.target_of, around)


def _given(name: Node) -> tuple[Node | None, str]:
    """Return the value and the type that the declaration of ``name`` writes beside it, where its grammar calls them so."""
    declared = name.parent
    if declared is None or name not in (
        declared.child_by_field_name("name"),
        declared.child_by_field_name("pattern"),
    ):
        return None, ""
    annotation = text_of(declared.child_by_field_name("type"))
    return declared.child_by_field_name("value"), annotation.lstrip(":").strip()


@dataclass(frozen=True, eq=False)
class QueryScopes:
    """The scopes of one source; ``captures`` are the nodes that the query found in it."""

    node: Node
    captures: Mapping[str, Sequence[Node]]
    module: ModuleName
    target_of: TargetOf | None = None
    around: NamesAt | None = None

    @property
    def shared(self) -> frozenset[str]:
        """The names that some scope binds for others: a query knows of none."""
        return frozenset()

    @property
    def assigned_attributes(self) -> frozenset[str]:
        """The attributes that are given a value: a query knows of none."""
        return frozenset()

    @property
    def root(self) -> Scope:
        """The outermost scope."""
        return self._root

    @cached_property
    def _root(self) -> Scope:
        if self.around is None:
            return Scope("module", self.node, self)
        return Scope("fragment", self.node, self, self.around.scope, self.around.byte)

    @cached_property
    def references(self) -> Sequence[Node]:
        """The names that are read, in source order."""
        return sorted(self.captures.get("local.reference", ()), key=lambda node: node.start_byte)

    def of(self, node: Node) -> Scope:
        """Return the innermost scope in which ``node`` is read."""
        here: Node | None = node
        while here is not None:
            if here.id in self._scopes:
                return self._scopes[here.id]
            here = here.parent
        return self.root

    def contents(self, scope: Scope) -> Contents:
        """Return what ``scope`` itself binds."""
        return Contents(self._bindings.get(scope.node.id, {}))

    def attributes(self, scope: Scope) -> Mapping[str, Sequence[Binding]]:
        """Return nothing: a query knows of no objects."""
        return {}

    @cached_property
    def _scopes(self) -> Mapping[int, Scope]:
        """The scopes by the ids of their nodes."""
        scopes: dict[int, Scope] = {self.node.id: self.root}
        for node in sorted(self.captures.get("local.scope", ()), key=lambda node: (node.start_byte, -node.end_byte)):  # fmt: skip
            outer = node.parent
            while outer is not None and outer.id not in scopes:
                outer = outer.parent
            scopes.setdefault(node.id, Scope("function", node, self, scopes[(outer or self.node).id]))
        return scopes

    @cached_property
    def _bindings(self) -> Mapping[int, Mapping[str, Sequence[Binding]]]:
        """What each scope binds, by the ids of their nodes, in source order."""
        found: dict[int, dict[str, list[Binding]]] = {}
        for node, where, kind in self._definitions():
            name = text_of(node)
            scope = self.of(node)
            if where == "outer":
                scope = scope.outer or scope
            elif where == "global":
                within = (each for each in scope.chain() if name in found.get(each.node.id, {}))
                scope = next(within, self.root)
            target = (
                self.target_of(node, self.module) if self.target_of is not None and kind == "import" else ""
            )
            value, annotation = _given(node)
            binding = Binding(name, kind, node.end_byte, scope, (0, 0), value, annotation, target)
            found.setdefault(scope.node.id, {}).setdefault(name, []).append(binding)
        return found

    def _definitions(self) -> Sequence[tuple[Node, str, BindingKind]]:
        """Return the names that are bound, in source order: whose they are (local, outer, global), and what they are."""
        definitions: dict[int, tuple[Node, str, BindingKind]] = {}
        for capture, nodes in sorted(self.captures.items(), key=_how_much_it_says):
            where, _, kind = capture.partition(".definition.")
            if kind in _KINDS:
                definitions |= {node.id: (node, where, cast(BindingKind, kind)) for node in nodes}
        return sorted(definitions.values(), key=lambda each: each[0].start_byte)
