"""Editable installs: distributions whose code lies where it is written, and folders that ``.pth`` files add.

Only plain paths are read: lines of ``.pth`` files that are no code, the mapping in the module that setuptools writes for
an editable install, and the address in ``direct_url.json``.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from soothsay_languages.python.environment.layout import is_local, listed, path_lines

_MOST_NAMES = 200
_LARGEST_FINDER = 1_000_000  # bytes
# Folders and modules beside a project's packages that are not imported from elsewhere.
_NOT_INSTALLED = frozenset(
    {"test", "tests", "doc", "docs", "example", "examples", "bench", "benchmarks", "build"}
)
_NOT_INSTALLED_MODULES = frozenset({"setup", "conftest", "noxfile", "tasks", "fabfile", "manage"})


def editable_names(distribution: Distribution, site: Path) -> dict[str, Path]:
    """Return the import names of a distribution in ``site`` that is installed editable, and the folder that has each."""
    found: dict[str, Path] = {}
    for file in distribution.files or ():
        if len(file.parts) != 1 or not _is_plain(site / file.name):
            continue
        if file.name.startswith("__editable__") and file.suffix == ".py":
            found |= _mapped(site / file.name)
        elif file.suffix == ".pth":
            for folder in path_lines(site / file.name):
                found |= dict.fromkeys(_importable(folder), folder)
    if not found:
        for folder in _project_folders(distribution):
            found |= {name: folder for name in _importable(folder) if name not in found}
    listed_names = distribution.read_text("top_level.txt")
    wanted = set(listed_names.split()) if listed_names else set(found)
    return {name: folder for name, folder in found.items() if name in wanted}


def added_folders(site: Path) -> Iterator[Path]:
    """Yield the folders that the ``.pth`` files in ``site`` add, beside other folders of installed packages."""
    for file in listed(site):
        if file.suffix == ".pth":
            yield from path_lines(file)


def names_in(folder: Path) -> list[str]:
    """Return the import names of packages and modules in ``folder``, without those that are not imported from elsewhere."""
    return _importable(folder)


def _importable(folder: Path) -> list[str]:
    packages = [path.name for path in listed(folder) if (path / "__init__.py").is_file()]
    modules = [path.stem for path in listed(folder) if path.suffix == ".py" and path.is_file()]
    names = [name for name in packages if name not in _NOT_INSTALLED]
    names += [name for name in modules if name not in _NOT_INSTALLED_MODULES]
    found = [name for name in dict.fromkeys(names) if name.isidentifier()]
    return (
        found if len(found) <= _MOST_NAMES else []
    )  # no folder of code, but one of a person's or of a system


def _is_plain(file: Path) -> bool:
    try:
        return file.is_file() and file.stat().st_size <= _LARGEST_FINDER
    except OSError:
        return False


def _mapped(finder: Path) -> dict[str, Path]:
    """Return ``MAPPING`` of the module ``finder``, which is a literal; nothing where it is not."""
    try:
        tree = ast.parse(finder.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return {}
    for node in tree.body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        if isinstance(target, ast.Name) and target.id == "MAPPING":
            return _paths(node.value)  # type: ignore[union-attr]
    return {}


def _paths(value: ast.expr | None) -> dict[str, Path]:
    """Return the folders that have the top-level names of a mapping of names to packages or modules."""
    try:
        mapping = ast.literal_eval(value) if value is not None else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return {}
    if not isinstance(mapping, Mapping):
        return {}
    return {
        name: Path(path).parent
        for name, path in mapping.items()
        if isinstance(name, str) and name.isidentifier() and isinstance(path, str) and is_local(path)
        # another layout than a folder of packages cannot be searched
        if Path(path).name.partition(".")[0] == name
    }


def _project_folders(distribution: Distribution) -> Iterator[Path]:
    """Yield the folders of packages of the project that ``direct_url.json`` says a distribution was installed from."""
    try:
        facts = json.loads(distribution.read_text("direct_url.json") or "{}")
        editable = facts["dir_info"]["editable"]
        parts = urlsplit(facts["url"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    if editable is not True or parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        return
    project = Path(url2pathname(unquote(parts.path)))
    if is_local(str(project)):
        yield from (folder for folder in (project / "src", project) if folder.is_dir())
