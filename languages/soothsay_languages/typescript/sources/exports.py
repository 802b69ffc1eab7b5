"""The files of declarations that one import reaches, and the names that it gives."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from soothsay_index.sources.texts import read_text
from soothsay_languages.typescript.environment.entry_points import beside
from soothsay_languages.typescript.sources.declarations import (
    Declared,
    ModuleDeclarations,
    Reference,
    read_declarations,
)

FindModule = Callable[[str], Path | None]
"""Return the file that declares a module of another package; None where that is not read."""

ASSIGNED = "="
"""What stands for the name of what ``export =`` gives."""

_MOST_FILES = 1_500
_MOST_BYTES = 3_000_000  # of one file
_MOST_NESTED = 12  # re-exports of re-exports
_REFERENCE = re.compile(r"^///\s*<reference\s+path=[\"']([^\"']+)[\"']", re.MULTILINE)

Found = tuple[Path, tuple[Declared, ...]]
"""A file, and what it declares under one name: the overloads of a function, the parts of an interface."""


class DeclarationFiles:
    """The files of one package, each read when it is first asked for, up to a number of them."""

    def __init__(
        self,
        root: Path,
        find_module: FindModule,
        find_beside: Callable[[Path], Path | None] = beside,
        read: Callable[[Path, int], str | None] = read_text,
    ) -> None:
        """``root`` is the folder of the package, or of the workspace: nothing is read elsewhere but what ``find_module`` finds.

        ``find_beside`` returns the file that a module at a path is, ``read`` the text of a file of at most so many bytes.
        """
        self._root = root.resolve()
        self._find_module = find_module
        self._find_beside = find_beside
        self._read_text = read
        self._read: dict[Path, ModuleDeclarations] = {}
        self._references: dict[Path, tuple[str, ...]] = {}

    def put(self, path: Path, text: str) -> None:
        """Let ``text`` be the contents of ``path``."""
        self._references[path] = tuple(f"./{each.removeprefix('./')}" for each in _REFERENCE.findall(text))
        self._read[path] = read_declarations(text, path.suffix)

    def of(self, path: Path) -> ModuleDeclarations:
        """Return what ``path`` declares; nothing for what cannot be read, or once too much has been."""
        if path not in self._read:
            text = self._read_text(path, _MOST_BYTES) if len(self._read) < _MOST_FILES else None
            self.put(path, text or "")
        return self._read[path]

    def resolve(self, path: Path, module: str) -> Path | None:
        """Return the file of declarations that ``path`` means by ``module``."""
        if not module.startswith("."):
            return self._find_module(module) if module else None
        found = self._find_beside(Path(os.path.normpath(path.parent / module)))
        return found if found is not None and found.resolve().is_relative_to(self._root) else None

    def reached(self, entry: Path) -> Iterator[Path]:
        """Yield ``entry`` and the files that it imports, exports or refers to, the nearest first."""
        found, todo = {entry: None}, [entry]
        while todo:
            path = todo.pop(0)
            yield path
            declared = self.of(path)
            modules = [
                *declared.stars,
                *(each.module for each in declared.exported.values() if isinstance(each, Reference)),
                *(each.module for each in declared.imported.values()),
                *self._references[path],
            ]
            for module in dict.fromkeys(modules):
                other = self.resolve(path, module)
                if other is not None and other not in found:
                    found[other] = None
                    todo.append(other)

    def adding_to(self, entry: Path, modules: Iterable[str]) -> list[Path]:
        """Return the files that ``entry`` refers to and that declare one of ``modules`` by name."""
        self.of(entry)
        found = [file for each in self._references[entry] if (file := self.resolve(entry, each)) is not None]
        marks = [f'declare module "{each}"' for each in modules]
        texts = ((file, self._read_text(file, _MOST_BYTES) or "") for file in found)
        return [file for file, text in texts if any(mark in text for mark in marks)]

    def exports(self, path: Path, module: str = "", nested: int = 0) -> Mapping[str, Found | Path]:
        """Return what ``path`` exports by name: declarations, or a file where it is a module as a whole.

        ``module`` is one that the file declares by name, "" for the file itself.
        """
        declared = self.of(path)
        if module:
            declared = declared.modules.get(module, ModuleDeclarations())
        found: dict[str, Found | Path] = {}
        if nested > _MOST_NESTED:
            return found
        if declared.exports_all:
            found.update({name: (path, tuple(each)) for name, each in declared.declared.items()})
        if declared.assigned:
            found.update(self._assigned(path, declared))
        for name, what in declared.exported.items():
            one = self._local(path, declared, what, nested) if isinstance(what, str) else None
            if isinstance(what, Reference):
                one = self._foreign(path, what, nested)
            if one is not None:
                found.setdefault(name, one)
        for star in declared.stars:
            other = self.resolve(path, star)
            for name, one in (self.exports(other, "", nested + 1) if other is not None else {}).items():
                if name != "default":
                    found.setdefault(name, one)
        return found

    def _assigned(self, path: Path, declared: ModuleDeclarations) -> Iterator[tuple[str, Found]]:
        """Yield what ``export =`` gives: the thing itself, and what its namespace declares."""
        parts = declared.named(declared.assigned)
        things = tuple(each for each in parts if each.kind != "module")
        if things:
            yield ASSIGNED, (path, things)
        for each in (member for part in parts if part.kind == "module" for member in part.members):
            yield each.name, (path, (each,))

    def _local(self, path: Path, declared: ModuleDeclarations, name: str, nested: int) -> Found | Path | None:
        imported = declared.imported.get(name)
        if name not in declared.declared and imported is not None:
            return self._foreign(path, imported, nested)
        parts = declared.named(name)
        return (path, parts) if parts else None

    def _foreign(self, path: Path, what: Reference, nested: int) -> Found | Path | None:
        other = self.resolve(path, what.module)
        if other is None:
            return None
        return other if what.name == "*" else self.exports(other, "", nested + 1).get(what.name)
