"""The workspace's own files: what they define, cut into chunks, under the names other files import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from ..ignore import may_read, walk_files
from ..types import Symbol
from .base import FileFacts, OwnerFacts, Place
from .registry import file_sources


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
        """Every file that one of the sources may cut, in a stable order."""
        return walk_files(self.root, _is_handled)

    def may_read(self, path: Path) -> bool:
        """True when ``path`` is one of :meth:`files`."""
        return may_read(self.root, path, _is_handled)

    def cut(self, path: Path, text: str) -> FileFacts | None:
        """The facts in ``text``, which is (or will be) the contents of ``path``; None when no source wants it."""
        relative = path.relative_to(self.root)
        module = module_of(self.root, path) if path.suffix in {".py", ".pyi"} else Module("", False)
        place = Place(relative.as_posix(), path.as_uri(), self.name, module.name, module.is_package)
        for source in file_sources():
            facts = source.cut(text, place) if source.handles(relative) else None
            if facts is not None:
                return facts
        return None


def _is_handled(path: PurePath) -> bool:
    return any(source.handles(path) for source in file_sources())


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
