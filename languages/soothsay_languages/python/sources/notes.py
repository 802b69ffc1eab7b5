"""What griffe does not keep of the modules it reads, noted down while it parses.

Names that are bound or set on ``self``, deprecations, the parameters of stubs, functions that are nothing but overloads,
and an ``__all__`` that is computed when the module runs.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import griffe

from soothsay_index.text import squeeze
from soothsay_languages.python.sources.docstrings import deprecation_of

# Ways for a module to gain names that cannot be seen from its syntax.
_DYNAMIC_MODULE = re.compile(
    r"globals\(\)|sys\.modules\b|\bvars\(\)|\bexec\(|__dict__|lazy_loader|_LazyModule|setattr\("
)
_FEW_ANNOTATIONS = 3
_EXTRA = "soothsay"


class Notes(griffe.Extension):
    """Notes down at parse time what griffe does not keep: bound names, self attributes, deprecations, overloads."""

    def __init__(self) -> None:
        super().__init__()
        self._stubs: dict[str, list[griffe.Function]] = {}
        # of every definition of a path: a stub has one for each overload
        self._said: dict[str, list[str]] = {}

    def deprecated(self) -> dict[str, str]:
        """Return what is said of each deprecated function and class, by path. One good overload is enough to be good."""
        return {path: said[0] for path, said in self._said.items() if all(said)}

    def stub_of(self, path: str) -> griffe.Function | None:
        """Return what a stub says of a function: griffe keeps only its annotations, not its parameters."""
        found = self._stubs.get(path)
        return (found[0] if len(found) == 1 else _merged(found)) if found else None

    def on_function_instance(self, *, node: Any, func: griffe.Function, agent: Any, **_: Any) -> None:
        """Note the deprecation of ``func``, and keep ``func`` itself where ``agent`` reads a stub.

        In other files, replace the expressions in its signature with their text, which takes less memory.
        """
        self._note_deprecation(node, func)
        if str(agent.filepath).endswith(".pyi"):
            self._stubs.setdefault(func.path, []).append(func)
        else:
            _write_out(func)

    def on_class_instance(self, *, node: Any, cls: griffe.Class, **_: Any) -> None:
        """Note the deprecation of ``cls``."""
        self._note_deprecation(node, cls)

    def _note_deprecation(self, node: Any, obj: griffe.Object) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._said.setdefault(obj.path, []).append(deprecation_of(node))

    def on_module_members(self, *, node: Any, mod: griffe.Module, agent: Any, **_: Any) -> None:
        """Note the names that ``mod`` binds, and whether it is a stub or may gain names at run time.

        Add functions that have only overloads, and complete ``__all__`` as far as it can be read.
        """
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
        if isinstance(node, ast.Module):
            for name in _appended_exports(node):
                mod.exports = [*(mod.exports or ()), name]
            # a stub will say it all
            if _computes_exports(node, mod) and not agent.filepath.with_suffix(".pyi").is_file():
                open_exports(mod)

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Drop the value of ``attr``, which is not used."""
        attr.value = None  # nobody asks for it, and tables of data are trees of a hundred megabytes

    def on_class_members(self, *, node: Any, cls: griffe.Class, agent: Any, **_: Any) -> None:
        """Note the names that ``cls`` binds or its methods set, and whether it is in a stub or may gain more.

        Add methods that have only overloads.
        """
        _fill_from_overloads(cls)
        names, dynamic = _self_names(node) if isinstance(node, ast.ClassDef) else (set(), True)
        cls.extra[_EXTRA]["names"] = frozenset(names)
        cls.extra[_EXTRA]["dynamic"] = dynamic or bool(getattr(node, "keywords", ()))
        # Stubs leave out what is private, and what is set at run time.
        cls.extra[_EXTRA]["stub"] = str(agent.filepath).endswith(".pyi")


def _write_out(function: griffe.Function) -> None:
    """Keep the text of a signature in place of its expressions, which are a hundred times as large.

    Not for stubs: griffe merges their expressions.
    """
    for parameter in function.parameters:
        parameter.annotation = _text_of(parameter.annotation)
        parameter.default = _text_of(parameter.default)
    function.returns = _text_of(function.returns)


def _text_of(expression: griffe.Expr | str | None) -> str | None:
    return None if expression is None else sys.intern(str(expression))


def _computes_exports(node: ast.Module, mod: griffe.Module) -> bool:
    """Return whether ``__all__`` is more than literal names and the ``__all__`` of other modules."""
    todo: list[ast.AST] = list(node.body)
    while todo:
        statement = todo.pop()
        match statement:
            case ast.If() | ast.Try() | ast.With() | ast.For():
                todo.extend(ast.iter_child_nodes(statement))
            case ast.ExceptHandler():
                todo.extend(statement.body)
            case (
                ast.Assign(targets=[ast.Name("__all__")], value=value)
                | ast.AnnAssign(target=ast.Name("__all__"), value=value)
                | ast.AugAssign(target=ast.Name("__all__"), value=value)
            ):
                if value is not None and not _is_literal(value, mod):
                    return True
            case ast.Expr(ast.Call(ast.Attribute(ast.Name("__all__"), "extend" | "append"), [value])):
                if not _is_literal(value, mod):
                    return True
    return False


def _appended_exports(node: ast.Module) -> Iterator[str]:
    """Yield the literal names that ``__all__.append`` and ``__all__.extend`` add, which griffe does not see."""
    for statement in node.body:
        match statement:
            case ast.Expr(ast.Call(ast.Attribute(ast.Name("__all__"), "append"), [ast.Constant(str(name))])):
                yield name
            case ast.Expr(
                ast.Call(ast.Attribute(ast.Name("__all__"), "extend"), [ast.List(names) | ast.Tuple(names)])
            ):
                yield from (ast.literal_eval(each) for each in names if isinstance(each, ast.Constant))


def _is_literal(value: ast.expr, mod: griffe.Module) -> bool:
    match value:
        case ast.Constant(str()) | ast.Attribute(attr="__all__"):
            return True
        case ast.Name(name):
            return mod.imports.get(name, "").endswith(".__all__")
        case ast.List() | ast.Tuple() | ast.Set():
            return all(_is_literal(each, mod) for each in value.elts)
        case ast.Starred():
            return _is_literal(value.value, mod)
        case ast.BinOp(left, ast.Add(), right):
            return _is_literal(left, mod) and _is_literal(right, mod)
    return False


def open_exports(module: griffe.Module) -> None:
    """Take the ``__all__`` of a module for a part of it only.

    griffe would take what it can read for the whole: of scipy.optimize that is nothing.
    """
    module.extra[_EXTRA]["exported"] = tuple(module.exports or ())
    module.exports = None


def has_open_exports(module: griffe.Module) -> bool:
    """Return whether ``__all__`` may list more than can be read."""
    return module.exports is None and noted(module, "exported", None) is not None


def exported_lists(module: griffe.Module) -> Iterator[str]:
    """Yield the paths of the modules whose ``__all__`` is part of that of ``module``."""
    for entry in (*(module.exports or ()), *noted(module, "exported", ())):
        if not isinstance(entry, str):
            yield path_of(entry).removesuffix(".__all__")


def path_of(expression: griffe.Expr | str) -> str:
    """Return the dotted path a name means where it stands; empty where names go around in circles."""
    try:
        return expression if isinstance(expression, str) else expression.canonical_path
    except griffe.GriffeError:
        return ""


def is_exported(module: griffe.Module, name: str, seen: tuple[str, ...] = ()) -> bool:
    """Return whether ``name`` is listed in the ``__all__`` of ``module``, as far as that can be read."""
    if module.exports is not None:
        return name in module.exports
    listed = noted(module, "exported", ())
    if not listed or module.path in seen:
        return False
    others = (module_at(module, path) for path in exported_lists(module))
    return name in listed or any(is_exported(each, name, (*seen, module.path)) for each in others if each)


def module_at(module: griffe.Module, path: str) -> griffe.Module | None:
    """Return the loaded module at ``path``, seen from another."""
    try:
        found = module.modules_collection.get_member(path)
    except (griffe.GriffeError, KeyError):
        return None
    return found if isinstance(found, griffe.Module) else None


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
    """Return one function for many overloads: the longest signature; required is only what all of them require."""
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
    """Return what overloads have in common: one annotation, or a few; a hundred different ones say nothing."""
    distinct = {squeeze(str(each)): each for each in annotations if each is not None}
    if len(distinct) == 1:
        return next(iter(distinct.values()))
    return " | ".join(distinct) if len(distinct) <= _FEW_ANNOTATIONS else None


def _bound_names(module: ast.AST) -> Iterator[str]:
    """Yield every name a module's own statements bind, inside ``if``, ``try``, ``for`` and ``with`` too."""
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
    """Return what was noted of a module (``names``, ``dynamic``, ``stub``) or class while it was parsed."""
    return obj.extra[_EXTRA].get(key, default) if _EXTRA in obj.extra else default


def source_file(obj: griffe.Object | griffe.Alias) -> Path | None:
    """Return the file in which an object really stands, its stub where it exists only there."""
    try:
        path = obj.extra[_EXTRA].get("file") or obj.filepath
    except (griffe.GriffeError, ValueError):
        return None
    if isinstance(path, list):
        path = path[0] if path else None
    return Path(path) if path is not None else None
