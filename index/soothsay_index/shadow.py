"""What a workspace has itself hides what a shared index has of the same files."""

from __future__ import annotations

import threading

import pyarrow.compute as pc

from .database import quote
from .project import project_name
from .shared import is_shared
from .store import Store


class Shadow:
    """Tells which rows of published workspaces a reader must not see: those of files that are here. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._own = project_name(store.workspace)
        self._lock = threading.Lock()
        self._known: tuple[int, frozenset[str]] = (-1, frozenset())

    def hides(self, release: str, path: str) -> bool:
        """True when the row of ``release`` that was cut from ``path`` is of a file that is here."""
        if not is_shared(release):
            return False
        project, _, name = path.partition("/")
        return project == self._own and name in self._paths()

    def covers(self, release: str) -> bool:
        """True when all the files of ``release`` are here."""
        if not release.startswith(f"{self._own}@"):
            return False
        where = f"release = {quote(release)} AND path != ''"
        paths: set[str] = set()
        for table in ("symbols", "chunks"):
            rows = self._store.packages.arrow(table, where, ["path"])
            paths.update(pc.unique(rows.column("path")).to_pylist())  # pyright: ignore
        return all(self.hides(release, path) for path in paths)

    def _paths(self) -> frozenset[str]:
        version = self._store.local.version("files")
        with self._lock:
            if self._known[0] != version:
                rows = self._store.local.arrow("files", columns=["path"])
                self._known = (version, frozenset(rows.column("path").to_pylist()))
            return self._known[1]
