"""What is installed, from the metadata of distributions alone."""

from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import Path

from soothsay_languages.environment import InstalledPackage


def installed_packages(folders: tuple[Path, ...]) -> dict[str, InstalledPackage]:
    """Map import names to the distributions in ``folders``, from their metadata alone. Earlier folders win."""
    found: dict[str, InstalledPackage] = {}
    for folder in folders:
        for distribution in Distribution.discover(path=[str(folder)]):
            try:
                package, version = distribution.metadata["Name"], distribution.version
                names = sorted(name for name in _import_names(distribution) if _is_importable(folder, name))
            except Exception:  # a half-removed distribution has no metadata; the others are fine
                continue
            if not package:
                continue
            for name in names:
                found.setdefault(name, InstalledPackage(name, package, version or "", folder))
    return found


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
    return {name for name in names if name.isidentifier() and name != "__pycache__"}


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
