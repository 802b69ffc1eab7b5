"""The workspace's own files: what they define, cut into chunks, under the names other files import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..chunking import FileFacts, cut_python
from ..ignore import may_read, read_text, walk_files
from ..types import Symbol
from .base import OwnerFacts


@dataclass(frozen=True, slots=True)
class Module:
    """The dotted name of a file, and whether it is a package's ``__init__``."""

    name: str
    is_package: bool


class Workspace:
    """The files under ``root`` that may be indexed."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @property
    def name(self) -> str:
        """The folder's name, which stands where other symbols have their package."""
        return self.root.name or "workspace"

    def files(self) -> Iterator[Path]:
        """Every indexable file, in a stable order."""
        return walk_files(self.root)

    def may_read(self, path: Path) -> bool:
        """True when ``path`` is one of :meth:`files`."""
        return may_read(self.root, path)

    def read(self, path: Path) -> tuple[str, FileFacts] | None:
        """The text of a file and the facts in it; None when it cannot be indexed."""
        text = read_text(path)
        if text is None:
            return None
        return text, self.cut(path, text)

    def cut(self, path: Path, text: str) -> FileFacts:
        """The facts in ``text``, which is (or will be) the contents of ``path``."""
        module = module_of(self.root, path)
        relative = path.relative_to(self.root).as_posix()
        return cut_python(text, relative, path.as_uri(), module.name, self.name, module.is_package)


def module_of(root: Path, path: Path) -> Module:
    """The name by which other files import ``path``.

    A regular package reaches up as far as there are ``__init__`` files. Above it, folders are namespace packages as
    seen from the workspace's root, or from a ``src`` (or ``lib``) folder, which is on the path in such layouts.
    """
    relative = path.relative_to(root)
    parts = list(relative.parts[:-1])
    is_package = path.stem == "__init__"
    start = 0
    for position, part in enumerate(parts):
        folder = root.joinpath(*parts[: position + 1])
        if part in {"src", "lib"} and not (folder / "__init__.py").exists():
            start = position + 1
    # "index/soothsay_index/x.py": a project in a subfolder. Its own pyproject.toml would say so as well.
    for position in range(start, len(parts)):
        folder = root.joinpath(*parts[: position + 1])
        if (folder / "pyproject.toml").exists() or (folder / "setup.py").exists():
            start = position + 1
    names = parts[start:]
    if not is_package:
        names.append(path.stem)
    return Module(".".join(names), is_package)


def module_tree(
    modules: Iterable[tuple[str, str, int]], package: str
) -> tuple[list[Symbol], list[OwnerFacts]]:
    """Submodules are members of their packages: ``billing`` has ``ledger``. Takes (module, uri, is_package)."""
    listed = {name: (uri, is_package) for name, uri, is_package in modules if name}
    symbols: list[Symbol] = []
    folders: set[str] = set()
    for name in sorted(listed):
        parts = name.split(".")
        for depth in range(1, len(parts)):
            folder = ".".join(parts[:depth])
            if folder not in listed:
                folders.add(folder)
    for name in sorted({*listed, *folders}):
        owner, _, last = name.rpartition(".")
        if not owner:
            continue
        uri = listed[name][0] if name in listed else ""
        symbols.append(
            Symbol(
                qualified_name=name,
                name=last,
                owner=owner,
                kind="module",
                origin="workspace",
                package=package,
                version="",
                uri=uri,
            )
        )
    # A namespace package can be continued elsewhere, so it is never closed.
    return symbols, [OwnerFacts(folder) for folder in sorted(folders)]
