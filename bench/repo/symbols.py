"""What a repository defines, read from its source alone: modules, their names, the members of classes.

Neither the index nor the oracle is asked: they are what the benchmark is about.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["module", "class", "function", "value"]
_DEEPEST = 8  # imports of imports, bases of bases
_PLAIN_BASES = frozenset(
    ["object", "ABC", "abc.ABC", "Protocol", "typing.Protocol", "Generic", "typing.Generic"]
)


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class: the names its body and its methods set, and its bases as they are written."""

    members: frozenset[str]
    bases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """A file: the kinds of the names it defines, what its imports stand for, and its classes."""

    name: str
    path: str
    defined: Mapping[str, Kind]
    imports: Mapping[str, str]
    classes: Mapping[str, ClassFacts]


@dataclass(frozen=True, slots=True)
class Definition:
    """Where something is defined. ``name`` is "" for a module itself."""

    module: str
    name: str
    kind: Kind

    @property
    def dotted(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


def parse(source: str) -> ast.Module | None:
    """The syntax tree, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def read_module(name: str, path: str, tree: ast.Module) -> ModuleFacts:
    """What a file defines at its top level."""
    package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
    defined: dict[str, Kind] = {}
    imports: dict[str, str] = {}
    classes: dict[str, ClassFacts] = {}
    for node in _top_level(tree.body):
        if isinstance(node, ast.ClassDef):
            defined[node.name] = "class"
            classes[node.name] = ClassFacts(
                frozenset(_members(node)), tuple(_dotted(base) for base in node.bases)
            )
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            defined[node.name] = "function"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports.update(imports_of(node, package))
        else:
            for each in ast.walk(node):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    defined.setdefault(each.id, "value")
    return ModuleFacts(name, path, defined, imports, classes)


def imports_of(node: ast.Import | ast.ImportFrom, package: str) -> dict[str, str]:
    """What an import's names stand for; ``package`` is where relative ones begin."""
    if isinstance(node, ast.Import):
        return {each.asname or each.name.partition(".")[0]: each.name if each.asname else each.name.partition(".")[0] for each in node.names}  # fmt: skip
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        kept = parts[: len(parts) - node.level + 1]
        base = ".".join([*kept, *([node.module] if node.module else [])])
    return {each.asname or each.name: f"{base}.{each.name}" for each in node.names if each.name != "*"}


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module, those under ``if TYPE_CHECKING`` and ``try`` included."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _top_level([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from _top_level([*node.body, *(each for handler in node.handlers for each in handler.body), *node.orelse])  # fmt: skip
        else:
            yield node


def _members(node: ast.ClassDef) -> Iterator[str]:
    for each in _top_level(node.body):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield each.name
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            yield each.target.id
        elif isinstance(each, ast.Assign):
            yield from (target.id for target in each.targets if isinstance(target, ast.Name))
    for each in ast.walk(node):
        if (
            isinstance(each, ast.Attribute)
            and isinstance(each.ctx, ast.Store)
            and _dotted(each.value) == "self"
        ):
            yield each.attr


def _dotted(node: ast.expr) -> str:
    """``a.b`` as it is written, without subscripts."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return ast.unparse(node)


class Repository:
    """All modules of a repository, by name."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        self.modules = modules

    @classmethod
    def read(cls, root: Path) -> Repository:
        """Every Python file under ``root``, the folder in which its packages lie."""
        found: dict[str, ModuleFacts] = {}
        for path in sorted(root.rglob("*.py")):
            relative = path.relative_to(root)
            tree = parse(path.read_text(encoding="utf-8", errors="replace"))
            parts = relative.with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if tree is not None and name:
                found[name] = read_module(name, relative.as_posix(), tree)
        return cls(found)

    def find(self, dotted: str, depth: int = 0) -> Definition | None:
        """What ``package.module.name`` stands for, imports followed; None when it is not of this repository."""
        if dotted in self.modules:
            return Definition(dotted, "", "module")
        owner, _, name = dotted.rpartition(".")
        module = self.modules.get(owner)
        if module is None or depth > _DEEPEST:
            return None
        if name in module.defined:
            return Definition(owner, name, module.defined[name])
        target = module.imports.get(name)
        return self.find(target, depth + 1) if target else None

    def members(self, owner: Definition, depth: int = 0) -> tuple[frozenset[str], bool]:
        """The names that a module or a class has, and whether these are all of them."""
        module = self.modules[owner.module]
        if owner.kind == "module":
            inside = {
                name.rpartition(".")[2] for name in self.modules if name.rpartition(".")[0] == owner.module
            }
            return frozenset({*module.defined, *module.imports, *inside}), True
        facts = module.classes.get(owner.name)
        if facts is None or depth > _DEEPEST:
            return frozenset(), False
        names, closed = set(facts.members), True
        for base in facts.bases:
            found = self.find_in(module, base)
            if found is not None and found.kind == "class":
                more, all_of_them = self.members(found, depth + 1)
                names |= more
                closed = closed and all_of_them
            elif base not in _PLAIN_BASES:
                closed = False
        return frozenset(names), closed

    def find_in(self, module: ModuleFacts, written: str) -> Definition | None:
        """What a dotted name that is written in ``module`` stands for."""
        first, _, rest = written.partition(".")
        target = module.imports.get(first) or (f"{module.name}.{first}" if first in module.defined else "")
        return self.find(f"{target}.{rest}" if rest else target) if target else None
