"""Which files of the workspace a file can reach through its imports (CoCoMIC, Ding et al. 2022)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_MOST_FILES = 32  # bounds the second hop


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A file, the dotted name others import it by, and the dotted names that it imports, with blanks between them.

    ``services`` are those that it makes clients of.
    """

    path: str
    module: str
    imports: str = ""
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReach:
    """Definitions that are imported by name, and files by the number of import hops.

    ``named`` are the ids of symbols, as chunks carry them (``billing/ledger.py|billing.ledger.post``). ``services`` are
    those that files make clients of which are reached in one step.
    """

    named: frozenset[str] = frozenset()
    hops: Mapping[str, int] = field(default_factory=dict)
    services: frozenset[str] = frozenset()


def files_by_module(files: Iterable[ModuleFile]) -> dict[str, ModuleFile]:
    """Return files by module name; of two with the same name, the last."""
    return {file.module: file for file in files if file.module}


def import_reach(
    modules: Sequence[str],
    files: Mapping[str, ModuleFile],
    unsaved: Mapping[str, ModuleFile] | None = None,
    path: str = "",
) -> ImportReach:
    """Return what a file that imports ``modules`` reaches in one or two hops; ``path`` is the file itself.

    ``files`` are those of the workspace by module, ``unsaved`` those that read differently now.
    """

    def known(module: str) -> ModuleFile | None:
        return (unsaved or {}).get(module) or files.get(module)

    named: set[str] = set()
    hops: dict[str, int] = {}
    services: set[str] = set()
    front = modules
    for hop in (1, 2):
        following: list[str] = []
        for name in front:
            file = known(name)
            if file is None:
                owner, _, last = name.rpartition(".")
                file = known(owner)
                if file is not None and hop == 1:
                    named |= _definitions(file, last, known)
            if file is None or file.path == path or file.path in hops:
                continue
            if len(hops) >= _MOST_FILES:
                return ImportReach(frozenset(named), hops, frozenset(services))
            hops[file.path] = hop
            services.update(file.services if hop == 1 else ())
            following += file.imports.split()
        front = following
    return ImportReach(frozenset(named), hops, frozenset(services))


def _definitions(file: ModuleFile, name: str, known: Callable[[str], ModuleFile | None]) -> set[str]:
    """Return the ids of possible definitions of ``name`` in ``file``: there, or where the file imports it from."""
    found = {f"{file.path}|{file.module}.{name}"}
    for imported in file.imports.split():
        owner, _, last = imported.rpartition(".")
        if last == name and (source := known(owner)) is not None:
            found.add(f"{source.path}|{imported}")
    return found
