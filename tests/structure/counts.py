"""Count what the structure of the source is judged by: ``python -m tests.structure.counts [ROOT]``.

ROOT is a checkout, by default this one; an older one may be given, to compare with.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PACKAGES = ("soothsay_common", "soothsay_languages", "soothsay_index", "soothsay")
FOLDERS = ("common", "languages", "index", "server")  # where the packages lie
# A package imports only those before it. A language's folder may use the index's types; nothing imports a folder.
LAYERS = {name: frozenset(PACKAGES[:number]) for number, name in enumerate(PACKAGES)}
# The rooms of the index and of the server, lowest first.
ROOMS = {
    "soothsay_index": (
        "", "runtime", "embedding", "sources", "store", "shared", "build", "search", "worker"
    ),
    "soothsay": ("", "oracle", "model", "engine", "feedback", "align", "backend", "doctor", "frontend", "cli"),
}  # fmt: skip

_LANGUAGES = Path(__file__).parents[2] / "languages" / "soothsay_languages"
_PYTHON_MODULES = frozenset({"tree_sitter_python", "keyword", "builtins", "griffe"})
_PYTHON_TEXT = re.compile(
    r"\.pyi?\b|\bpyproject\.toml|site-packages|__init__\b|\bpyvenv\.cfg|(?<!-)\bself\b|^(def|async def|elif) ?$|^(class|import|from) $"
)
_PYTHON_NAME = re.compile(r"python|pyright|botocore|boto3|azure", re.IGNORECASE)
_SCRIPT_TEXT = re.compile(r"\.[cm]?[jt]sx?\b|\bpackage\.json|\b[jt]sconfig|node_modules|\.d\.ts")
_SCRIPT_NAME = re.compile(r"typescript|javascript|tsserver|node_modules", re.IGNORECASE)
_OWN_RUNTIME = re.compile(r"python_(command|executable)|sys\.executable|PYTHON(UNBUFFERED|UTF8)")


@dataclass(frozen=True, slots=True)
class Module:
    """One source file: its dotted name, where it is, and its syntax tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module


def modules(root: Path) -> list[Module]:
    """Return all modules of the packages in the checkout ``root``."""
    found: list[Module] = []
    for folder, package in zip(FOLDERS, PACKAGES, strict=True):
        for path in sorted((root / folder / package).rglob("*.py")):
            parts = list(path.relative_to(root / folder).with_suffix("").parts)
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text(encoding="utf-8")
            found.append(Module(name, path.relative_to(root), text, ast.parse(text)))
    return found


def imported(module: Module, known: frozenset[str]) -> set[str]:
    """Return the modules among ``known`` that ``module`` imports, at whatever depth of its code."""
    is_package = module.path.name == "__init__.py"
    package = module.name if is_package else module.name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in known}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            for alias in node.names:
                target = f"{base}.{alias.name}"
                if target in known:
                    found.add(target)
                elif base in known:
                    found.add(base)
    return found - {module.name}


def wrong_arrows(found: list[Module]) -> list[str]:
    """Return the imports that point upwards, ``importer -> imported``."""
    known = frozenset(module.name for module in found)
    return sorted(
        f"{module.name} -> {target}"
        for module in found
        for target in imported(module, known)
        if not _may_import(module.name, target)
    )


def _may_import(importer: str, target: str) -> bool:
    one, other = importer.split(".")[0], target.split(".")[0]
    language = _language_folder(target)
    if language and _language_folder(importer) != language:
        return False
    if one == other:
        rooms = ROOMS.get(one)
        if rooms is None:
            return True
        here, there = _room(importer, rooms), _room(target, rooms)
        return here is None or (there is not None and there <= here)
    if _language_folder(importer) and other == "soothsay_index":
        return True
    return other in LAYERS[one]


def _language_folder(name: str) -> str:
    """Return the language whose folder the module is in, "" for none."""
    package, _, rest = name.partition(".")
    first = rest.partition(".")[0]
    return first if first and package == "soothsay_languages" and (_LANGUAGES / first).is_dir() else ""


def _room(name: str, rooms: tuple[str, ...]) -> int | None:
    """Return the number of the module's room; None for a module above all rooms, as the entry points are."""
    parts = name.split(".")
    if len(parts) > 1 and parts[1] in rooms:
        return rooms.index(parts[1])
    return 0 if len(parts) == 1 or parts[1] in _LOW else None


# modules at the root of a package that every room may import; others there may import every room
_LOW = frozenset({"errors", "config", "paths", "types", "text", "codec", "progress", "pipes"})


def python_places(found: list[Module]) -> list[str]:
    """Return the lines outside of languages' folders that know Python's syntax, files or packages."""
    places: list[str] = []
    for module in found:
        if _language_folder(module.name):  # `self` is a word of Rust as well
            continue
        places += [f"{module.path}:{line}: {what}" for line, what in _python_in(module)]
    return places


def script_places(found: list[Module]) -> list[str]:
    """Return the lines outside of languages' folders that know the syntax, files or packages of TypeScript and JavaScript."""
    return [
        f"{module.path}:{line}: {what}"
        for module in found
        if not _language_folder(module.name)
        for line, what in _scripts_in(module)
    ]


def _scripts_in(module: Module) -> Iterator[tuple[int, str]]:
    documentation = _docstrings(module.tree)
    for node in ast.walk(module.tree):
        text = isinstance(node, ast.Constant) and id(node) not in documentation and node.value
        if isinstance(node, ast.Constant) and isinstance(text, str) and _SCRIPT_TEXT.search(text):
            yield node.lineno, repr(text)[:60]
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.NAME and _SCRIPT_NAME.search(token.string):
            yield token.start[0], token.string


def _python_in(module: Module) -> Iterator[tuple[int, str]]:
    documentation = _docstrings(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            if any(name.split(".")[0] in _PYTHON_MODULES for name in names):
                yield node.lineno, "import of what reads Python"
        elif isinstance(node, ast.Constant) and id(node) not in documentation and _is_of_python(node.value):
            yield node.lineno, repr(node.value)[:60]
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        named = token.type == tokenize.NAME and _PYTHON_NAME.search(token.string)
        if named and not _OWN_RUNTIME.search(token.line):
            yield token.start[0], token.string


def _is_of_python(value: object) -> bool:
    return isinstance(value, str) and (value in _node_types() or _PYTHON_TEXT.search(value) is not None)


def _docstrings(tree: ast.Module) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
    return found


@lru_cache(maxsize=1)
def _node_types() -> frozenset[str]:
    """Return the names of Python's syntax nodes that are made of several words: others are words of any language."""
    import tree_sitter
    import tree_sitter_python

    grammar = tree_sitter.Language(tree_sitter_python.language())
    kinds = (grammar.node_kind_for_id(number) or "" for number in range(grammar.node_kind_count))
    return frozenset(kind for kind in kinds if "_" in kind and not kind.startswith("_"))


def shared_names(source: Sequence[Module]) -> dict[str, list[str]]:
    """Return the names of public classes that stand in several modules, with those modules."""
    found: dict[str, list[str]] = {}
    for module in source:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(module.name)
    return {name: where for name, where in found.items() if len(where) > 1}


def undocumented(found: list[Module]) -> list[str]:
    """Return the public modules, classes and functions without a docstring; methods of protocols count as well."""
    names: list[str] = []
    for module in found:
        if ast.get_docstring(module.tree) is None:
            names.append(module.name)
        names += [f"{module.name}.{name}" for name in _undocumented(module.tree.body, "")]
    return names


def _undocumented(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_") or _overloads(node):
            continue
        if ast.get_docstring(node) is None:
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node.body, f"{prefix}{node.name}.")


def _overloads(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(
        "overload" in ast.unparse(each) or ".setter" in ast.unparse(each) for each in node.decorator_list
    )


def longest(found: list[Module], kinds: tuple[type[ast.AST], ...]) -> tuple[int, str]:
    """Return the most lines that a node of these kinds has, and its name."""
    sizes = [
        (node.end_lineno - node.lineno + 1, f"{module.name}.{node.name}")
        for module in found
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and isinstance(node, kinds)
        and node.end_lineno
    ]
    return max(sizes)


def report(root: Path) -> str:
    """Return the counts of a checkout, a line each."""
    found = modules(root)
    folders = Counter(str(module.path.parent) for module in found)
    fullest, most = folders.most_common(1)[0]
    function = longest(found, (ast.FunctionDef, ast.AsyncFunctionDef))
    a_class = longest(found, (ast.ClassDef,))
    places = python_places(found)
    by_room = Counter("/".join(place.split(":")[0].split("/")[1:3]) for place in places)
    lines = [
        f"modules: {len(found)}, lines: {sum(module.text.count(chr(10)) for module in found)}",
        f"most modules in a folder: {most} ({fullest})",
        f"imports against the layers: {len(wrong_arrows(found))}",
        f"longest function: {function[0]} lines ({function[1]})",
        f"longest class: {a_class[0]} lines ({a_class[1]})",
        f"public names without a docstring: {len(undocumented(found))}",
        f"places that know Python outside of languages' folders: {len(places)}",
        *(f"    {room}: {count}" for room, count in by_room.most_common()),
        f"places that know TypeScript outside of languages' folders: {len(script_places(found))}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    if sys.argv[2:] == ["--places"]:
        print("\n".join([*python_places(modules(ROOT)), *script_places(modules(ROOT))]))
    elif sys.argv[2:] == ["--undocumented"]:
        print("\n".join(undocumented(modules(ROOT))))
    elif sys.argv[2:] == ["--arrows"]:
        print("\n".join(wrong_arrows(modules(ROOT))))
    else:
        print(report(ROOT))
