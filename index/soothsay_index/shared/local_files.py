"""A filter that hides a shared index's rows of files that the workspace has itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from soothsay_index.runtime.project import project_name
from soothsay_index.shared.index import is_shared
from soothsay_index.sources.base import Release
from soothsay_index.store.store import Store


class LocalFileFilter:
    """Hide the rows of published workspaces whose files exist locally. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.project = project_name(store.workspace)
        self._lock = threading.Lock()
        self._known: tuple[int, frozenset[str]] = (-1, frozenset())

    def hides(self, release: str, path: str) -> bool:
        """Return whether ``path`` in ``release`` is a file of this workspace."""
        if not is_shared(release):
            return False
        project, _, name = path.partition("/")
        return project == self.project and name in self._paths()

    def covers(self, release: Release, paths: Iterable[str]) -> bool:
        """Return whether all files of ``release`` exist locally."""
        return all(self.hides(release.key, path) for path in paths if path)

    def _paths(self) -> frozenset[str]:
        version = self._store.local.version("files")
        with self._lock:
            if self._known[0] != version:
                rows = self._store.local.arrow("files", columns=["path"])
                self._known = (version, frozenset(rows.column("path").to_pylist()))
            return self._known[1]
