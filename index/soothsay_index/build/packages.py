"""The shared database, brought up to date with what is installed: what the workspace needs first, comes first."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from itertools import groupby

from soothsay_index.progress import OnProgress
from soothsay_index.runtime.environment import Environment
from soothsay_index.shared.local_files import LocalFileFilter
from soothsay_index.shared.reader import SharedReader
from soothsay_index.sources.base import PackageSource, Release, Used
from soothsay_index.sources.registry import package_sources
from soothsay_index.store.database import Database, ReleaseState
from soothsay_index.store.releases import ReleaseTables, harvest_releases
from soothsay_index.store.rows import rows_with
from soothsay_index.types import Progress

_SERVICES_AT_ONCE = 20  # a package may be as large as a hundred services
_USED_NOTED_EVERY = 24 * 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """Releases in the order in which they are worth building."""

    now: tuple[Release, ...] = ()  # what the workspace uses: these get vectors, too
    next: tuple[Release, ...] = ()  # what it is likely to use
    rest: tuple[Release, ...] = ()  # whatever else is installed


class PackageSync:
    """Writes the releases of one environment, each once, however many workspaces use it."""

    def __init__(
        self, environment: Environment, database: Database, shared: SharedReader | None = None
    ) -> None:
        """What ``shared`` has is taken from there instead of being read anew."""
        self._environment = environment
        self._database = database
        self._shared = shared
        self._sources: Mapping[str, PackageSource] = package_sources(environment)

    @property
    def python(self) -> str:
        """The environment's interpreter, for people."""
        return f"{self._environment.version} ({self._environment.python})"

    def build_order(self, used: Used) -> BuildOrder:
        """What a workspace that uses ``used`` needs, and when."""
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
        """All that the environment has."""
        for source in self._sources.values():
            yield from source.releases()

    def write(
        self, releases: Sequence[Release], executor: Executor, progress: OnProgress, stop: threading.Event
    ) -> None:
        """Write those of ``releases`` that are not there yet, in this order as far as the executor keeps to it."""
        known = self._database.manifest().releases
        self._note_use([release for release in releases if release.key in known])
        missing = [release for release in releases if release.key not in known]
        if not missing:
            return
        total = len(releases)
        for harvested in self._shared.read(missing, self._environment, stop) if self._shared else ():
            self._write(harvested)
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
            harvested = future.result()
            self._write(harvested)
            batch = futures[future]
            done += len(batch)
            progress(Progress(stage[batch[-1].origin == "service"], done, total, batch[-1].part))

    def write_projects(self, local_files: LocalFileFilter, stop: threading.Event) -> list[Release]:
        """Write the workspaces that the shared index has, and return those that are written.

        One that is ``local_files``'s own, with no file that is not here, is left out.
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
        self._note_use([release for release in projects if release.key in known])
        missing = [release for release in projects if release.key not in known]
        for harvested in shared.read(missing, self._environment, stop):
            self._write(harvested)
        known = self._database.manifest().releases
        return [release for release in projects if release.key in known]

    def _write(self, harvested: ReleaseTables) -> None:
        with self._database.writing():
            # Another process may have written some of them while this one read.
            written = self._database.manifest().releases
            keys = [release.key for release in harvested.symbols if release.key not in written]
            for name, rows in harvested.tables.items():
                self._database.delete_in(name, "release", keys)  # what a sudden death left behind
                self._database.add(name, rows_with(rows, "release", keys))
            now = time.time()
            self._database.mark(
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
        self._database.index_recent_rows()

    def _note_use(self, releases: Sequence[Release]) -> None:
        """Releases that nobody has used for long are thrown away; these are in use."""
        states = self._database.manifest().releases
        now = time.time()
        old = {
            release.key: replace(states[release.key], used=now)
            for release in releases
            if now - states[release.key].used > _USED_NOTED_EVERY
        }
        if old:
            self._database.mark(old)


def _batches(releases: Sequence[Release]) -> Iterator[list[Release]]:
    """Services in groups, packages one by one, in the given order."""
    for origin, run in groupby(releases, key=lambda release: release.origin):
        group = list(run)
        size = _SERVICES_AT_ONCE if origin == "service" else 1
        for start in range(0, len(group), size):
            yield group[start : start + size]
