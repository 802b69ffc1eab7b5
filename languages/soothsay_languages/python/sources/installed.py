"""Installed packages: what there is, and which of it a workspace uses."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from soothsay_index.sources.base import Harvest, Release, Relevant, Used
from soothsay_languages.environment import Environment, InstalledPackage
from soothsay_languages.python.environment.packages import plain_version
from soothsay_languages.python.sources.compiled import harvest_compiled, is_compiled_here
from soothsay_languages.python.sources.distributions import (
    is_namespace,
    listed,
    namespace_parts,
    stubbed_roots,
)
from soothsay_languages.python.sources.loading import NOT_PUBLIC
from soothsay_languages.python.sources.package import harvest_package

log = logging.getLogger(__name__)

_ELSEWHERE = frozenset({"azure"})  # namespaces that another source reads


def open_source(environment: Environment) -> PythonEnvironment:
    """Return the source of what is installed in ``environment``."""
    return PythonEnvironment(environment)


class PythonEnvironment:
    """The distributions of ``environment``, one release for each import name."""

    def __init__(self, environment: Environment, exclude: Path | None = None) -> None:
        self._environment = environment
        self._exclude = exclude  # the workspace: its own files are read by another source

    @property
    def name(self) -> str:
        """Return ``python``, which the releases have as their ``source``."""
        return "python"

    def releases(self) -> Sequence[Release]:
        """Return everything installed that has a public import name. The standard library comes only when asked for."""
        return [
            release
            for root in self._environment.packages
            if not root.startswith("_") and root not in NOT_PUBLIC
            for release in self._releases_of(root)
        ]

    def relevant(self, used: Used) -> Relevant:
        """Return what the workspace imports, the standard library last: every model knows it well."""
        imported = [
            release
            for root in used.roots()
            for release in self._releases_of(root)
            if release.part == root or used.mentions(release.part)
        ]
        self._log_compiled(used)
        return Relevant(now=tuple(sorted(imported, key=lambda release: release.package == "python")))

    def release_of(self, import_name: str) -> Release | None:
        """Return the release that ``import import_name`` uses; None for what is not there, is private, or has no source."""
        found = self._environment.package_of(import_name)
        if found is None or found.import_name.startswith("_") or not self._is_readable(found):
            return None
        return self._release(found.package, found.version, found.import_name)

    def _release(self, package: str, version: str, part: str) -> Release:
        return Release(package, version, part, source=self.name, is_plain=True)

    def _log_compiled(self, used: Used) -> None:
        """Of what is compiled, and not of the standard library of our own version, nothing is known: nothing is denied."""
        found = (self._environment.package_of(root) for root in used.roots())
        compiled = sorted(
            each.import_name for each in found if each is not None and not self._is_readable(each)
        )
        if compiled:
            log.debug("Not indexed, there is no source: %s", ", ".join(compiled))

    def _is_readable(self, found: InstalledPackage) -> bool:
        return _has_source(found) or self._is_compiled(found)

    def _is_compiled(self, found: InstalledPackage) -> bool:
        is_library = found.folder == self._environment.library and not _has_source(found)
        return is_library and is_compiled_here(found.import_name, self._environment.version)

    def _releases_of(self, root: str) -> Sequence[Release]:
        """Return one release, or one for each package of a namespace (``google.cloud.storage``).

        None for what stubs describe: those are read together with the package, by another source.
        """
        if root in self._stubbed:
            return []
        if root in self._namespaces:
            return self._namespaces[root]
        release = self.release_of(root)
        return [release] if release is not None else []

    @cached_property
    def _stubbed(self) -> frozenset[str]:
        return stubbed_roots(self._environment.package_folders)

    @cached_property
    def _namespaces(self) -> dict[str, tuple[Release, ...]]:
        sites = self._environment.package_folders
        roots = [root for root in self._environment.packages if is_namespace(root, sites)]
        distributions = list(listed(sites)) if roots else []
        return {
            root: ()
            if root in _ELSEWHERE
            else tuple(
                self._release(found.package, found.version, part)
                for found in distributions
                for part in namespace_parts(found, root)
            )
            for root in roots
        }

    def harvest(self, release: Release) -> Harvest:
        """Return all public symbols of one import name."""
        installed = self._environment.package_of(release.part)
        if installed is None:
            return Harvest()
        if self._exclude and (installed.folder / release.part).is_relative_to(self._exclude / "src"):
            return Harvest()
        if self._is_compiled(installed):
            return harvest_compiled(release)
        siblings = {
            other.import_name
            for other in self._environment.packages.values()
            if other.package == release.package and other.import_name != release.part
        }
        shown = replace(release, version=plain_version(release.version))
        return harvest_package(
            shown, (installed.folder, *self._environment.package_folders), siblings=siblings
        )


def _has_source(found: InstalledPackage) -> bool:
    return (found.folder / f"{found.import_name}.py").is_file() or (found.folder / found.import_name).is_dir()
