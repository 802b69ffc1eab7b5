"""Orchestration of a build: packages in order of need, and text before vectors."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence, Set
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from pathlib import Path

from soothsay_index.build.claims import Claims
from soothsay_index.build.files import FileSync
from soothsay_index.build.packages import BuildOrder, PackageSync
from soothsay_index.build.programs import ProgramSync
from soothsay_index.build.vectors import VectorSync
from soothsay_index.embedding.embedder import Embedder
from soothsay_index.progress import OnProgress, ignore_progress
from soothsay_index.shared.index import SharedIndex, is_shared
from soothsay_index.shared.local_files import LocalFileFilter
from soothsay_index.shared.reader import SharedReader
from soothsay_index.sources.base import Release, Used, is_help_text
from soothsay_index.store.store import Store
from soothsay_index.types import Progress
from soothsay_languages.environment import Environment

log = logging.getLogger(__name__)


class Builder:
    """Bring a store up to date with its workspace and an environment; what is stored already is skipped."""

    def __init__(
        self,
        store: Store,
        files: FileSync,
        embedder: Embedder | None,
        open_executor: Callable[[], AbstractContextManager[Executor]],
        uri: str = "",
        claims: Claims | None = None,
        programs: ProgramSync | None = None,
    ) -> None:
        """``uri`` is a shared index to copy from instead of reading packages; empty: none.

        ``claims`` are the releases that other threads read: they are left to those. ``programs`` reads the help texts of
        programs that the workspace calls; None: nobody does.
        """
        self._store = store
        self._files = files
        self._embedder = embedder
        self._open_executor = open_executor
        self._uri = uri
        self._claims = claims or Claims()
        self._programs = programs

    def build(
        self,
        environment: Environment | None,
        open_files: Used,
        progress: OnProgress,
        stop: threading.Event,
        *,
        all_packages: bool,
        embed: bool,
        file: Path | None = None,
    ) -> None:
        """Index what ``open_files`` use, the workspace, what that uses, then the rest; then embed.

        ``all_packages``: index all installed packages; ``embed``: compute vectors, too. ``file``: of packages, only what
        this file of the workspace needs.

        ``stop`` ends the build between two steps; the next build continues from there.
        """
        used: Sequence[Release] = ()
        shared = self._open_shared(progress)
        in_use = self._store.releases_in_use()
        projects = {key for key in in_use if is_shared(key)} if shared else set[str]()
        # until it is known which are installed now
        helps = {key for key in in_use if is_help_text(key)} if self._programs is not None else set[str]()
        with self._open_executor() as executor:
            packages = (
                PackageSync(environment, self._store.packages, shared, self._claims)
                if environment is not None
                else None
            )
            if packages is not None:
                first = packages.build_order(open_files)
                self._show(packages, first, projects | helps)
                used = () if file else first.now
                packages.write(used, executor, progress, stop)
            self._files.reconcile(executor, progress, stop)
            self._settle(stop)
            if packages is not None:
                plan = packages.build_order(self._files.used())
                # If the shared index does not answer, its last answer stays.
                found = packages.write_projects(LocalFileFilter(self._store), stop)
                projects = {release.key for release in found} or projects
                self._show(packages, plan, projects | helps)
                if file is not None:
                    used = packages.build_order(self._files.used_in(file)).now
                    stages: tuple[Sequence[Release], ...] = (used,)
                else:
                    used = tuple(dict.fromkeys((*used, *plan.now)))
                    stages = (used, plan.next, plan.rest if all_packages else ())
                for releases in stages:
                    packages.write(releases, executor, progress, stop)
                    self._settle(stop)
            if self._programs is not None and file is None and not stop.is_set():
                self._read_programs(self._programs, executor, progress, stop)
        if embed and self._embedder is not None:
            vectors = VectorSync(self._embedder, shared)
            vectors.take(self._store.packages, self._store.releases_in_use(), stop)
            vectors.chunks(self._store.local, self._store.name, progress, stop)
            vectors.releases(self._store.packages, [release.key for release in used], progress, stop)
            self._settle(stop)

    def _read_programs(
        self, programs: ProgramSync, executor: Executor, progress: OnProgress, stop: threading.Event
    ) -> None:
        """Read what the programs say of their options that the workspace calls: last, since it may take a while."""
        found = programs.write(self._files.used(), executor, progress, stop)
        if not stop.is_set():
            others = {key for key in self._store.releases_in_use() if not is_help_text(key)}
            self._store.write_state(others | found, self._store.environment())
            self._settle(stop)

    def embed(self, paths: Sequence[str]) -> None:
        """Compute the vectors of the files ``paths`` here; a shared index would be too slow while a user types."""
        if self._embedder is not None:
            never = threading.Event()
            vectors = VectorSync(self._embedder)
            vectors.chunks(self._store.local, self._store.name, ignore_progress, never, paths)

    def _open_shared(self, progress: OnProgress) -> SharedReader | None:
        if not self._uri:
            return None
        model = self._embedder.model_id if self._embedder is not None else ""
        shared = SharedIndex(self._uri, model, self._store.dimension)
        return SharedReader(shared, lambda problem: _warn(problem, progress))

    def _show(self, packages: PackageSync, plan: BuildOrder, projects: Set[str]) -> None:
        """Record which releases belong to this workspace's environment."""
        visible = {release.key for release in (*plan.now, *plan.next, *packages.installed())}
        self._store.write_state(visible | projects, packages.environment)

    def _settle(self, stop: threading.Event) -> None:
        if not stop.is_set():
            self._store.packages.optimize()
            self._store.local.optimize()


def _warn(problem: str, progress: OnProgress) -> None:
    log.warning("%s", problem)
    progress(Progress("warning", 0, 0, problem))
