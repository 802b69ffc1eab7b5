"""Installed packages, read statically: the public names a user writes, never imported, never run."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import griffe

from ..environment import Environment
from ..names import MODULE_NAMES
from ..text import squeeze
from ..types import Parameter, ParameterKind, Symbol, SymbolKind
from .base import Harvest, OwnerFacts, Release, Relevant, Used
from .distributions import is_namespace, listed, namespace_parts, stubbed_roots
from .docstrings import (
    AddedDocs,
    Described,
    Note,
    added_docs,
    deprecation_of,
    describe,
    documented_keywords,
    documented_return,
)
from .news import news_of

_KINDS: Mapping[griffe.ParameterKind, ParameterKind] = {
    griffe.ParameterKind.positional_only: "positional_only",
    griffe.ParameterKind.positional_or_keyword: "positional_or_keyword",
    griffe.ParameterKind.var_positional: "var_positional",
    griffe.ParameterKind.keyword_only: "keyword_only",
    griffe.ParameterKind.var_keyword: "var_keyword",
}
# Folders that are in the wheel but not in the interface.
_NOT_PUBLIC = frozenset({"tests", "test", "testing_utils", "conftest", "benchmarks", "_vendor", "vendored"})
_ELSEWHERE = frozenset({"azure"})  # namespaces that another source reads
# Bases that add no public names, wherever they come from.
_PLAIN_BASES = frozenset({"object", "ABC", "Protocol", "Generic"})
_PLAIN_DECORATORS = frozenset({"dataclass", "final", "total_ordering", "runtime_checkable", "deprecated"})
# Ways for a module to gain names that cannot be seen from its syntax.
_DYNAMIC_MODULE = re.compile(
    r"globals\(\)|sys\.modules\b|\bvars\(\)|\bexec\(|__dict__|lazy_loader|_LazyModule|setattr\("
)
_FEW_ANNOTATIONS = 3
_OBJECT_NAMES = tuple(name for name in dir(object))
_EXTRA = "soothsay"


def open_source(environment: Environment) -> PythonEnvironment:
    """The source of what is installed in ``environment``."""
    return PythonEnvironment(environment)


class PythonEnvironment:
    """The distributions of ``environment``, one release for each import name."""

    def __init__(self, environment: Environment, exclude: Path | None = None) -> None:
        self._environment = environment
        self._exclude = exclude  # the workspace: its own files are read by another source

    @property
    def name(self) -> str:
        return "python"

    def releases(self) -> Sequence[Release]:
        """Everything installed that has a public import name. The standard library comes only when asked for."""
        return [
            release
            for root in self._environment.distributions
            if not root.startswith("_") and root not in _NOT_PUBLIC
            for release in self._releases_of(root)
        ]

    def relevant(self, used: Used) -> Relevant:
        """What the workspace imports, the standard library last: every model knows it well."""
        imported = [
            release
            for root in used.roots()
            for release in self._releases_of(root)
            if release.part == root or used.mentions(release.part)
        ]
        return Relevant(now=tuple(sorted(imported, key=lambda release: release.package == "python")))

    def release_of(self, import_name: str) -> Release | None:
        """The release that ``import import_name`` uses."""
        found = self._environment.package_of(import_name)
        if found is None or found.import_name.startswith("_"):
            return None
        return Release(found.package, found.version, found.import_name)

    def _releases_of(self, root: str) -> Sequence[Release]:
        """One release, or one for each package of a namespace (``google.cloud.storage``).

        None for what stubs describe: those are read together with the package, by another source.
        """
        if root in self._stubbed:
            return []
        if root in self._namespaces:
            return self._namespaces[root]
        release = self.release_of(root)
        return [release] if release is not None else []

    @cached_property
    def _stubbed(self) -> frozenset[str]:
        return stubbed_roots(self._environment.site_packages)

    @cached_property
    def _namespaces(self) -> dict[str, tuple[Release, ...]]:
        sites = self._environment.site_packages
        roots = [root for root in self._environment.distributions if is_namespace(root, sites)]
        distributions = list(listed(sites)) if roots else []
        return {
            root: ()
            if root in _ELSEWHERE
            else tuple(
                Release(found.package, found.version, part)
                for found in distributions
                for part in namespace_parts(found, root)
            )
            for root in roots
        }

    def harvest(self, release: Release) -> Harvest:
        """All public symbols of one import name."""
        installed = self._environment.package_of(release.part)
        if installed is None:
            return Harvest()
        if self._exclude and (installed.folder / release.part).is_relative_to(self._exclude / "src"):
            return Harvest()
        siblings = {
            other.import_name
            for other in self._environment.distributions.values()
            if other.package == release.package and other.import_name != release.part
        }
        return harvest_package(
            release, (installed.folder, *self._environment.site_packages), siblings=siblings
        )


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
    logging.getLogger("griffe").setLevel(logging.CRITICAL)  # it reports every oddity of other people's code
    notes = _Notes()
    loader = griffe.GriffeLoader(
        search_paths=[str(path) for path in search_paths],
        allow_inspection=False,
        extensions=griffe.Extensions(notes),
    )
    loader.finder = _Finder([str(path) for path in search_paths], release.part)
    family = [release.part]
    try:
        package = loader.load(release.part, try_relative_path=False, find_stubs_package=with_stubs)
    except griffe.AliasResolutionError as error:
        other = error.alias.target_path.split(".", 1)[0]
        if other not in siblings:
            raise
        family.append(other)
        loader.load(other, try_relative_path=False)
        package = loader.load(release.part, try_relative_path=False, find_stubs_package=with_stubs)
    if not isinstance(package, griffe.Module):
        return Harvest()
    # external=None: only the private half of the same package (pytest and _pytest) is loaded as well
    loader.resolve_aliases(implicit=True, external=None)
    return _Reader(release, package, notes, family).read()


class _Finder(griffe.ModuleFinder):
    """Leaves out what is never public: the tests of numpy and scipy alone are a third of their lines.

    Of a namespace (``azure``) only the package ``part`` is looked at (``azure.storage.blob``), not its neighbours.
    """

    def __init__(self, search_paths: Sequence[str | Path], part: str) -> None:
        super().__init__(search_paths)
        self._root, *self._below = part.split(".")

    def find_package(self, module_name: str) -> griffe.Package | griffe.NamespacePackage:
        found = super().find_package(module_name)
        found.name = found.name.removesuffix("-stubs")  # griffe forgets it where stubs are a namespace
        return found

    def _filter_py_modules(self, path: Path) -> Iterator[Path]:
        below = self._below if path.name.removesuffix("-stubs") == self._root else []
        for found in super()._filter_py_modules(path):
            parts = found.relative_to(path).with_suffix("").parts
            if _NOT_PUBLIC.isdisjoint(parts) and list(parts[: len(below)]) == below:
                yield found


class _Notes(griffe.Extension):
    """Notes down at parse time what griffe does not keep: bound names, self attributes, deprecations, overloads."""

    def __init__(self) -> None:
        super().__init__()
        self._stubs: dict[str, list[griffe.Function]] = {}
        # of every definition of a path: a stub has one for each overload
        self._said: dict[str, list[str]] = {}

    def deprecated(self) -> dict[str, str]:
        """What is said of each deprecated function and class, by path. One good overload is enough to be good."""
        return {path: said[0] for path, said in self._said.items() if all(said)}

    def stub_of(self, path: str) -> griffe.Function | None:
        """What a stub says of a function: griffe keeps only its annotations, not its parameters."""
        found = self._stubs.get(path)
        return (found[0] if len(found) == 1 else _merged(found)) if found else None

    def on_function_instance(self, *, node: Any, func: griffe.Function, agent: Any, **_: Any) -> None:
        self._note_deprecation(node, func)
        if str(agent.filepath).endswith(".pyi"):
            self._stubs.setdefault(func.path, []).append(func)

    def on_class_instance(self, *, node: Any, cls: griffe.Class, **_: Any) -> None:
        self._note_deprecation(node, cls)

    def _note_deprecation(self, node: Any, obj: griffe.Object) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._said.setdefault(obj.path, []).append(deprecation_of(node))

    def on_module_members(self, *, node: Any, mod: griffe.Module, agent: Any, **_: Any) -> None:
        _fill_from_overloads(mod)
        source = getattr(agent, "code", "") or ""
        stub = str(agent.filepath).endswith(".pyi")
        if stub:
            _mark_stub(mod, agent.filepath)
        mod.extra[_EXTRA]["names"] = (
            frozenset(_bound_names(node)) if isinstance(node, ast.Module) else frozenset()
        )
        mod.extra[_EXTRA]["dynamic"] = bool(_DYNAMIC_MODULE.search(source))
        mod.extra[_EXTRA]["stub"] = stub

    def on_class_members(self, *, node: Any, cls: griffe.Class, agent: Any, **_: Any) -> None:
        _fill_from_overloads(cls)
        names, dynamic = _self_names(node) if isinstance(node, ast.ClassDef) else (set(), True)
        cls.extra[_EXTRA]["names"] = frozenset(names)
        cls.extra[_EXTRA]["dynamic"] = dynamic or bool(getattr(node, "keywords", ()))
        # Stubs leave out what is private, and what is set at run time.
        cls.extra[_EXTRA]["stub"] = str(agent.filepath).endswith(".pyi")


def _mark_stub(mod: griffe.Module, path: Path) -> None:
    """Remember where stub-only objects really stand: after merging they pretend to be in the .py file."""
    todo: list[griffe.Object] = [mod]
    while todo:
        obj = todo.pop()
        for member in obj.members.values():
            if isinstance(member, griffe.Object):
                member.extra[_EXTRA]["file"] = path
                if member.is_class:
                    todo.append(member)


def _fill_from_overloads(scope: griffe.Module | griffe.Class) -> None:
    """Give functions that exist only as ``@overload`` in a stub a member; griffe would drop them."""
    for name, overloads in scope.overloads.items():
        if overloads and name not in scope.members:
            scope.set_member(name, _merged(overloads))


def _merged(overloads: Sequence[griffe.Function]) -> griffe.Function:
    """One function for many overloads: the longest signature; required is only what all of them require."""
    best = max(overloads, key=lambda function: len(list(function.parameters)))
    required = [{p.name for p in function.parameters if p.required} for function in overloads]
    always = set.intersection(*required)
    fewest = min(len(names) for names in required)
    parameters = griffe.Parameters()
    for position, parameter in enumerate(best.parameters):
        default = parameter.default
        if default is None and parameter.required and parameter.name not in always and position >= fewest:
            default = "..."
        annotations = [
            function.parameters[parameter.name].annotation
            for function in overloads
            if parameter.name in function.parameters
        ]
        parameters.add(
            griffe.Parameter(
                parameter.name, annotation=_either(annotations), kind=parameter.kind, default=default
            )
        )
    function = griffe.Function(
        best.name,
        parameters=parameters,
        returns=_either([function.returns for function in overloads]),
        lineno=best.lineno,
        endlineno=best.endlineno,
        docstring=next((f.docstring for f in overloads if f.docstring), None),
    )
    function.labels |= best.labels - {"overload"}
    return function


def _either(annotations: Sequence[Any]) -> Any:
    """What overloads have in common: one annotation, or a few; a hundred different ones say nothing."""
    distinct = {squeeze(str(each)): each for each in annotations if each is not None}
    if len(distinct) == 1:
        return next(iter(distinct.values()))
    return " | ".join(distinct) if len(distinct) <= _FEW_ANNOTATIONS else None


def _bound_names(module: ast.AST) -> Iterator[str]:
    """Every name a module's own statements bind, inside ``if``, ``try``, ``for`` and ``with`` too."""
    todo: list[ast.AST] = list(ast.iter_child_nodes(module))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.split(".", 1)[0]
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        todo.extend(ast.iter_child_nodes(node))


def _self_names(node: ast.ClassDef) -> tuple[set[str], bool]:
    """Attributes that methods set on ``self``, and whether names may appear in ways that cannot be seen."""
    names: set[str] = set()
    dynamic = False
    for child in ast.walk(node):
        if isinstance(child, ast.Attribute):
            if isinstance(child.ctx, ast.Store) and isinstance(child.value, ast.Name):
                names.add(child.attr)
            elif child.attr == "__dict__":
                dynamic = True
        elif isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
            dynamic = dynamic or child.func.id in {"setattr", "vars", "exec"}
    names.update(name for name in _bound_names(node))
    return names, dynamic


@dataclass(frozen=True, slots=True)
class _Home:
    """A module in which a definition can be found under its name."""

    module: str
    exported: bool  # listed in the module's __all__

    @property
    def rank(self) -> tuple[int, bool, int, str]:
        """The smallest is what a person would write: near the root, and meant to be there."""
        return self.module.count("."), not self.exported, len(self.module), self.module


def _with_shortest_names(
    symbols: Sequence[Symbol], homes: Mapping[tuple[str, str], Sequence[_Home]]
) -> Iterator[Symbol]:
    """The symbols under the names people write, ``pandas.DataFrame`` for ``pandas.core.frame.DataFrame``.

    They stay members of every place in which they can be found: only what they are called changes.
    """
    best = {
        f"{home.module}.{name}": f"{min(found, key=lambda home: home.rank).module}.{name}"
        for (_, name), found in homes.items()
        if len(found) > 1
        for home in found
    }
    for symbol in symbols:
        called = best.get(symbol.qualified_name) or f"{best.get(symbol.owner, symbol.owner)}.{symbol.name}"
        if symbol.kind == "class":
            best[symbol.qualified_name] = called  # for its members, which come after it
        yield symbol if called == symbol.qualified_name else replace(symbol, qualified_name=called)


class _Reader:
    """Turns a loaded package into symbols."""

    def __init__(
        self, release: Release, package: griffe.Module, notes: _Notes, family: Sequence[str]
    ) -> None:
        self._family = tuple(family)  # packages whose names may be re-exported under this one
        self._release = release
        self._package = package
        self._symbols: list[Symbol] = []
        self._owners: list[OwnerFacts] = []
        self._seen: set[str] = set()
        self._notes = notes
        self._deprecated = notes.deprecated()
        self._docs = _docs_of(package)
        self._texts: dict[tuple[str, str], Described] = {}
        self._noted: dict[str, tuple[Note, ...]] = {}
        self._homes: dict[tuple[str, str], list[_Home]] = {}

    def read(self) -> Harvest:
        self._namespace()
        self._guarded(self._package)
        symbols = tuple(_with_shortest_names(self._symbols, self._homes))
        notes = {
            symbol.qualified_name: self._noted[f"{symbol.owner}.{symbol.name}"]
            for symbol in symbols
            if f"{symbol.owner}.{symbol.name}" in self._noted
        }
        news = news_of(self._release, _uri(self._package), notes)
        return Harvest(symbols, tuple(self._owners), tuple(news))

    def _namespace(self) -> None:
        """The folders above a package of a namespace have it as a member, among others that are not known here."""
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
                if not member.is_alias and not name.startswith("_") and name not in _NOT_PUBLIC:
                    children.append(target)
                continue
            if not _is_public(module, name, member, target):
                continue
            if target is None:
                if module.exports is not None and name in module.exports:
                    documented.add(name)
                    self._symbols.append(self._unknown(module.path, name, member))
                continue
            if not self._belongs(target):
                continue
            documented.add(name)
            exported = module.exports is not None and name in module.exports
            self._homes.setdefault((target.path, name), []).append(_Home(module.path, exported))
            self._member(module.path, name, target)
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
        except (griffe.GriffeError, RecursionError, ValueError, AttributeError, KeyError):
            # One odd module must not cost the package; it stays unknown, which denies nothing.
            logging.getLogger(__name__).debug("skipped %s", module.path, exc_info=True)

    def _hidden_of_module(self, module: griffe.Module, documented: set[str]) -> tuple[str, ...]:
        names = set(module.members) | set(_note(module, "names", frozenset())) | set(MODULE_NAMES)
        return tuple(sorted(name for name in names - documented if name.isidentifier()))

    def _closed(self, module: griffe.Module) -> bool:
        return (
            not _note(module, "dynamic", True)
            and not _note(module, "stub", True)
            and "__getattr__" not in module.members
        )

    def _belongs(self, target: griffe.Object) -> bool:
        if any(target.path == part or target.path.startswith(f"{part}.") for part in self._family):
            return True
        return target.path.split(".", 1)[0].lstrip("_") == self._release.part.lstrip("_")  # the private half

    def _member(self, owner: str, name: str, target: griffe.Object) -> None:
        symbol = self._symbol(owner, name, target)
        self._symbols.append(symbol)
        if isinstance(target, griffe.Class):
            self._class(f"{owner}.{name}", target)

    def _class(self, owner: str, cls: griffe.Class) -> None:
        if owner in self._seen:
            return
        self._seen.add(owner)
        chain, resolved = _lineage(cls)
        members: dict[str, griffe.Object | griffe.Alias] = {}
        hidden: set[str] = set(_OBJECT_NAMES) | {"__dict__", "__module__", "__weakref__"}
        closed = resolved
        for ancestor in reversed(chain):
            members.update(ancestor.members)
            hidden |= set(_note(ancestor, "names", frozenset()))
            closed = closed and _plain_class(ancestor)
        documented: set[str] = set()
        for name, member in members.items():
            target = _target(member)
            if name.startswith("_") or target is None or isinstance(target, griffe.Module):
                continue
            documented.add(name)
            self._symbols.append(self._symbol(owner, name, target, bound=True))
            # Nested classes are owners of their own, but only where they are defined.
            if isinstance(target, griffe.Class) and name in cls.members and not member.is_alias:
                self._class(f"{owner}.{name}", target)
        hidden |= set(members)
        names = tuple(sorted(name for name in hidden - documented if name.isidentifier()))
        self._owners.append(OwnerFacts(owner, closed, names))

    def _symbol(self, owner: str, name: str, target: griffe.Object, bound: bool = False) -> Symbol:
        kind: SymbolKind = "attribute"
        parameters: tuple[Parameter, ...] | None = None
        returns = ""
        described = self._described(name, target)
        if described.notes:
            self._noted[f"{owner}.{name}"] = tuple(
                replace(note, text=note.text or described.summary) if note.kind == "new" else note
                for note in described.notes
            )
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
            qualified_name=f"{owner}.{name}",
            name=name,
            owner=owner,
            kind=kind,
            origin="package",
            package=self._release.package,
            version=self._release.version,
            uri=_uri(target),
            line=target.lineno or 1,
            parameters=parameters,
            returns=returns,
            summary=described.summary,
            doc=described.doc,
        )

    def _described(self, name: str, target: griffe.Object) -> Described:
        # the methods of a base class come by once for each class that inherits them
        key = (target.path, name)
        if key not in self._texts:
            text = _docstring(target) or self._docs.of(target.path, target.is_class)
            self._texts[key] = describe(text, name, self._deprecated.get(target.path, ""))
        return self._texts[key]

    def _signature(
        self, function: griffe.Function, drop_first: bool, docstring: str = ""
    ) -> tuple[Parameter, ...] | None:
        """The parameters of a function; where it takes any keyword, those that its stub or docstring names too."""
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

    def _constructor(self, cls: griffe.Class) -> tuple[Parameter, ...] | None:
        for ancestor in _lineage(cls)[0]:
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
        return Symbol(
            qualified_name=f"{owner}.{name}",
            name=name,
            owner=owner,
            kind="module",
            origin="package",
            package=self._release.package,
            version=self._release.version,
            uri=_uri(target),
            summary=described.summary,
            doc=described.doc,
        )

    def _unknown(self, owner: str, name: str, member: griffe.Object | griffe.Alias) -> Symbol:
        """An exported name whose definition is in a compiled module: it exists, no more is known."""
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


def _call_of(attribute: griffe.Attribute) -> griffe.Function | None:
    """The ``__call__`` of the class an attribute is annotated with, when that class is of the same package."""
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


def _note(obj: griffe.Object, key: str, default: Any) -> Any:
    return obj.extra[_EXTRA].get(key, default) if _EXTRA in obj.extra else default


def _target(member: griffe.Object | griffe.Alias) -> griffe.Object | None:
    """What a member finally is; None when that lies in a compiled or absent module."""
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
    if name.startswith("_") or name in _NOT_PUBLIC:
        return False
    if module.exports is not None and name in module.exports:
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
    """The class and its bases, nearest first, and whether all of them could be found."""
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
    """True when a class has no way to gain names beside those in its body and its methods."""
    if _note(cls, "dynamic", True) or _note(cls, "stub", True):
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
    """An annotation or default as text; an unreadably long one says nothing, so it is left out."""
    if expression is None:
        return ""
    text = squeeze(str(expression))
    return text if len(text) <= limit else ""


def _docstring(obj: griffe.Object) -> str:
    return obj.docstring.value if obj.docstring else ""


def _uri(obj: griffe.Object | griffe.Alias) -> str:
    try:
        path = obj.extra[_EXTRA].get("file") or obj.filepath
    except (griffe.GriffeError, ValueError):
        return ""
    if isinstance(path, list):
        path = path[0] if path else None
    return Path(path).as_uri() if path is not None and Path(path).is_absolute() else ""


def _docs_of(package: griffe.Module) -> AddedDocs:
    file = package.filepath if isinstance(package.filepath, Path) else None
    return added_docs(file.parent) if file is not None and file.name == "__init__.py" else AddedDocs()
