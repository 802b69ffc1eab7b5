"""Which files of the workspace a file can reach through its imports (CoCoMIC, Ding et al. 2022)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_MOST_FILES = 32  # the second hop soon reaches everything


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A file, the dotted name others import it by, and the dotted names that it imports, blanks between them."""

    path: str
    module: str
    imports: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be reached: definitions that are imported by name, and files by the number of imports to them.

    ``named`` are pairs of a path and the dotted name of the definition in it.
    """

    named: frozenset[tuple[str, str]] = frozenset()
    hops: Mapping[str, int] = field(default_factory=dict)


class ImportGraph:
    """The imports of all files. A file is known by its module; where two have the same one, the last counts."""

    def __init__(self, files: Iterable[ModuleFile]) -> None:
        self._files = {file.module: file for file in files if file.module}

    def reach(self, modules: Sequence[str], path: str = "") -> Reach:
        """What a file that imports ``modules`` reaches in one hop, or in two; ``path`` is the file itself."""
        named: set[tuple[str, str]] = set()
        hops: dict[str, int] = {}
        front = modules
        for hop in (1, 2):
            following: list[str] = []
            for name in front:
                file = self._files.get(name)
                if file is None:
                    owner, _, last = name.rpartition(".")
                    file = self._files.get(owner)
                    if file is not None and hop == 1:
                        named |= self._definitions(file, last)
                if file is None or file.path == path or file.path in hops:
                    continue
                if len(hops) >= _MOST_FILES:
                    return Reach(frozenset(named), hops)
                hops[file.path] = hop
                following += file.imports.split()
            front = following
        return Reach(frozenset(named), hops)

    def _definitions(self, file: ModuleFile, name: str) -> set[tuple[str, str]]:
        """Where ``name`` of ``file`` is defined: there, or where the file imports it from (a package's front)."""
        found = {(file.path, f"{file.module}.{name}")}
        for imported in file.imports.split():
            owner, _, last = imported.rpartition(".")
            if last == name and (source := self._files.get(owner)) is not None:
                found.add((source.path, imported))
        return found
