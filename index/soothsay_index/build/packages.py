"""Synchronisation of the package database with the installed releases."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, replace
from itertools import groupby

from soothsay_index.build.careful_pool import TaskDiedError
from soothsay_index.build.claims import Claims
from soothsay_index.progress import OnProgress
from soothsay_index.shared.local_files import LocalFileFilter
from soothsay_index.shared.reader import SharedReader
from soothsay_index.sources.base import PackageSource, Release, Used
from soothsay_index.sources.registry import package_sources
from soothsay_index.store.database import Database
from soothsay_index.store.manifest import ReleaseState
from soothsay_index.store.releases import ReleaseTables, harvest_releases, nothing_of
from soothsay_index.store.rows import rows_with
from soothsay_index.types import Progress
from soothsay_languages.environment import Environment

log = logging.getLogger(__name__)

_SERVICES_AT_ONCE = 20  # a package may be as large as a hundred services
_USED_NOTED_EVERY = 24 * 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """Releases by build priority."""

    now: tuple[Release, ...] = ()  # used by the workspace: embedded, too
    next: tuple[Release, ...] = ()  # likely to be used
    rest: tuple[Release, ...] = ()  # all others that are installed


class PackageSync:
    """Write the releases of one environment, each once for all workspaces."""

    def __init__(
        self,
        environment: Environment,
        database: Database,
        shared: SharedReader | None = None,
        claims: Claims | None = None,
    ) -> None:
        """``shared`` is a shared index to copy releases from instead of reading them; ``claims``: what others read."""
        self._environment = environment
        self._database = database
        self._shared = shared
        self._claims = claims or Claims()
        self._sources: Mapping[str, PackageSource] = package_sources(environment)

    @property
    def environment(self) -> str:
        """Return the environment's description, for display."""
        return self._environment.describe()

    def build_order(self, used: Used) -> BuildOrder:
        """Return the releases of the environment by priority for a workspace that uses ``used``."""
        now: dict[Release, None] = {}
        after: dict[Release, None] = {}
        for source in self._sources.values():
            relevant = source.relevant(used)
            now.update(dict.fromkeys(relevant.now))
            after.update(dict.fromkeys(relevant.next))
        later = tuple(release for release in after if release not in now)
        rest = tuple(release for release in self.installed() if release not in now and release not in after)
        return BuildOrder(tuple(now), later, rest)

    def installed(self) -> Iterator[Release]:
        """Yield all releases that are installed in the environment."""
        for source in self._sources.values():
            yield from source.releases()

    def installed_keys(self) -> set[str]:
        """Return the keys of all releases that are installed in the environment."""
        return {release.key for release in self.installed()}

    def write(
        self, releases: Sequence[Release], executor: Executor, progress: OnProgress, stop: threading.Event
    ) -> None:
        """Write the missing ones of ``releases``, roughly in this order."""
        missing = self.missing(releases)
        note_use(self._database, [release for release in releases if release not in missing])
        missing = [release for release in missing if release.key not in self._claims]
        if missing:
            self._write_missing(missing, len(releases), executor, progress, stop)

    def missing(self, releases: Sequence[Release]) -> list[Release]:
        """Return those of ``releases`` that are not stored."""
        known = self._database.manifest().releases
        return [release for release in releases if release.key not in known]

    def _write_missing(
        self,
        missing: list[Release],
        total: int,
        executor: Executor,
        progress: OnProgress,
        stop: threading.Event,
    ) -> None:
        for harvested in self._shared.read(missing, self._environment, stop) if self._shared else ():
            write_releases(self._database, harvested)
            missing = [release for release in missing if release not in harvested.symbols]
            progress(Progress("shared", total - len(missing), total))
        if not missing or stop.is_set():
            return
        done = total - len(missing)
        stage = {True: "services", False: "packages"}
        futures = {
            executor.submit(harvest_releases, self._environment, batch): batch for batch in _batches(missing)
        }
        progress(Progress(stage[missing[0].origin == "service"], done, total, missing[0].part))
        for future in as_completed(futures):
            if stop.is_set():
                for waiting in futures:
                    waiting.cancel()
                return
            batch = futures[future]
            for harvested in self._outcomes(future, batch, executor):
                write_releases(self._database, harvested)
            done += len(batch)
            progress(Progress(stage[batch[-1].origin == "service"], done, total, batch[-1].part))

    def _outcomes(
        self, future: Future[ReleaseTables], batch: Sequence[Release], executor: Executor
    ) -> Iterator[ReleaseTables]:
        """Yield what was read of ``batch``; a release that ends the process which reads it counts as empty."""
        try:
            yield future.result()
        except TaskDiedError as error:
            if len(batch) == 1:
                log.warning("%s %s is not indexed: %s", batch[0].package, batch[0].version, error)
                yield nothing_of(batch)
                return
            for release in batch:
                again = executor.submit(harvest_releases, self._environment, [release])
                yield from self._outcomes(again, [release], executor)

    def write_projects(self, local_files: LocalFileFilter, stop: threading.Event) -> list[Release]:
        """Write the published workspaces of the shared index and return those that are written.

        The workspace's own publication is left out if all its files are present locally.
        """
        if self._shared is None:
            return []
        shared = self._shared
        projects = [
            each
            for each in shared.projects()
            if each.package != local_files.project or not local_files.covers(each, shared.paths(each, stop))
        ]
        known = self._database.manifest().releases
        note_use(self._database, [release for release in projects if release.key in known])
        missing = [release for release in projects if release.key not in known]
        for harvested in shared.read(missing, self._environment, stop):
            write_releases(self._database, harvested)
        known = self._database.manifest().releases
        return [release for release in projects if release.key in known]


def write_releases(database: Database, harvested: ReleaseTables) -> None:
    """Store what was read of releases, except those that are stored already."""
    with database.writing():
        # Another process may have written some of them while this one read.
        written = database.manifest().releases
        keys = [release.key for release in harvested.symbols if release.key not in written]
        for name, rows in harvested.tables.items():
            database.delete_in(name, "release", keys)  # left behind by a killed process
            database.add(name, rows_with(rows, "release", keys))
        now = time.time()
        database.record_releases(
            {
                release.key: ReleaseState(
                    symbols=count,
                    origin=release.origin,
                    embedded=not count and not harvested.chunks[release],
                    chunks=harvested.chunks[release],
                    used=now,
                )
                for release, count in harvested.symbols.items()
                if release.key in keys
            }
        )
    database.index_recent_rows()


def note_use(database: Database, releases: Sequence[Release]) -> None:
    """Record that ``releases`` are in use: unused ones are pruned after some time."""
    states = database.manifest().releases
    now = time.time()
    old = {
        release.key: replace(states[release.key], used=now)
        for release in releases
        if now - states[release.key].used > _USED_NOTED_EVERY
    }
    if old:
        database.record_releases(old)


def _batches(releases: Sequence[Release]) -> Iterator[list[Release]]:
    """Yield services in groups and packages one by one, in the given order."""
    for origin, run in groupby(releases, key=lambda release: release.origin):
        group = list(run)
        size = _SERVICES_AT_ONCE if origin == "service" else 1
        for start in range(0, len(group), size):
            yield group[start : start + size]
