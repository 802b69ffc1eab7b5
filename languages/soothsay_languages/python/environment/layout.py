"""Python environments as their folders describe them. Nothing in them is run: a workspace may have brought them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_INTERPRETERS = ("bin/python3", "bin/python", "Scripts/python.exe", "python.exe")
_PACKAGES = ("site-packages", "dist-packages")
_VERSIONED = re.compile(r"(?:python|pypy)(\d+)\.(\d+)t?")
_RELEASE = re.compile(r"(\d+)\.(\d+)(?:\.\d+)?")
_CONDA_PYTHON = re.compile(r"python-(\d+\.\d+\.\d+)-\w+\.json")
_WINDOWS_LIBRARY = re.compile(r"python(\d)(\d+)\.dll", re.IGNORECASE)
_LARGEST_PTH = 100_000  # bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an environment has its packages and its standard library. What is not there is left out of the former."""

    version: str
    site_packages: tuple[Path, ...]
    stdlib: Path


def interpreter_in(folder: Path) -> Path:
    """Return the interpreter of the environment ``folder``: where it should be, if it is a broken link or not there."""
    paths = [folder / name for name in _INTERPRETERS]
    linked = [path for path in paths if os.path.lexists(path)]
    return next((path for path in linked if path.is_file()), [*linked, paths[0]][0])


def environment_of(python: Path) -> Path | None:
    """Return the folder of the virtual or conda environment that ``python`` is the interpreter of, or None."""
    return next((folder for folder in (python.parent.parent, python.parent) if is_environment(folder)), None)


def is_environment(folder: Path) -> bool:
    """Return whether ``folder`` is a virtual or conda environment."""
    return (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()


def prefix_of(python: Path) -> Path | None:
    """Return the folder in which ``python`` is installed with its library or its packages, or None."""
    for folder in (python.parent.parent, python.parent):
        for library in _libraries(folder, ""):
            if (library / "site-packages").is_dir() or (library / "os.py").is_file():
                return folder
    return None


def read_layout(folder: Path) -> Layout:
    """Return the layout of the environment ``folder``."""
    settings = read_settings(folder / "pyvenv.cfg")
    version = _version(folder, settings)
    own = _libraries(folder, version)
    base = [library for prefix in _bases(settings) for library in _libraries(prefix, version)]
    with_base = settings.get("include-system-site-packages", "").lower() == "true"
    sites = [*_sites(own), *(_sites(base) if with_base else ())]
    sites += [extra for site in sites for extra in _linked_sites(site)]
    stdlib = next((library for library in (*base, *own) if (library / "os.py").is_file()), None)
    return Layout(version, tuple(_distinct(sites)), stdlib or (base or own or [folder / "lib"])[0])


def read_settings(file: Path) -> dict[str, str]:
    """Return the lines ``name = value`` of a ``pyvenv.cfg``; nothing where there is none."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _version(folder: Path, settings: Mapping[str, str]) -> str:
    """Return the version as ``pyvenv.cfg``, conda or the names of folders give it; empty when nothing tells."""
    stated = _RELEASE.match(settings.get("version") or settings.get("version_info", ""))
    if stated:
        return stated[0]
    for file in listed(folder / "conda-meta"):
        if conda := _CONDA_PYTHON.fullmatch(file.name):
            return conda[1]
    numbers = [number for path in _versioned(folder) if (number := _number(path.name))]
    numbers += [
        (int(match[1]), int(match[2]))
        for file in listed(folder)
        if (match := _WINDOWS_LIBRARY.fullmatch(file.name))
    ]
    return ".".join(map(str, max(numbers))) if numbers else ""


def _number(name: str) -> tuple[int, int] | None:
    match = _VERSIONED.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None


def _libraries(prefix: Path, version: str) -> list[Path]:
    """Return the folders of modules below ``prefix`` for ``version``, or for any: ``lib/python3.12``; on Windows ``Lib``."""
    found = _versioned(prefix)
    release = _RELEASE.match(version)
    if release:
        found = [path for path in found if _number(path.name) == (int(release[1]), int(release[2]))]
    if not found and ((prefix / "Lib" / "site-packages").is_dir() or (prefix / "Lib" / "os.py").is_file()):
        return [prefix / "Lib"]
    return found


def _versioned(prefix: Path) -> list[Path]:
    return [path for name in ("lib", "lib64") for path in listed(prefix / name) if _number(path.name)]


def _bases(settings: Mapping[str, str]) -> list[Path]:
    """Return where the Python that a virtual environment was made with may be installed; its ``home`` may be a link."""
    home = settings.get("home", "")
    if not is_local(home):
        return []
    executables = [settings.get("executable", ""), str(Path(home) / "python3")]
    real = [Path(each).resolve().parent for each in executables if is_local(each)]
    binaries = [Path(home), Path(home).resolve(), *real]
    return _distinct([prefix for folder in binaries for prefix in (folder.parent, folder)])


def plain_name(distribution: str) -> str:
    """Return the name of a distribution as two spellings of it are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def is_local(path: str) -> bool:
    """Return True for an absolute path on this machine: Windows sends a password's hash to whatever ``\\\\server`` is read."""
    return Path(path).is_absolute() and not path.startswith(("//", "\\\\"))


def _sites(libraries: Sequence[Path]) -> list[Path]:
    """Return the folders of installed packages in or beside ``libraries``; Debian's Python has them in three places."""
    found: list[Path] = []
    for library in libraries:
        prefix, name = library.parent.parent, library.name
        found += [library / packages for packages in _PACKAGES]
        found += [
            prefix / "local" / "lib" / name / "dist-packages",
            library.parent / "python3" / "dist-packages",
        ]
    return [site for site in found if site.is_dir()]


def _linked_sites(site: Path) -> Iterator[Path]:
    """Yield other folders of packages that ``.pth`` files in ``site`` name."""
    for file in listed(site):
        if file.suffix == ".pth":
            yield from (folder for folder in _named_folders(file) if folder.name in _PACKAGES)


def path_lines(file: Path) -> Iterator[Path]:
    """Yield the folders that a ``.pth`` file adds to the search path, beside other folders of installed packages."""
    yield from (folder for folder in _named_folders(file) if folder.name not in _PACKAGES)


def _named_folders(file: Path) -> Iterator[Path]:
    """Yield the folders that a ``.pth`` file names. Lines that Python would run are passed over."""
    try:
        if file.stat().st_size > _LARGEST_PTH:
            return
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        entry = line.strip()
        if entry and not entry.startswith(("#", "import ", "import\t")):
            linked = file.parent / entry
            if is_local(str(linked)) and _is_folder(linked):
                yield linked


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def listed(folder: Path) -> list[Path]:
    """Return what lies in ``folder``, by name; nothing where it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _distinct(paths: Sequence[Path]) -> list[Path]:
    """Return each folder once, under its first name: ``lib64`` is often a link to ``lib``."""
    found: dict[Path, Path] = {}
    for path in paths:
        found.setdefault(path.resolve(), path)
    return list(found.values())
