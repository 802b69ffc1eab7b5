"""The folders of packages that the files of a workspace import from, and the packages that it names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from soothsay_index.runtime.boundaries import boundaries_of
from soothsay_languages.environment import (
    Environment,
    EnvironmentKind,
    EnvironmentNotFoundError,
    InstalledPackage,
    LocatedEnvironment,
)
from soothsay_languages.typescript.environment.manifests import (
    PackageManifest,
    is_package_name,
    read_manifest,
    workspace_folders,
)
from soothsay_languages.typescript.environment.specifiers import SCHEME

KIND = EnvironmentKind("javascript", "npm packages", packages="node_modules", has_interpreter=False)
FOLDER = "node_modules"
_MOST_WORKSPACES = 200
# what the package managers write last, each its own
_STAMPS = (".package-lock.json", ".modules.yaml", ".yarn-integrity", ".yarn-state.yml")


class NodeEnvironments:
    """Find and read folders of npm packages. Nothing in them is run, and they are never walked."""

    @property
    def kind(self) -> EnvironmentKind:
        """What the environments have in common."""
        return KIND

    def locate(self, folder: Path, interpreter: str, environ: Mapping[str, str]) -> LocatedEnvironment:
        """Return the packages of ``folder``: in it, in a folder above it in its project, or in a package of its monorepo.

        Raises `EnvironmentNotFoundError` where nothing is installed.
        """
        folders = _package_folders(folder, environ)
        if not folders:
            raise EnvironmentNotFoundError("No npm packages are installed: run npm install in the workspace.")
        return LocatedEnvironment(folders[0], folders[0], folder.resolve(), origin=str(folders[0].parent))

    def has_own(self, folder: Path, environ: Mapping[str, str]) -> bool:
        """Return False: the packages of a monorepo are one project, whatever is installed in each of them."""
        return False

    def of_file(self, path: Path, environ: Mapping[str, str]) -> LocatedEnvironment | None:
        """Return None: no file has packages of its own."""
        return None

    def read(self, located: LocatedEnvironment, timeout: float) -> Environment:
        """Return the environment with the packages that the workspace depends on directly, as far as they are installed."""
        project = located.project or located.interpreter.parent
        folders = _package_folders(project, os.environ) or (located.interpreter,)
        fingerprint = fingerprint_of(folders)
        manifests = [found for each in folders if (found := read_manifest(each.parent)) is not None]
        return Environment(
            kind=KIND,
            interpreter=located.interpreter,
            version="",
            package_folders=folders,
            library=located.interpreter,
            packages=_direct(manifests, folders),
            fingerprint=fingerprint,
        )

    def fingerprint(self, package_folders: tuple[Path, ...]) -> tuple[int, ...]:
        """Return numbers that change when a package is installed, upgraded or removed."""
        return fingerprint_of(package_folders)


def fingerprint_of(folders: Sequence[Path]) -> tuple[int, ...]:
    """Return the times at which folders of packages, and what package managers note in them, were changed (ns; 0: none)."""
    return tuple(
        _changed(path) for folder in folders for path in (folder, *(folder / each for each in _STAMPS))
    )


def find_package(name: str, folders: Sequence[Path]) -> PackageManifest | None:
    """Return the manifest of the installed package ``name``: in the first of ``folders`` that has it.

    Links are followed within the project (pnpm). One to a package of the workspace itself leads to code that is read as
    such, and one out of the project to what it did not install: neither is a package.
    """
    if not is_package_name(name) or not folders:
        return None
    root = min((each.parent.resolve() for each in folders), key=lambda each: len(each.parts))
    for folder in folders:
        manifest = read_manifest(folder / name)
        if manifest is not None and _is_installed(manifest.folder.resolve(), root):
            return manifest
    return None


def _is_installed(package: Path, root: Path) -> bool:
    return package.is_relative_to(root) and FOLDER in package.relative_to(root).parts


def _package_folders(folder: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders of packages of ``folder`` and of those above it in its project, then those in its monorepo."""
    above = boundaries_of(folder, environ).folders
    found = dict.fromkeys(each / FOLDER for each in (*above, *_packages_in(above[0])))
    return tuple(each for each in found if each.is_dir())


def _packages_in(folder: Path) -> Iterator[Path]:
    """Yield the folders of the packages of the monorepo whose root ``folder`` is; none where it is no such root."""
    manifest = read_manifest(folder)
    if manifest is not None:
        yield from workspace_folders(manifest, _MOST_WORKSPACES)


def _direct(manifests: Sequence[PackageManifest], folders: Sequence[Path]) -> dict[str, InstalledPackage]:
    found: dict[str, InstalledPackage] = {}
    for name in dict.fromkeys(name for each in manifests for name in each.dependencies()):
        manifest = find_package(name, folders)
        if manifest is not None:
            folder = manifest.folder.parents[name.count("/")]
            found[f"{SCHEME}{name}"] = InstalledPackage(f"{SCHEME}{name}", name, manifest.version, folder)
    return found


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
