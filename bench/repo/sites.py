"""Lines that call something which another file of the repository defines, as RepoEval and CrossCodeEval take them."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.repo.symbols import Definition, ModuleFacts, Repository, imports_of

_SHORTEST, _LONGEST = 10, 110  # characters of what is to be written
_PROSE = re.compile(r"""["'][^"']{24,}["']|\blog(ger|ging)?\b|\bprint\b""")  # nobody can guess a message
_FEWEST_LINES = 8  # above
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return)


@dataclass(frozen=True, slots=True)
class Site:
    """A line cut at a call: ``answer`` is the rest of the line, ``seen`` if the file calls the same name elsewhere.

    ``names`` may stand at the cursor, ``closed`` if no others may.
    """

    path: str
    line: int  # 1-based
    column: int
    receiver: str
    name: str
    symbol: str
    kind: str
    answer: str
    seen: bool
    names: frozenset[str]
    closed: bool


@dataclass
class _Types:
    """The classes of a function's variables, as far as annotations and constructor calls tell."""

    of: dict[str, Definition] = field(default_factory=dict)


def sites(repository: Repository, module: ModuleFacts, source: str, tree: ast.Module) -> Iterator[Site]:
    """Every site of one file."""
    lines = source.splitlines()
    reader = _Reader(repository, module, lines)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from reader.function(node, {})
        elif isinstance(node, ast.ClassDef):
            attributes = reader.attributes(node)
            for each in node.body:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from reader.function(each, attributes)


class _Reader:
    def __init__(self, repository: Repository, module: ModuleFacts, lines: list[str]) -> None:
        self.repository, self.module, self.lines = repository, module, lines

    def attributes(self, node: ast.ClassDef) -> dict[str, Definition]:
        """The classes of ``self.x``."""
        found: dict[str, Definition] = {}
        for each in node.body:
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                self._note(found, f"self.{each.target.id}", each.annotation)
            if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                types = self._parameters(each)
                for stmt in ast.walk(each):
                    self._learn(stmt, types)
                found.update({name: value for name, value in types.items() if name.startswith("self.")})
        return found

    def function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, attributes: Mapping[str, Definition]
    ) -> Iterator[Site]:
        types = {**attributes, **self._parameters(node)}
        local = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
        imported: dict[str, str] = {}
        package = (
            self.module.name
            if self.module.path.endswith("__init__.py")
            else self.module.name.rpartition(".")[0]
        )
        ordered = sorted(
            (each for each in ast.walk(node) if isinstance(each, ast.stmt)), key=lambda each: each.lineno
        )
        for stmt in ordered:
            if isinstance(stmt, _SIMPLE) and stmt.lineno == stmt.end_lineno:
                yield from self._in(stmt, types, local, imported)
            if isinstance(stmt, ast.Import | ast.ImportFrom):
                imported.update(imports_of(stmt, package))
            self._learn(stmt, types)
            local |= {each.id for each in ast.walk(stmt) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}  # fmt: skip

    def _in(self, stmt: ast.stmt, types: Mapping[str, Definition], local: set[str], imported: Mapping[str, str]) -> Iterator[Site]:  # fmt: skip
        calls = [each for each in ast.walk(stmt) if isinstance(each, ast.Call)]
        for call in sorted(calls, key=lambda each: each.col_offset):
            made = self._site(call, types, local, imported)
            if made is not None:
                yield made
                return  # one a line

    def _site(self, call: ast.Call, types: Mapping[str, Definition], local: set[str], imported: Mapping[str, str]) -> Site | None:  # fmt: skip
        func = call.func
        line = self.lines[call.lineno - 1]
        if call.lineno <= _FEWEST_LINES or not line.isascii():
            return None
        if isinstance(func, ast.Name):
            found = self._of(func.id, imported)
            if found is None or found.kind not in ("class", "function") or func.id in local:
                return None
            receiver, name, column = "", func.id, func.col_offset
            known = {*self.module.defined, *self.module.imports, *imported, *local, *dir(builtins)}
            names, closed, symbol, kind = frozenset(known), True, found, found.kind
        elif isinstance(func, ast.Attribute) and func.value.end_lineno == call.lineno:
            receiver, name = ast.unparse(func.value), func.attr
            if not re.fullmatch(r"[\w.]+", receiver):
                return None
            owner = types.get(receiver) or (
                None if receiver.partition(".")[0] in local else self._of(receiver, imported)
            )
            if owner is None or owner.kind not in ("module", "class") or owner.module == self.module.name:
                return None
            names, closed = self.repository.members(owner)
            if name not in names:
                return None
            column = (func.value.end_col_offset or 0) + 1
            symbol, kind = Definition(owner.module, f"{owner.name}.{name}".strip("."), "value"), "member" if owner.kind == "class" else "function"  # fmt: skip
        else:
            return None
        answer = line[column:].rstrip()
        if (
            symbol.module == self.module.name
            or not _SHORTEST <= len(answer) <= _LONGEST
            or _PROSE.search(line)
            or "#" in line
        ):
            return None
        others = [each for number, each in enumerate(self.lines, 1) if number != call.lineno]
        seen = re.search(rf"(?<!def )\b{re.escape(name)}\(", "\n".join(others)) is not None
        return Site(self.module.path, call.lineno, column, receiver, name, symbol.dotted, kind, answer, seen, names, closed)  # fmt: skip

    def _of(self, written: str, imported: Mapping[str, str]) -> Definition | None:
        """What an imported name stands for."""
        first, _, rest = written.partition(".")
        target = imported.get(first) or self.module.imports.get(first)
        return self.repository.find(f"{target}.{rest}" if rest else target) if target else None

    def _parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Definition]:
        found: dict[str, Definition] = {}
        for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            self._note(found, each.arg, each.annotation)
        return found

    def _learn(self, stmt: ast.AST, types: dict[str, Definition]) -> None:
        """What an assignment tells: ``x = Store()``, ``x: Store = ...``, ``self.x = x``."""
        if isinstance(stmt, ast.AnnAssign) and isinstance(stmt.target, ast.Name | ast.Attribute):
            self._note(types, ast.unparse(stmt.target), stmt.annotation)
        if (
            isinstance(stmt, ast.Assign)
            and len(stmt.targets) == 1
            and isinstance(stmt.targets[0], ast.Name | ast.Attribute)
        ):
            name, value = ast.unparse(stmt.targets[0]), stmt.value
            types.pop(name, None)
            if isinstance(value, ast.Name) and value.id in types:
                types[name] = types[value.id]
            elif isinstance(value, ast.Call):
                self._note(types, name, value.func)

    def _note(self, types: dict[str, Definition], name: str, annotation: ast.expr | None) -> None:
        found = self._class(annotation)
        if found is not None:
            types[name] = found

    def _class(self, annotation: ast.expr | None) -> Definition | None:
        """The class of an annotation: ``Store``, ``"Store"``, ``Store | None``."""
        if isinstance(annotation, ast.BinOp):
            sides = [each for each in (annotation.left, annotation.right) if ast.unparse(each) != "None"]
            return self._class(sides[0]) if len(sides) == 1 else None
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            written = annotation.value
        elif isinstance(annotation, ast.Name | ast.Attribute):
            written = ast.unparse(annotation)
        else:
            return None
        found = self.repository.find_in(self.module, written) if re.fullmatch(r"[\w.]+", written) else None
        return found if found is not None and found.kind == "class" else None
