"""Packages as griffe reads them from their sources and stubs: never imported, never run, and no more than is needed.

Public modules are read nearest to the root first, each followed at once by what its public names lead to. So private
modules are read only where a public one re-exports from them or inherits, which leaves out half of torch.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import griffe

from soothsay_languages.python.sources.notes import (
    Notes,
    exported_lists,
    has_open_exports,
    is_exported,
    module_at,
    open_exports,
    path_of,
)

# Folders that are in the wheel but not in the interface.
NOT_PUBLIC = frozenset({"tests", "test", "testing_utils", "conftest", "benchmarks", "_vendor", "vendored"})


_DEEPEST = 12  # dots in a name: a module that imports from itself leads to ever longer ones


@dataclass(frozen=True, slots=True)
class LoadingLimits:
    """How much of one package is read; what is nearest to its root comes first.

    A megabyte of source costs about half a second and 10 MB of memory, and a little more of each for its rows.
    """

    source: int = 60_000_000  # bytes: all of torch's interface is 16 MB, of transformers' 37 MB
    file: int = 3_000_000  # bytes: larger ones are tables of data, and griffe cannot be stopped within one
    seconds: float = 40.0  # of the thread's processor time


DEFAULT_LIMITS = LoadingLimits()


@dataclass(frozen=True, slots=True)
class LoadedPackage:
    """A loaded package, what was noted of it, and the packages whose names it may re-export.

    ``left_out`` are the names of modules that were not read, by the path of the package they are in.
    """

    package: griffe.Module
    notes: Notes
    family: tuple[str, ...]
    left_out: Mapping[str, Collection[str]] = field(default_factory=dict)


def load_package(
    part: str,
    search_paths: Sequence[Path],
    with_stubs: bool,
    siblings: Collection[str],
    limits: LoadingLimits = DEFAULT_LIMITS,
) -> LoadedPackage | None:
    """Load the package ``part``; None when that is no module. May raise what griffe raises on broken packages."""
    logging.getLogger("griffe").setLevel(logging.CRITICAL)  # it reports every oddity of other people's code
    loader = _Loader(search_paths, part, Notes(), limits)
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
    if loader.budget.exhausted:
        logging.getLogger(__name__).info("%s is too large to be read in full", part)
    return LoadedPackage(package, loader.notes, tuple(family), loader.left_out)


class _Budget:
    """What is left of the limits of one package."""

    def __init__(self, limits: LoadingLimits) -> None:
        self._limits = limits
        self._source = limits.source
        self._deadline = time.thread_time() + limits.seconds
        self.exhausted = False

    def takes(self, path: Path) -> bool:
        """Return whether there is still room for the file at ``path``, which then is taken."""
        try:
            size = path.stat().st_size
        except OSError:
            return False
        if size > self._limits.file:
            return False
        if size > self._source or time.thread_time() > self._deadline:
            self.exhausted = True
            return False
        self._source -= size
        return True


class _Loader(griffe.GriffeLoader):
    """A griffe loader that reads the modules below a package in the order, and to the extent, they are needed."""

    def __init__(self, search_paths: Sequence[Path], part: str, notes: Notes, limits: LoadingLimits) -> None:
        paths = [str(path) for path in search_paths]
        super().__init__(
            search_paths=paths,
            allow_inspection=False,
            extensions=griffe.Extensions(notes),
            store_source=False,
        )
        self.finder = _Finder(paths, part)
        self.notes = notes
        self.budget = _Budget(limits)
        self.left_out: dict[str, set[str]] = defaultdict(set)

    def _load_submodules(self, module: griffe.Module) -> None:
        tree = _Tree(module, self.finder.submodules(module), self)
        tree.load()
        for parts in tree.left_out():
            self.left_out[".".join((module.path, *parts[:-1]))].add(parts[-1])

    def expand_exports(self, module: griffe.Module, seen: set[str] | None = None) -> None:
        """As griffe does, and below modules without an ``__all__`` as well, and minding lists that are computed."""
        seen = seen or set()
        seen.add(module.path)
        lists = [module_at(module, path) for path in exported_lists(module)]
        for other in lists:
            if other is not None and other.path not in seen:
                self.expand_exports(other, seen)
        if module.exports is not None and any(other and has_open_exports(other) for other in lists):
            open_exports(module)
        super().expand_exports(module, seen)
        if module.exports is None:
            for below in module.modules.values():
                if not below.is_alias and below.path not in seen:
                    self.expand_exports(below, seen)

    def load_file(self, root: griffe.Module, parts: tuple[str, ...], path: Path) -> None:
        """Load the module ``parts`` below ``root`` from the file at ``path``; its parents are loaded."""
        if path.suffix in {".py", ".pyi"} and self.budget.takes(path):
            try:
                self._load_submodule(root, parts, path)
            except (griffe.GriffeError, RecursionError):
                logging.getLogger(__name__).debug("skipped %s", path, exc_info=True)


class _Tree:
    """The modules below one package: those that are read already, and the files of the others."""

    def __init__(
        self, root: griffe.Module, files: Sequence[tuple[tuple[str, ...], Path]], loader: _Loader
    ) -> None:
        self._root = root
        self._loader = loader
        self._files: dict[tuple[str, ...], list[Path]] = {}
        for parts, path in sorted(files, key=lambda file: (len(file[0]), file[0])):
            self._files.setdefault(parts, []).append(path)
        self._tried: set[tuple[str, ...]] = set()
        self._wanted: deque[str] = deque()  # dotted paths that lead to what a public name means
        self._followed: set[str] = set()

    def load(self) -> None:
        """Read the public modules, nearest first, and whatever their public names lead to."""
        self._enter(self._root, ())
        self._want(_offered(self._root))
        self._follow_all()
        private_half = self._root.name.startswith("_")  # _pytest: what pytest needs of it is not known here
        for parts in self._files:
            if private_half or not any(part.startswith("_") for part in parts):
                module = self._reach(parts)
                if module is not None:
                    self._want(_offered(module))
                    self._follow_all()

    def left_out(self) -> Iterator[tuple[str, ...]]:
        """Return the modules that there are files for, but that were not read."""
        return (parts for parts in self._files if self._member(parts) is None)

    def _want(self, paths: Iterator[str]) -> None:
        self._wanted.extend(path for path in paths if path not in self._followed)

    def _follow_all(self) -> None:
        while self._wanted:
            path = self._wanted.popleft()
            if path not in self._followed:
                self._followed.add(path)
                self._follow(path)

    def _follow(self, path: str) -> None:
        """Read the modules that ``path`` leads through, and want what the object there leads to in its turn."""
        root = self._root.path
        if not path.startswith(f"{root}.") or path.count(".") > _DEEPEST:
            return
        parts = tuple(path.removeprefix(f"{root}.").split("."))
        end = next((n for n in range(len(parts), 0, -1) if parts[:n] in self._files), 0)
        module = self._reach(parts[:end])
        if module is None or end == len(parts):
            return
        if parts[end] == "*":
            self._want(_offered(module, imported=True))
            return
        member = module.members.get(parts[end])
        if isinstance(member, griffe.Alias):
            self._want(iter([".".join((member.target_path, *parts[end + 1 :]))]))
        elif isinstance(member, griffe.Class):
            self._want(_bases(member))
        elif member is None:
            rest = ".".join(parts[end:])
            self._want(f"{wildcard.removesuffix('*')}{rest}" for wildcard in _wildcards(module))

    def _reach(self, parts: tuple[str, ...]) -> griffe.Module | None:
        """Return the module ``parts``, read after its parents if it was not yet; None when it cannot be."""
        for n in range(1, len(parts) + 1):
            if parts[:n] not in self._tried:
                self._tried.add(parts[:n])
                for path in self._files.get(parts[:n], ()):
                    self._loader.load_file(self._root, parts[:n], path)
                module = self._member(parts[:n])
                if module is not None:
                    self._enter(module, parts[:n])
        return self._member(parts)

    def _enter(self, module: griffe.Module, parts: tuple[str, ...]) -> None:
        """Note what must be read with ``module``, whether it is private or not."""
        self._want(_wildcards(module))  # they decide what its names are
        for name, member in list(module.members.items()):
            if member.is_alias and (*parts, name) in self._files:
                # "from .bake import bake": griffe goes around in circles until the module stands in its place
                self._reach((*parts, name))

    def _member(self, parts: tuple[str, ...]) -> griffe.Module | None:
        module = self._root
        for part in parts:
            found = module.members.get(part)
            if not isinstance(found, griffe.Module):
                return None
            module = found
        return module


def _offered(module: griffe.Module, imported: bool = False) -> Iterator[str]:
    """Yield the dotted paths that the public names of a module lead to, or those that a wildcard import of it gives."""
    lists = list(exported_lists(module))
    for path in lists:
        yield f"{path}.*"
    everything = bool(lists) or (module.exports is None and (imported or module.is_init_module))
    for name, member in module.members.items():
        if isinstance(member, griffe.Alias):
            if is_exported(module, name) or (everything and not name.startswith("_")):
                yield member.target_path
        elif isinstance(member, griffe.Class):
            yield from _bases(member)
        elif isinstance(member, griffe.Attribute) and isinstance(member.annotation, griffe.Expr):
            yield from _names_in(member.annotation)


def _wildcards(module: griffe.Module) -> Iterator[str]:
    """Yield what a module imports with wildcards, as ``module.*``."""
    for member in module.members.values():
        if isinstance(member, griffe.Alias) and member.wildcard:
            yield f"{member.target_path}.*"


def _bases(cls: griffe.Class) -> Iterator[str]:
    """Yield the dotted paths of the bases of a class and of the classes in it."""
    for base in cls.bases:
        yield path_of(base)
    for member in cls.members.values():
        if isinstance(member, griffe.Class):
            yield from _bases(member)


def _names_in(annotation: griffe.Expr) -> Iterator[str]:
    for name in annotation.iterate(flat=True):
        if isinstance(name, griffe.ExprName):
            yield path_of(name)


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
