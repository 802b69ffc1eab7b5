"""The releases that a query without a receiver prefers: of the packages that its file uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cache

from soothsay_index.shared.index import is_shared
from soothsay_index.sources.base import package_of, part_of
from soothsay_index.store.database import one_of, quote
from soothsay_languages.registry import languages


@dataclass(frozen=True, slots=True)
class PreferredReleases:
    """Releases by key, and ``families``: packages of which all releases are meant, which may be hundreds of services."""

    keys: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.keys or self.families)

    def contain(self, release: str) -> bool:
        """Return whether ``release`` is one of them."""
        return release in self.keys or package_of(release) in self.families

    def rows(self) -> str:
        """Return a filter for their rows."""
        filters = [one_of("release", sorted(self.keys))] if self.keys else []
        # Hundreds of services: their common package is a shorter filter.
        filters += [one_of("package", sorted(self.families))] if self.families else []
        return f"({' OR '.join(filters)})"

    def documents(self) -> str:
        """Return a filter for their pieces of prose."""
        filters = [one_of("release", sorted(self.keys))] if self.keys else []
        filters += [f"release LIKE {quote(f'{family}@%')}" for family in sorted(self.families)]
        return f"({' OR '.join(filters)})"

    def vectors(self) -> str:
        """Return a filter for their vectors."""
        packages = {package_of(key) for key in self.keys} | self.families
        return one_of("package", sorted(packages)) if packages else ""


def preferred_releases(
    visible: Set[str], packages: Iterable[str], modules: Iterable[str], services: Set[str]
) -> PreferredReleases:
    """Return the releases of ``visible`` that a file prefers.

    It uses ``packages`` and imports ``modules``; ``services`` are those that the files which it imports make clients of.
    """
    named = {*packages, *(module.split(".", 1)[0] for module in modules)}
    named |= {_companions()[name] for name in named if name in _companions()}
    all_families = frozenset(_companions().values())
    keys = {
        key
        for key in visible
        if (part_of(key) in services if package_of(key) in all_families else _is_named(key, named))
    }
    families = all_families & named
    if keys or families:
        # Which modules a published workspace has, its key does not say.
        keys |= {key for key in visible if is_shared(key)}
    return PreferredReleases(frozenset(keys), families)


@cache
def _companions() -> Mapping[str, str]:
    return {name: other for language in languages() for name, other in language.companions.items()}


def _is_named(release: str, named: Set[str]) -> bool:
    """Return whether it is one of ``named``; a part of a scheme (``npm:zod``) is imported by no other name."""
    part = part_of(release)
    return part in named or (":" not in part and package_of(release) in named)
