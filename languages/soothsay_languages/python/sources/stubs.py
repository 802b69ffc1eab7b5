"""Stub-only distributions (PEP 561): ``types-requests`` brings ``requests-stubs``, which describes ``requests``.

Where the described package is installed too, both are read together: signatures and types from the stubs, docstrings
and what the stubs leave out from the package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from soothsay_index.sources.base import Harvest, Release, Relevant, Used
from soothsay_languages.environment import Environment
from soothsay_languages.python.sources.distributions import Listed, listed, namespace_parts
from soothsay_languages.python.sources.package import harvest_package

_STUBS = re.compile(r"^(\w+)-stubs/", re.MULTILINE)


def open_source(environment: Environment) -> StubPackages | None:
    """Return the source of the stubs in ``environment``; None when there are none."""
    has_stubs = any(any(site.glob("*-stubs")) for site in environment.package_folders)
    return StubPackages(environment) if has_stubs else None


@dataclass(frozen=True, slots=True)
class _Described:
    """A package that stubs describe: what is built, and what its symbols say where they are from."""

    release: Release
    shown: Release


class StubPackages:
    """One release a described package, under the name it is imported by."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @property
    def name(self) -> str:
        """Return ``stubs``, which the releases have as their ``source``."""
        return "stubs"

    def releases(self) -> Sequence[Release]:
        """Return one release for each package that installed stubs describe."""
        return [each.release for each in self._all]

    def relevant(self, used: Used) -> Relevant:
        """Return the releases of described packages that the workspace imports."""
        return Relevant(tuple(each.release for each in self._all if used.mentions(each.release.part)))

    def harvest(self, release: Release) -> Harvest:
        """Read the stubs, together with the package that they describe where it is installed.

        The symbols then name the package and its version, else those of the stubs.
        """
        shown = next((each.shown for each in self._all if each.release == release), release)
        return harvest_package(shown, self._environment.package_folders, with_stubs=True)

    @cached_property
    def _all(self) -> tuple[_Described, ...]:
        found = (
            self._described(distribution, part)
            for distribution in listed(self._environment.package_folders)
            for part in _parts(distribution)
        )
        return tuple({each.release.part: each for each in found}.values())

    def _described(self, stubs: Listed, part: str) -> _Described:
        """Both versions are in the key of what is built, since either may change it."""
        alone = Release(stubs.package, stubs.version, part, source=self.name)
        installed = self._environment.package_of(part)
        if installed is None or "." in part:
            return _Described(alone, alone)
        both = f"{installed.version}+{stubs.package}-{stubs.version}"
        release = Release(installed.package, both, part, source=self.name)
        return _Described(release, replace(release, version=installed.version))


def _parts(distribution: Listed) -> Iterator[str]:
    """Yield the packages that a distribution's stubs describe."""
    for root in dict.fromkeys(match[1] for match in distribution.matching(_STUBS)):
        folder = f"{root}-stubs"
        if (distribution.site / folder / "__init__.pyi").is_file():
            yield root
        else:  # google-stubs/protobuf; where google/protobuf is installed too, that is read alone
            for name in namespace_parts(distribution, folder):
                part = name.replace(folder, root, 1)
                if not (distribution.site / part.replace(".", "/")).is_dir():
                    yield part
