"""The workspace's own files: what they define, cut into chunks, under the names other files import."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from soothsay_index.runtime.programs import PROGRAMS
from soothsay_index.sources.base import PROGRAM_MARK, FileFacts, IndexedFile, OwnerFacts
from soothsay_index.sources.ignore import Folder, is_secret, is_utf8, look_into, may_read, printable, walk
from soothsay_index.sources.masking import without_secrets, without_written_secrets
from soothsay_index.sources.registry import file_sources
from soothsay_index.sources.texts import read_file_within
from soothsay_index.types import Symbol
from soothsay_languages.base import Language, SharedKind
from soothsay_languages.commands import programs_in
from soothsay_languages.registry import language_of_file
from soothsay_languages.scopes import ModuleName
from soothsay_languages.shared_names import owner_of_shared, shared_names, shares_names

_PLAIN_PATH = re.compile(r"[\w.@+-]+(?:/[\w.@+-]+)*")

_MOST_SIBLINGS = 200  # files beside one that belongs to no project


class Workspace:
    """The files under ``root`` that may be indexed, and those of ``docs``, folders of documentation elsewhere.

    Without ``subfolders`` only files in ``root`` itself belong to it, up to a number of them: those of this user that are
    not hidden. Such a folder may be the home folder, or one that everybody writes to.
    """

    def __init__(self, root: Path, docs: Sequence[Path] = (), *, subfolders: bool = True) -> None:
        self.root = root.resolve()
        self.docs = tuple(docs)
        self.subfolders = subfolders

    @property
    def name(self) -> str:
        """The folder's name, which stands where other symbols have their package."""
        return printable(self.root.name) or "workspace"

    def folders(self) -> Iterator[Folder]:
        """Yield every folder with the files that one of the sources may cut, in a stable order."""
        if self.subfolders:
            yield from walk(self.root, _is_handled)
        else:
            found = look_into(self.root, _is_handled, _MOST_SIBLINGS)
            yield replace(found, files=tuple(filter(_is_sibling, found.files)))
        for folder in self.docs:
            yield from walk(folder, _is_prose)

    def may_read(self, path: Path) -> bool:
        """Return whether ``path`` is one of the files of :meth:`folders`."""
        if path.is_relative_to(self.root):
            if not self.subfolders and (path.parent != self.root or not _is_sibling(path)):
                return False
            return may_read(self.root, path, _is_handled)
        return any(may_read(folder, path, _is_prose) for folder in self.docs)

    def read(self, path: Path) -> str | None:
        """Return the text of ``path``, None if it is not one of the files of :meth:`folders`. Raises `UnreadableError`."""
        if not self.may_read(path):
            return None
        root = next(each for each in (self.root, *self.docs) if path.is_relative_to(each))
        return read_file_within(root, path)

    def may_show(self, path: Path) -> bool:
        """Like :meth:`may_read`, for a document that may not be saved yet."""
        return self.may_read(path) or (not path.exists() and _is_handled(path) and not is_secret(path.name))

    def name_of(self, path: Path) -> str | None:
        """Return what ``path`` is called in the index: relative to the root, absolute in :attr:`docs`.

        None for what lies elsewhere, and for names that are not UTF-8.
        """
        absolute = path if path.is_absolute() else self.root / path
        name = self._name_in(absolute)
        if name is None:
            with contextlib.suppress(OSError, RuntimeError):  # links in a circle
                name = self._name_in(absolute.resolve())
        return name if name is not None and is_utf8(name) else None

    def _name_in(self, path: Path) -> str | None:
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        return path.as_posix() if any(path.is_relative_to(folder) for folder in self.docs) else None

    def path_of(self, name: str) -> Path:
        """Return the file that :meth:`name_of` named."""
        return self.root / name

    def place(self, name: str) -> IndexedFile:
        """Return where the file ``name`` is."""
        path = self.path_of(name)
        inside = not Path(name).is_absolute()
        language = language_of_file(path) if inside else None
        module = ModuleName() if language is None else language.module_name(self.root, path)
        return IndexedFile(name, path.as_uri(), self.name, module.name, module.is_package)

    def cut(self, place: IndexedFile, text: str) -> FileFacts | None:
        """Return the facts in ``text``, which is (or will be) the contents of ``place``; None when no source wants it.

        No source sees passwords, tokens or keys.
        """
        name = PurePath(place.path)
        language = language_of_file(name)
        masked = (
            without_secrets
            if language is not None and language.content == "code"
            else without_written_secrets
        )
        text = masked(text)
        cut = (source.cut(text, place) for source in file_sources() if source.handles(name))
        facts = next((each for each in cut if each is not None), None)
        shared = tuple(_shared(name, text, place, self.name))
        called = _programs(language, text)
        if facts is None and not shared and not called:
            return None
        facts = facts or FileFacts()
        imports = replace(facts.imports, modules=(*facts.imports.modules, *called))
        return replace(facts, symbols=(*facts.symbols, *shared, *_path(place, self.name)), imports=imports)


def _shared(name: PurePath, text: str, place: IndexedFile, package: str) -> Iterator[Symbol]:
    """Yield the names that a file defines for files of other languages, as members of their kind.

    No code can name such a symbol: there is a blank in its name.
    """
    for kind, written, line in shared_names(name, text):
        yield _as_symbol(kind, written, line, place, package)


def _path(place: IndexedFile, package: str) -> Iterator[Symbol]:
    """Yield the path of a file as a name of its own, if it is relative, and a word where it is written."""
    if _PLAIN_PATH.fullmatch(place.path):
        yield _as_symbol("file", place.path, 1, place, package)


def _programs(language: Language | None, text: str) -> tuple[str, ...]:
    """Return the programs of the allow-list that commands in ``text`` call, as a file's modules."""
    if language is None or language.shell_parts is None:
        return ()
    called = programs_in(language.shell_parts(text))
    return tuple(f"{PROGRAM_MARK}{name}" for name in called if name in PROGRAMS)


def _as_symbol(kind: SharedKind, written: str, line: int, place: IndexedFile, package: str) -> Symbol:
    called, owner = f"{kind} {written}", owner_of_shared(kind)
    return Symbol(
        called, called, owner, "attribute", "workspace", package, "", place.uri, line, summary=place.path
    )


def _is_sibling(path: Path) -> bool:
    """Return whether a file is this user's, and not hidden."""
    try:
        is_own = not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()
    except OSError:
        return False
    return is_own and not path.name.startswith(".")


def _is_handled(path: PurePath) -> bool:
    return any(source.handles(path) for source in file_sources()) or shares_names(path)


def _is_prose(path: PurePath) -> bool:
    """Return whether ``path`` counts in a folder of documentation: all but code, which cannot be imported there."""
    language = language_of_file(path)
    return (language is None or language.modules is None) and _is_handled(path)


def module_tree(
    modules: Iterable[tuple[str, str, int]], package: str
) -> tuple[list[Symbol], list[OwnerFacts]]:
    """Return submodules as members of their packages (``billing`` has ``ledger``), from (module, uri, is_package)."""
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
