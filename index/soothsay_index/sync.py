"""One build: what is needed first, comes first, and text before vectors."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from .crew import OpenCrew
from .embedding import Embedder
from .environment import Environment
from .progress import OnProgress
from .sources.base import Release, Used
from .store import Store
from .sync_files import FileSync
from .sync_packages import PackageSync, Plan
from .sync_vectors import VectorSync


class Builder:
    """Brings a store up to date with its workspace and an environment. What is there already is left alone."""

    def __init__(self, store: Store, files: FileSync, embedder: Embedder | None, crew: OpenCrew) -> None:
        self._store = store
        self._files = files
        self._vectors = VectorSync(embedder) if embedder is not None else None
        self._crew = crew

    def build(
        self,
        environment: Environment | None,
        open_files: Used,
        progress: OnProgress,
        stop: threading.Event,
        *,
        all_packages: bool,
        embed: bool,
    ) -> None:
        """What ``open_files`` use, then the workspace, then what that uses, then the rest; vectors behind it.

        ``stop`` ends it between two steps and leaves everything usable; the next build goes on from there.
        """
        used: Sequence[Release] = ()
        with self._crew() as crew:
            packages = PackageSync(environment, self._store.packages) if environment is not None else None
            if packages is not None:
                first = packages.plan(open_files)
                self._show(packages, first)
                packages.write(first.now, crew, progress, stop)
                used = first.now
            self._files.reconcile(crew, progress, stop)
            self._settle(stop)
            if packages is not None:
                plan = packages.plan(self._files.used())
                self._show(packages, plan)
                used = tuple(dict.fromkeys((*used, *plan.now)))
                for releases in (used, plan.next, plan.rest if all_packages else ()):
                    packages.write(releases, crew, progress, stop)
                    self._settle(stop)
        if embed and self._vectors is not None:
            self._vectors.chunks(self._store.local, self._store.name, progress, stop)
            self._vectors.releases(self._store.packages, [release.key for release in used], progress, stop)
            self._settle(stop)

    def embed(self, paths: Sequence[str]) -> None:
        """Fill in the vectors of updated files."""
        if self._vectors is not None:
            never = threading.Event()
            self._vectors.chunks(self._store.local, self._store.name, lambda _: None, never, paths)

    def _show(self, packages: PackageSync, plan: Plan) -> None:
        """Say which releases are this environment's: those of other workspaces are not for this one."""
        visible = {release.key for release in (*plan.now, *plan.next, *packages.installed())}
        self._store.write_state(visible, packages.python)

    def _settle(self, stop: threading.Event) -> None:
        if not stop.is_set():
            self._store.packages.optimize()
            self._store.local.optimize()
