"""What can be said of a package: indexed, about to be, not installed, or of unknown content."""

from __future__ import annotations

import threading

from cachetools import LRUCache

from soothsay_index.search.member_views import MemberViews
from soothsay_index.sources.base import PackageSource, Used
from soothsay_index.sources.registry import package_sources
from soothsay_index.types import PackageState
from soothsay_languages.environment import Environment

_KEPT_OWNERS = 512


class PackageStates:
    """States of packages by owner, as the releases that ``views`` see are. Thread-safe."""

    def __init__(self, views: MemberViews) -> None:
        self._views = views
        self._lock = threading.Lock()
        self._environment: Environment | None = None
        self._sources: tuple[PackageSource, ...] = ()
        self._releases: LRUCache[str, frozenset[str]] = LRUCache(_KEPT_OWNERS)

    def state(self, owner: str, environment: Environment | None, *, was_sought: bool) -> PackageState:
        """Return the state of the package of ``owner``.

        ``environment`` is that of the last build, None where none was found, or (not ``was_sought``) none was looked for.
        """
        root = owner.partition(".")[0]
        if self._views.defines(root):
            return "indexed"
        if environment is None:
            return "unknown" if was_sought else "pending"
        expected = self._expected(owner, environment)
        if expected and not expected <= self._views.visible():
            return "pending"
        if expected:
            return "unknown" if expected & self._views.without_content() else "indexed"
        is_installed = any(each.package_of(root) is not None for each in environment.all())
        return "unknown" if is_installed else "absent"

    def _expected(self, owner: str, environment: Environment) -> frozenset[str]:
        """Return the keys of the releases that ``owner`` is described by."""
        with self._lock:
            if self._environment is not environment:
                self._environment = environment
                self._sources = tuple(package_sources(environment).values())
                self._releases.clear()
            known = self._releases.get(owner)
            if known is None:
                used = used_by(owner)
                found = (release for source in self._sources for release in source.relevant(used).now)
                self._releases[owner] = known = frozenset(release.key for release in found)
            return known


def used_by(owner: str) -> Used:
    """Return what a file uses that has ``owner`` at hand: the module (``npm:zod``), and the service behind ``package:``."""
    _, colon, service = owner.partition(":")
    return Used(modules={owner: 1}, services={service: 1} if colon else {})
