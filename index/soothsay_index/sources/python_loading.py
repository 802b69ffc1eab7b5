"""Packages as griffe reads them from their sources and stubs: never imported, never run.

What griffe does not keep is noted down while it parses: names that are bound or set on ``self``, deprecations, the
parameters of stubs, and functions that are nothing but overloads.
"""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import griffe

from ..text import squeeze
from .docstrings import deprecation_of

# Folders that are in the wheel but not in the interface.
NOT_PUBLIC = frozenset({"tests", "test", "testing_utils", "conftest", "benchmarks", "_vendor", "vendored"})
# Ways for a module to gain names that cannot be seen from its syntax.
_DYNAMIC_MODULE = re.compile(
    r"globals\(\)|sys\.modules\b|\bvars\(\)|\bexec\(|__dict__|lazy_loader|_LazyModule|setattr\("
)
_FEW_ANNOTATIONS = 3
_EXTRA = "soothsay"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded package, what was noted of it, and the packages whose names it may re-export."""

    package: griffe.Module
    notes: Notes
    family: tuple[str, ...]


def load_package(
    part: str, search_paths: Sequence[Path], with_stubs: bool, siblings: Collection[str]
) -> Loaded | None:
    """Load the package ``part``; None when that is no module. May raise what griffe raises on broken packages."""
    logging.getLogger("griffe").setLevel(logging.CRITICAL)  # it reports every oddity of other people's code
    notes = Notes()
    loader = griffe.GriffeLoader(
        search_paths=[str(path) for path in search_paths],
        allow_inspection=False,
        extensions=griffe.Extensions(notes),
    )
    loader.finder = _Finder([str(path) for path in search_paths], part)
    family = [part]
    try:
        package = loader.load(part, try_relative_path=False, find_stubs_package=with_stubs)
    except griffe.AliasResolutionError as error:
        other = error.alias.target_path.split(".", 1)[0]
        if other not in siblings:
            raise
        family.append(other)
        loader.load(other, try_relative_path=False)
        package = loader.load(part, try_relative_path=False, find_stubs_package=with_stubs)
    if not isinstance(package, griffe.Module):
        return None
    # external=None: only the private half of the same package (pytest and _pytest) is loaded as well
    loader.resolve_aliases(implicit=True, external=None)
    return Loaded(package, notes, tuple(family))


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
            if NOT_PUBLIC.isdisjoint(parts) and list(parts[: len(below)]) == below:
                yield found


class Notes(griffe.Extension):
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


def noted(obj: griffe.Object, key: str, default: Any) -> Any:
    """What was noted of a module (``names``, ``dynamic``, ``stub``) or class while it was parsed."""
    return obj.extra[_EXTRA].get(key, default) if _EXTRA in obj.extra else default


def source_file(obj: griffe.Object | griffe.Alias) -> Path | None:
    """The file in which an object really stands, its stub where it exists only there."""
    try:
        path = obj.extra[_EXTRA].get("file") or obj.filepath
    except (griffe.GriffeError, ValueError):
        return None
    if isinstance(path, list):
        path = path[0] if path else None
    return Path(path) if path is not None else None
