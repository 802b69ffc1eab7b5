"""Azure SDK clients: many distributions in one namespace, methods whose keywords stand in their docstrings only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from soothsay_index.sources.base import Harvest, Release, Relevant, Used
from soothsay_languages.environment import Environment
from soothsay_languages.python.sources.distributions import listed, namespace_parts
from soothsay_languages.python.sources.package import harvest_package

NAMESPACE = "azure"


def open_source(environment: Environment) -> AzureClients | None:
    """Return the source of the Azure packages in ``environment``; None when there are none."""
    return AzureClients(environment) if environment.find_folder(NAMESPACE) else None


class AzureClients:
    """One release a package: ``azure.storage.blob`` of azure-storage-blob."""

    def __init__(self, environment: Environment) -> None:
        self._sites = environment.package_folders

    @property
    def name(self) -> str:
        """Return ``azure``, which the releases have as their ``source``."""
        return "azure"

    def releases(self) -> Sequence[Release]:
        """Return one release for each package below ``azure`` that a distribution has installed."""
        return self._releases

    @cached_property
    def _releases(self) -> tuple[Release, ...]:
        return tuple(
            Release(found.package, found.version, part, source=self.name)
            for found in listed(self._sites)
            if f"\n{NAMESPACE}/" in f"\n{found.files}"
            for part in namespace_parts(found, NAMESPACE)
        )

    def relevant(self, used: Used) -> Relevant:
        """Return the packages that are imported; then the others, if any is: the next client is one line away."""
        if NAMESPACE not in used.roots():
            return Relevant()
        now = tuple(release for release in self._releases if used.mentions(release.part))
        return Relevant(now, tuple(release for release in self._releases if release not in now))

    def harvest(self, release: Release) -> Harvest:
        """Read the public symbols of one package from its source, without importing it."""
        return harvest_package(release, self._sites)
