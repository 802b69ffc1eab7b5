"""One installed package, read into symbols: the public names a user writes, with signatures and documentation."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import griffe

from soothsay_index.sources.base import Harvest, OwnerFacts, Release
from soothsay_index.text import squeeze
from soothsay_index.types import Parameter, ParameterKind, Symbol, SymbolKind
from soothsay_languages.python.sources.docstrings import (
    AddedDocs,
    Described,
    Note,
    added_docs,
    describe,
    documented_keywords,
    documented_return,
)
from soothsay_languages.python.sources.loading import NOT_PUBLIC, LoadedPackage, load_package
from soothsay_languages.python.sources.module_names import MODULE_NAMES
from soothsay_languages.python.sources.news import news_of
from soothsay_languages.python.sources.notes import is_exported, noted, source_file
from soothsay_languages.python.sources.public_names import Home, with_shortest_names

_KINDS: Mapping[griffe.ParameterKind, ParameterKind] = {
    griffe.ParameterKind.positional_only: "positional_only",
    griffe.ParameterKind.positional_or_keyword: "positional_or_keyword",
    griffe.ParameterKind.var_positional: "var_positional",
    griffe.ParameterKind.keyword_only: "keyword_only",
    griffe.ParameterKind.var_keyword: "var_keyword",
}
# Bases that add no public names, wherever they come from.
_PLAIN_BASES = frozenset({"object", "ABC", "Protocol", "Generic"})
_PLAIN_DECORATORS = frozenset({"dataclass", "final", "total_ordering", "runtime_checkable", "deprecated"})
_OBJECT_NAMES = tuple(name for name in dir(object))
# Half of it sympy reaches with the members that its classes define; with all that they inherit, in each place where they
# can be found, it had 320,000, twenty for each definition, and as much of the index as everything else together.
MOST_SYMBOLS = 60_000
# One odd module or class must not cost the package; it stays unknown, which denies nothing.
_ODDITIES = (griffe.GriffeError, RecursionError, ValueError, AttributeError, KeyError)
_Extent = Literal["all", "own", "none"]  # which members of a class are described


@dataclass(frozen=True, slots=True)
class _Listing:
    """A class under one of its names."""

    home: Home
    name: str
    cls: griffe.Class


def harvest_package(
    release: Release,
    search_paths: Sequence[Path],
    with_stubs: bool = False,
    siblings: Collection[str] = (),
) -> Harvest:
    """Load ``release.part`` from ``search_paths`` without importing it and read its public names.

    ``with_stubs``: together with the stubs for it that are installed apart, or from these alone. ``siblings`` are the
    other packages of the same distribution: ``attrs`` is nothing but names of ``attr``.
    """
    loaded = load_package(release.part, search_paths, with_stubs, siblings)
    return _PackageReader(release, loaded).read() if loaded is not None else Harvest()


class _PackageReader:
    """Turns a loaded package into symbols."""

    def __init__(self, release: Release, loaded: LoadedPackage) -> None:
        self._family = loaded.family
        self._release = release
        self._package = loaded.package
        self._symbols: list[Symbol] = []
        self._owners: list[OwnerFacts] = []
        self._seen: set[str] = set()
        self._notes = loaded.notes
        self._deprecated = loaded.notes.deprecated()
        self._docs = _docs_of(loaded.package)
        self._texts: dict[tuple[str, str], Described] = {}
        self._noted: dict[str, tuple[Note, ...]] = {}
        self._homes: dict[tuple[str, str], list[Home]] = {}
        self._classes: list[_Listing] = []
        self._known: dict[tuple[int, bool], Symbol] = {}  # by the identity of what they stand for
        self._lineages: dict[int, tuple[list[griffe.Class], bool]] = {}
        self._left_out = loaded.left_out

    def read(self) -> Harvest:
        self._namespace()
        self._guarded(self._package)
        self._list_classes()
        symbols = tuple(with_shortest_names(self._symbols, self._homes))
        self._symbols.clear()
        notes = {
            symbol.qualified_name: self._noted[f"{symbol.owner}.{symbol.name}"]
            for symbol in symbols
            if f"{symbol.owner}.{symbol.name}" in self._noted
        }
        news = news_of(self._release, _uri(self._package), notes)
        return Harvest(symbols, tuple(self._owners), tuple(news))

    def _namespace(self) -> None:
        """Add the folders of the namespace above the package: it is a member of them, beside others that are not read here."""
        owner, _, name = self._package.path.rpartition(".")
        if owner:
            self._symbols.append(self._module_symbol(owner, name, self._package))
        while "." in owner:
            self._owners.append(OwnerFacts(owner))
            owner, _, name = owner.rpartition(".")
            self._symbols.append(self._bare_module(owner, name))
        if owner:
            self._owners.append(OwnerFacts(owner))

    def _bare_module(self, owner: str, name: str) -> Symbol:
        return Symbol(
            qualified_name=f"{owner}.{name}",
            name=name,
            owner=owner,
            kind="module",
            origin="package",
            package=self._release.package,
            version=self._release.version,
            uri="",
        )

    def _module(self, module: griffe.Module) -> None:
        if module.path in self._seen:
            return
        self._seen.add(module.path)
        documented: set[str] = set()
        resolved = True
        children: list[griffe.Module] = []
        for name, member in list(module.members.items()):
            if isinstance(member, griffe.Alias) and member.wildcard:
                resolved = False
                continue
            target = _target(member)
            if isinstance(target, griffe.Module):
                if not _is_public(module, name, member, target):
                    continue
                documented.add(name)
                self._symbols.append(self._module_symbol(module.path, name, target))
                # A module is described where it lies; an alias to it is only a name.
                if not member.is_alias and not name.startswith("_") and name not in NOT_PUBLIC:
                    children.append(target)
                continue
            if not _is_public(module, name, member, target):
                continue
            if target is None:
                if is_exported(module, name):
                    documented.add(name)
                    self._symbols.append(self._unknown(module.path, name, member))
                continue
            if not self._belongs(target):
                continue
            documented.add(name)
            home = Home(module.path, is_exported(module, name))
            self._homes.setdefault((target.path, name), []).append(home)
            self._symbols.append(self._symbol(module.path, name, target))
            if isinstance(target, griffe.Class):
                self._classes.append(_Listing(home, name, target))
        self._owners.append(
            OwnerFacts(
                module.path, resolved and self._closed(module), self._hidden_of_module(module, documented)
            )
        )
        for child in children:
            self._guarded(child)

    def _guarded(self, module: griffe.Module) -> None:
        try:
            self._module(module)
        except _ODDITIES:
            _log_skipped(module.path)

    def _hidden_of_module(self, module: griffe.Module, documented: set[str]) -> tuple[str, ...]:
        names = {*module.members, *noted(module, "names", ()), *MODULE_NAMES}
        names.update(self._left_out.get(module.path, ()))
        return tuple(sorted(name for name in names - documented if name.isidentifier()))

    def _closed(self, module: griffe.Module) -> bool:
        return (
            not noted(module, "dynamic", True)
            and not noted(module, "stub", True)
            and "__getattr__" not in module.members
        )

    def _belongs(self, target: griffe.Object) -> bool:
        if any(target.path == part or target.path.startswith(f"{part}.") for part in self._family):
            return True
        return target.path.split(".", 1)[0].lstrip("_") == self._release.part.lstrip("_")  # the private half

    def _list_classes(self) -> None:
        """Return the members of all classes, first where a person would look for them, and base classes first.

        Past :data:`MOST_SYMBOLS` a class is described where it has its best name, with the methods of its own. Of the
        others only the names are kept, so that none of them is denied.
        """

        def order(listing: _Listing) -> tuple[bool, int, int]:
            above = len(self._lineage(listing.cls)[0])
            return listing.home is not self._best_home(listing), listing.home.module.count("."), above

        for listing in sorted(self._classes, key=order):
            owner = f"{listing.home.module}.{listing.name}"
            if len(self._symbols) < MOST_SYMBOLS:
                described: _Extent = "all"
            elif listing.home is self._best_home(listing):
                described = "own"
            else:
                described = "none"
            try:
                self._class(owner, listing.cls, described)
            except _ODDITIES:
                _log_skipped(owner)

    def _best_home(self, listing: _Listing) -> Home:
        return min(self._homes[listing.cls.path, listing.name], key=lambda home: home.rank)

    def _class(self, owner: str, cls: griffe.Class, described: _Extent) -> None:
        if owner in self._seen:
            return
        self._seen.add(owner)
        chain, resolved = self._lineage(cls)
        members: dict[str, griffe.Object | griffe.Alias] = {}
        hidden: set[str] = set(_OBJECT_NAMES) | {"__dict__", "__module__", "__weakref__"}
        closed = resolved
        for ancestor in reversed(chain):
            members.update(ancestor.members)
            hidden |= set(noted(ancestor, "names", frozenset()))
            closed = closed and _plain_class(ancestor)
        documented: set[str] = set()
        for name, member in members.items():
            target = _target(member)
            if name.startswith("_") or target is None or isinstance(target, griffe.Module):
                continue
            own = name in cls.members
            if described == "all" or (described == "own" and own and not target.is_attribute):
                documented.add(name)
                self._symbols.append(self._symbol(owner, name, target, bound=True))
            # Nested classes are owners of their own, but only where they are defined.
            if isinstance(target, griffe.Class) and own and not member.is_alias:
                self._class(f"{owner}.{name}", target, described)
        hidden |= set(members)
        if described == "none" and not closed:
            return  # it would deny nothing, and tell nothing that is not told where the class has its best name
        names = tuple(sorted(name for name in hidden - documented if name.isidentifier()))
        self._owners.append(OwnerFacts(owner, closed, names))

    def _symbol(self, owner: str, name: str, target: griffe.Object, bound: bool = False) -> Symbol:
        described = self._described(name, target)
        if described.notes:
            self._noted[f"{owner}.{name}"] = tuple(
                replace(note, text=note.text or described.summary) if note.kind == "new" else note
                for note in described.notes
            )
        # the methods of a base class come by once for each class that inherits them
        key = (id(target), bound)
        if key not in self._known:
            self._known[key] = self._first_symbol(name, target, bound)
        return replace(
            self._known[key],
            qualified_name=f"{owner}.{name}",
            name=name,
            owner=owner,
            summary=described.summary,
            doc=described.doc,
        )

    def _first_symbol(self, name: str, target: griffe.Object, bound: bool) -> Symbol:
        """Return a symbol for ``target`` that says all but what it is called and where it can be found."""
        kind: SymbolKind = "attribute"
        parameters: tuple[Parameter, ...] | None = None
        returns = ""
        if isinstance(target, griffe.Class):
            kind = "class"
            parameters = self._constructor(target)
        elif isinstance(target, griffe.Function):
            kind = "method" if bound else "function"
            parameters = self._signature(target, bound and "staticmethod" not in target.labels)
            returns = _short(target.returns) or documented_return(_docstring(target))
        elif isinstance(target, griffe.Attribute):
            returns = _short(target.annotation)
            call = _call_of(target)
            if call is not None:
                # "zeros: Final[_ConstructorEmpty]" is a function to everybody but the type checker.
                kind = "method" if bound else "function"
                parameters = _parameters(call, drop_first=True)
                returns = _short(call.returns)
        return Symbol(
            qualified_name=name,
            name=name,
            owner="",
            kind=kind,
            origin="package",
            package=self._release.package,
            version=self._release.version,
            uri=_uri(target),
            line=target.lineno or 1,
            parameters=parameters,
            returns=returns,
        )

    def _described(self, name: str, target: griffe.Object) -> Described:
        key = (target.path, name)
        if key not in self._texts:
            text = _docstring(target) or self._docs.of(target.path, target.is_class)
            self._texts[key] = describe(text, name, self._deprecated.get(target.path, ""))
        return self._texts[key]

    def _signature(
        self, function: griffe.Function, drop_first: bool, docstring: str = ""
    ) -> tuple[Parameter, ...] | None:
        """Return the parameters of a function; where it takes any keyword, those that its stub or docstring names too."""
        parameters = _parameters(function, drop_first)
        if parameters is None or parameters[-1:] == () or parameters[-1].kind != "var_keyword":
            return parameters
        stub = self._notes.stub_of(function.path)
        named = (_parameters(stub, drop_first) or ()) if stub is not None else ()
        if len(named) > len(parameters):
            return named
        known = {parameter.name for parameter in parameters}
        documented = documented_keywords(docstring or _docstring(function))
        return (*parameters[:-1], *(each for each in documented if each.name not in known), parameters[-1])

    def _lineage(self, cls: griffe.Class) -> tuple[list[griffe.Class], bool]:
        if id(cls) not in self._lineages:
            self._lineages[id(cls)] = _lineage(cls)
        return self._lineages[id(cls)]

    def _constructor(self, cls: griffe.Class) -> tuple[Parameter, ...] | None:
        for ancestor in self._lineage(cls)[0]:
            for name in ("__init__", "__new__"):
                member = ancestor.members.get(name)
                target = _target(member) if member is not None else None
                if isinstance(target, griffe.Function):
                    # the arguments are described in the docstring of either
                    return self._signature(target, True, f"{_docstring(cls)}\n\n{_docstring(target)}")
            if "dataclass" in ancestor.labels:
                return None  # griffe would have given it an __init__; without one the fields are unknown
        return None

    def _module_symbol(self, owner: str, name: str, target: griffe.Module) -> Symbol:
        described = describe(_docstring(target), name)
        return replace(
            self._bare_module(owner, name), uri=_uri(target), summary=described.summary, doc=described.doc
        )

    def _unknown(self, owner: str, name: str, member: griffe.Object | griffe.Alias) -> Symbol:
        """Return an exported name whose definition is in a compiled module: it exists, no more is known."""
        path = member.target_path if isinstance(member, griffe.Alias) else member.path
        described = describe(self._docs.of(path), name)
        parent = member.parent
        return Symbol(
            qualified_name=f"{owner}.{name}",
            name=name,
            owner=owner,
            kind="attribute",
            origin="package",
            package=self._release.package,
            version=self._release.version,
            uri=_uri(parent) if parent is not None else "",
            line=(member.alias_lineno if isinstance(member, griffe.Alias) else member.lineno) or 1,
            summary=described.summary,
            doc=described.doc,
        )


def _log_skipped(path: str) -> None:
    logging.getLogger(__name__).debug("skipped %s", path, exc_info=True)


def _call_of(attribute: griffe.Attribute) -> griffe.Function | None:
    """Return the ``__call__`` of the class an attribute is annotated with, when that class is of the same package."""
    annotation = attribute.annotation
    if not isinstance(annotation, griffe.Expr):
        return None
    for name in annotation.iterate(flat=True):
        if not isinstance(name, griffe.ExprName) or name.name in {"Final", "ClassVar"}:
            continue
        try:
            found = attribute.modules_collection.get_member(name.canonical_path)
        except (griffe.GriffeError, KeyError, ValueError):
            return None
        cls = _target(found)
        member = cls.members.get("__call__") if isinstance(cls, griffe.Class) else None
        call = _target(member) if member is not None else None
        return call if isinstance(call, griffe.Function) else None
    return None


def _target(member: griffe.Object | griffe.Alias) -> griffe.Object | None:
    """Return what a member finally is; None when that lies in a compiled or absent module."""
    if isinstance(member, griffe.Object):
        return member
    try:
        found = member.final_target
    except griffe.GriffeError:
        return None
    return found if isinstance(found, griffe.Object) else None


def _is_public(
    module: griffe.Module, name: str, member: griffe.Object | griffe.Alias, target: griffe.Object | None
) -> bool:
    if name.startswith("_") or name in NOT_PUBLIC:
        return False
    if is_exported(module, name):
        return True
    if isinstance(target, griffe.Module):
        # Submodules are names of their package; a module imported from elsewhere is not its interface.
        return not member.is_alias or target.path.startswith(f"{module.path}.")
    if module.exports is not None:
        # With an __all__, other definitions are only public in an API sense when they are made here.
        return not member.is_alias and not name.isupper()
    if not member.is_alias:
        return True
    # Without __all__, an __init__ that imports from its own package re-exports; other modules just use names.
    return module.is_init_module and target is not None and _same_package(module, target)


def _same_package(module: griffe.Module, target: griffe.Object) -> bool:
    root = module.path.split(".", 1)[0]
    return target.path.split(".", 1)[0].lstrip("_") == root.lstrip("_")


def _lineage(cls: griffe.Class) -> tuple[list[griffe.Class], bool]:
    """Return the class and its bases, nearest first, and whether all of them could be found."""
    chain: list[griffe.Class] = []
    resolved = True
    todo: list[griffe.Class] = [cls]
    while todo and len(chain) < 64:
        current = todo.pop(0)
        if any(current is seen for seen in chain):
            continue
        chain.append(current)
        found = {base.path for base in _bases(current)}
        todo.extend(_bases(current))
        for base in current.bases:
            plain = str(base).split("[", 1)[0].rsplit(".", 1)[-1]
            path = getattr(base, "canonical_path", str(base)).split("[", 1)[0]
            if plain not in _PLAIN_BASES and path not in found and not _ends(found, plain):
                resolved = False
    return chain, resolved


def _ends(paths: set[str], name: str) -> bool:
    return any(path.rsplit(".", 1)[-1] == name for path in paths)


def _bases(cls: griffe.Class) -> list[griffe.Class]:
    try:
        resolved = cls.resolved_bases
    except (griffe.GriffeError, RecursionError):
        return []
    found = [_target(base) for base in resolved]
    return [base for base in found if isinstance(base, griffe.Class)]


def _plain_class(cls: griffe.Class) -> bool:
    """Return whether a class has no way to gain names beside those in its body and its methods."""
    if noted(cls, "dynamic", True) or noted(cls, "stub", True):
        return False
    if "__getattr__" in cls.members or "__getattribute__" in cls.members:
        return False
    decorators = (str(d.value).split("(", 1)[0].rsplit(".", 1)[-1] for d in cls.decorators)
    return all(name in _PLAIN_DECORATORS for name in decorators)


def _parameters(function: griffe.Function, drop_first: bool) -> tuple[Parameter, ...] | None:
    if "property" in function.labels or any("property" in str(d.value) for d in function.decorators):
        return None
    listed = list(function.parameters)
    if (
        drop_first
        and listed
        and listed[0].kind
        in (
            griffe.ParameterKind.positional_only,
            griffe.ParameterKind.positional_or_keyword,
        )
    ):
        listed = listed[1:]
    return tuple(
        Parameter(
            name=parameter.name,
            kind=_KINDS[parameter.kind or griffe.ParameterKind.positional_or_keyword],
            required=parameter.required,
            annotation=_short(parameter.annotation),
            default="" if _variadic(parameter) else _short(parameter.default, 40),
        )
        for parameter in listed
    )


def _variadic(parameter: griffe.Parameter) -> bool:
    return parameter.kind in (griffe.ParameterKind.var_positional, griffe.ParameterKind.var_keyword)


def _short(expression: Any, limit: int = 60) -> str:
    """Return an annotation or default as text; an unreadably long one says nothing, so it is left out."""
    if expression is None:
        return ""
    text = squeeze(str(expression))
    return text if len(text) <= limit else ""


def _docstring(obj: griffe.Object) -> str:
    return obj.docstring.value if obj.docstring else ""


def _uri(obj: griffe.Object | griffe.Alias) -> str:
    path = source_file(obj)
    return path.as_uri() if path is not None and path.is_absolute() else ""


def _docs_of(package: griffe.Module) -> AddedDocs:
    file = package.filepath if isinstance(package.filepath, Path) else None
    return added_docs(file.parent) if file is not None and file.name == "__init__.py" else AddedDocs()
