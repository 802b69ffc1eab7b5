"""What is installed, from the metadata of distributions alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

from soothsay_languages.environment import IN_PLACE, InstalledPackage
from soothsay_languages.python.environment.editable import added_folders, editable_names, names_in

_MOST_FILES = 5_000  # of an editable package that are looked at


def installed_packages(folders: tuple[Path, ...], project: Path | None = None) -> dict[str, InstalledPackage]:
    """Map import names to the distributions in ``folders``, from their metadata alone. Earlier folders win.

    An editable install counts as another version whenever its code has changed. One whose code lies in ``project`` is left
    out: it is part of the workspace.
    """
    found: dict[str, InstalledPackage] = {}
    for folder in folders:
        for distribution in Distribution.discover(path=[str(folder)]):
            for installed in _installed(distribution, folder):
                found.setdefault(installed.import_name, installed)
    for folder in folders:
        for installed in _added(folder):
            found.setdefault(installed.import_name, installed)
    return {name: each for name, each in found.items() if not _is_inside(each.folder, project, folders)}


def plain_version(version: str) -> str:
    """Return ``version`` as the distribution states it, without the mark of an editable install."""
    return version.partition(IN_PLACE)[0]


def _installed(distribution: Distribution, folder: Path) -> Iterator[InstalledPackage]:
    """Yield the import names of one distribution in ``folder``; none for a half-removed one, which has no metadata."""
    try:
        package, version = distribution.metadata["Name"], distribution.version or ""
        names = sorted(name for name in _import_names(distribution) if _is_importable(folder, name))
        elsewhere = {} if names else editable_names(distribution, folder)
    except Exception:
        return
    if package:
        yield from (InstalledPackage(name, package, version, folder) for name in names)
        for name, source in elsewhere.items():
            yield InstalledPackage(name, package, _editable_version(version, source, name), source)


def _added(site: Path) -> Iterator[InstalledPackage]:
    """Yield what ``.pth`` files in ``site`` add: with the metadata beside it, as old tools leave it, or without."""
    for folder in added_folders(site):
        for distribution in Distribution.discover(path=[str(folder)]):
            for each in _installed(distribution, folder):
                version = _editable_version(each.version, folder, each.import_name)
                yield InstalledPackage(each.import_name, each.package, version, folder)
        for name in names_in(folder):
            yield InstalledPackage(name, name, _editable_version("0", folder, name), folder)


def _editable_version(version: str, folder: Path, name: str) -> str:
    """Return a version that changes with the code of the package ``name`` in ``folder``."""
    digest = hashlib.blake2b(str(folder / name).encode("utf-8", "surrogateescape"), digest_size=6)
    for file in _files(folder, name):
        try:
            seen = file.stat()
        except OSError:
            continue
        digest.update(f"{file.name} {seen.st_size} {seen.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return f"{version}{IN_PLACE}{digest.hexdigest()}"


def _files(folder: Path, name: str) -> Iterator[Path]:
    """Yield the files of code of a package or module, in a stable order, up to a number of them."""
    if (folder / f"{name}.py").is_file():
        yield folder / f"{name}.py"
    left = _MOST_FILES
    for parent, inner, files in os.walk(folder / name):
        inner.sort()
        for file in sorted(files):
            if file.endswith((".py", ".pyi")):
                left -= 1
                if left < 0:
                    return
                yield Path(parent, file)


def _is_inside(folder: Path, project: Path | None, package_folders: tuple[Path, ...]) -> bool:
    return project is not None and folder not in package_folders and folder.resolve().is_relative_to(project)


def _import_names(distribution: Distribution) -> set[str]:
    listed = distribution.read_text("top_level.txt")
    if listed:
        names = {line.strip() for line in listed.splitlines() if line.strip()}
    else:
        names = set()
        for file in distribution.files or ():
            first = file.parts[0]
            if len(file.parts) > 1 and file.suffix in {".py", ".pyi", ".so", ".pyd"}:
                names.add(first)
            elif len(file.parts) == 1 and file.suffix in {".py", ".so", ".pyd"}:
                names.add(first.split(".", 1)[0])
    return {name for name in names if name.isidentifier() and not name.startswith("__")}


def _is_importable(folder: Path, name: str) -> bool:
    """Return True for a package or a module. Wheels list folders as well that hold data, or that are not there at all."""
    if (
        (folder / f"{name}.py").is_file()
        or any(folder.glob(f"{name}.*so"))
        or any(folder.glob(f"{name}.*pyd"))
    ):
        return True
    files = (folder / name).rglob("*.py*")  # nothing if there is no such folder
    return any(file.suffix in {".py", ".pyi"} for file in files)
