"""Scopes: which names a piece of code binds, and what a name stands for where it stands.

Knows no language: a language's `Binder` says where scopes begin and what they bind. All positions are bytes of the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

from tree_sitter import Node

from soothsay_languages.syntax import text_of

ScopeKind = Literal["module", "function", "class", "comprehension", "fragment"]
# "instance": what a method calls its object; "unknown": bound, but it is not known to what
BindingKind = Literal["import", "function", "class", "parameter", "instance", "value", "deletion", "unknown"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ModuleName:
    """The dotted name of a document's module, "" for none; ``is_package``: it is the package's own file.

    ``aliases`` are patterns of names that it may import other modules by, each with the path that it stands for.
    """

    name: str = ""
    is_package: bool = False
    aliases: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A name is bound from ``byte`` on.

    ``value`` is the expression that it stands for, ``annotation`` its type as written, ``target`` the dotted path that an
    import names. ``block`` is the innermost block or loop of ``scope`` that it happens in.
    """

    name: str
    kind: BindingKind
    byte: int
    scope: Scope
    block: Span = (0, 0)
    value: Node | None = None
    annotation: str = ""
    target: str = ""

    @property
    def meaning(self) -> tuple[str, str, str]:
        """What it stands for; the same for two bindings to the same thing."""
        return text_of(self.value), self.annotation, self.target


@dataclass(frozen=True, slots=True)
class Contents:
    """What a scope binds: every name's bindings by their bytes, names that it declares to be bound further out, its loops."""

    bindings: Mapping[str, Sequence[Binding]] = field(default_factory=dict)
    declared: Mapping[str, Literal["global", "nonlocal"]] = field(default_factory=dict)
    loops: Sequence[Span] = ()


class ScopeReader(Protocol):
    """Reads what scopes bind."""

    def contents(self, scope: Scope) -> Contents:
        """Return what ``scope`` itself binds."""
        ...

    def attributes(self, scope: Scope) -> Mapping[str, Sequence[Binding]]:
        """Return what the objects of the class ``scope`` have, as far as its code binds it, by their bytes."""
        ...


@dataclass(frozen=True, eq=False)
class Scope:
    """One scope. What it binds is read when it is first asked for.

    A ``fragment`` is code apart from the document: names that it does not bind are looked up at ``outer_byte`` of
    ``outer``, a scope of the document.
    """

    kind: ScopeKind
    node: Node
    reader: ScopeReader
    outer: Scope | None = None
    outer_byte: int | None = None

    @cached_property
    def contents(self) -> Contents:
        """What it binds itself."""
        return self.reader.contents(self)

    @cached_property
    def attributes(self) -> Mapping[str, Sequence[Binding]]:
        """What the objects of a class have."""
        return self.reader.attributes(self) if self.kind == "class" else {}

    def chain(self) -> Iterator[Scope]:
        """Yield the scope and those around it, from the inside."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


class ScopeTree(Protocol):
    """The scopes of one source."""

    @property
    def root(self) -> Scope:
        """The outermost scope."""
        ...

    @property
    def shared(self) -> frozenset[str]:
        """The names that some scope binds for others."""
        ...

    @property
    def assigned_attributes(self) -> frozenset[str]:
        """The attributes that are given a value anywhere, as written."""
        ...

    def of(self, node: Node) -> Scope:
        """Return the innermost scope in which ``node`` is read."""
        ...


@dataclass(frozen=True, slots=True)
class _Seen:
    """A scope in which a name is looked up, from ``byte`` of it. ``at_once``: its code runs up to there, not later."""

    scope: Scope
    byte: int
    at_once: bool


def _visible(scope: Scope, byte: int, name: str) -> Iterator[_Seen]:
    """Yield the scopes in which ``name`` may be found, from the inside."""
    at_once = innermost = True
    here: Scope | None = scope
    while here is not None:
        if innermost or here.kind != "class":
            yield _Seen(here, byte, at_once)
        if here.contents.declared.get(name) == "global":
            for outer in here.chain():
                byte, here = byte if outer.outer_byte is None else outer.outer_byte, outer
            yield _Seen(here, byte, False)
            return
        at_once = at_once and here.kind != "function"
        innermost = innermost and here.kind == "fragment"
        byte = byte if here.outer_byte is None else here.outer_byte
        here = here.outer


@dataclass(frozen=True, slots=True)
class NamesAt:
    """What names stand for at ``byte`` of ``scope``: the last binding before it counts.

    In the body of a function, names of the scopes around it may be bound further below, too.
    """

    scope: Scope
    byte: int

    def find(self, name: str) -> Binding | None:
        """Return the binding of ``name`` (a dotted one for an attribute); None if nothing here binds it."""
        attribute = _attribute(self, name)
        if attribute:
            before = [each for each in attribute if each.byte <= self.byte]
            return before[-1] if before else attribute[0]
        for seen in _visible(self.scope, self.byte, name):
            found = seen.scope.contents.bindings.get(name)
            if found:
                chosen = _chosen(found, seen, name)
                if chosen is not None:
                    return chosen
        return None

    def visible(self) -> Mapping[str, Binding]:
        """Return all names that can be read here, those of outer scopes first, attributes of the own object among them."""
        found: dict[str, Binding] = {}
        for seen in reversed(list(_visible(self.scope, self.byte, ""))):
            for name, bindings in seen.scope.contents.bindings.items():
                binding = _chosen(bindings, seen, name)
                if binding is not None:
                    found[name] = binding
        found = {name: binding for name, binding in found.items() if binding.kind != "unknown"}
        for name, binding in list(found.items()):
            if binding.kind == "instance" and binding.scope.outer is not None:
                for attribute in binding.scope.outer.attributes:
                    bound = self.find(f"{name}.{attribute}")
                    if bound is not None:
                        found[f"{name}.{attribute}"] = bound
        return found

    def at(self, scope: Scope, byte: int) -> NamesAt:
        """Return the same for another place."""
        return NamesAt(scope, byte)


def _chosen(found: Sequence[Binding], seen: _Seen, name: str) -> Binding | None:
    before = [each for each in found if each.byte <= seen.byte]
    if before:
        return before[-1]
    if not seen.at_once:
        return found[0]
    if seen.scope.kind == "function" and name not in seen.scope.contents.declared:
        loop = next((loop for loop in seen.scope.contents.loops if loop[0] <= seen.byte <= loop[1]), None)
        again = [each for each in found if loop is not None and loop[0] <= each.byte <= loop[1]]
        return again[-1] if again else _unknown(name, seen)
    return next((each for each in found if each.kind in ("import", "function", "class")), None)


@dataclass(frozen=True, slots=True)
class CertainNamesAt:
    """What names stand for at ``byte`` of ``scope``, where only one thing is possible; else the binding is ``unknown``.

    ``shared`` are names that some scope binds for others.
    """

    scope: Scope
    byte: int
    shared: frozenset[str] = frozenset()

    def find(self, name: str) -> Binding | None:
        """Return the binding of ``name`` (a dotted one for an attribute); None if nothing here binds it."""
        attribute = _attribute(self, name)
        if attribute:
            here = _Seen(attribute[0].scope, self.byte, False)
            return self._certain(attribute, here, name)
        for seen in _visible(self.scope, self.byte, name):
            found = seen.scope.contents.bindings.get(name)
            if found:
                return self._certain(found, seen, name)
        return None

    def at(self, scope: Scope, byte: int) -> CertainNamesAt:
        """Return the same for another place."""
        return CertainNamesAt(scope, byte, self.shared)

    def _certain(self, found: Sequence[Binding], seen: _Seen, name: str) -> Binding:
        if name not in self.shared:
            if all(each.meaning == found[0].meaning for each in found):
                return found[0]
            last = _last_before(found, seen) if seen.at_once else None
            if last is not None:
                return last
        return _unknown(name, seen)


Names = NamesAt | CertainNamesAt


def _attribute(names: Names, name: str) -> Sequence[Binding]:
    """Return the bindings of ``self.name``, where ``self`` is what a method calls its object."""
    head, dot, rest = name.partition(".")
    if not dot:
        return ()
    instance = names.find(head)
    if instance is None or instance.kind != "instance" or instance.scope.outer is None:
        return ()
    return instance.scope.outer.attributes.get(rest, ())


def _last_before(found: Sequence[Binding], seen: _Seen) -> Binding | None:
    """Return the binding that holds at a byte, when every way there leads through it."""
    before = [each for each in found if each.byte <= seen.byte]
    if not before:
        return None
    last = before[-1]
    if not last.block[0] <= seen.byte <= last.block[1]:
        return None
    loops = [
        loop
        for loop in seen.scope.contents.loops
        if loop[0] <= seen.byte <= loop[1] and not loop[0] <= last.byte <= loop[1]
    ]
    comes_round = any(
        loop[0] <= each.byte <= loop[1] for loop in loops for each in found if each.byte > seen.byte
    )
    return None if comes_round else last


def _unknown(name: str, seen: _Seen) -> Binding:
    return Binding(name, "unknown", seen.byte, seen.scope)
