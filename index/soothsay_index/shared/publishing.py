"""Publishing of a workspace's packages, vectors and own definitions to a shared index."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa

from soothsay_index.errors import SoothsayIndexError
from soothsay_index.progress import OnProgress
from soothsay_index.runtime.project import WorkspaceVersion
from soothsay_index.shared.index import ROWS, SHARED, Published, SharedIndex, counts, is_shared, with_column
from soothsay_index.shared.locations import to_portable_uris
from soothsay_index.sources.base import Release, is_help_text, package_of
from soothsay_index.store.database import Database, one_of, quote
from soothsay_index.store.rows import vector_key
from soothsay_index.store.store import Store
from soothsay_index.types import Progress
from soothsay_languages.environment import IN_PLACE, Environment

log = logging.getLogger(__name__)

_ROWS_AT_ONCE = 20_000
GRACE_PERIOD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PublishResult:
    """The result of publishing: what was added to a shared index."""

    uri: str
    releases: int = 0
    rows: int = 0
    vectors: int = 0
    project: str = ""

    def describe(self) -> str:
        """Return the result in one line."""
        project = f", {self.project} itself among them" if self.project else ""
        added = f"{self.releases} releases ({self.rows} rows{project}) and {self.vectors} vectors"
        return f"{added} are new in {self.uri}"


class Publisher:
    """Publish from ``store`` what the shared index lacks; an interrupted run can be repeated."""

    def __init__(
        self,
        store: Store,
        shared: SharedIndex,
        environment: Environment | None,
        leave: timedelta = GRACE_PERIOD,
    ) -> None:
        """``leave``: readers and publishers that take longer than this count as dead."""
        self._store = store
        self._leave = leave
        self._shared = shared
        self._environment = environment
        self._stamp = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"

    def publish(
        self, project: WorkspaceVersion | None, progress: OnProgress, stop: threading.Event
    ) -> PublishResult:
        """Add the releases that the workspace sees, and the workspace itself as ``project`` unless that is None."""
        self._shared.prepare()
        there = self._shared.releases()
        releases = rows = vectors = 0
        for keys, added in self._packages(there.keys(), progress, stop):
            releases, rows = releases + len(keys), rows + added
        named = ""
        if project is not None and not stop.is_set():
            release = Release(project.name, project.version, project.name, source=SHARED)
            if release.key not in there:
                rows += self._project(release, there)
                releases, named = releases + 1, f"{project.name} {project.version}"
        for package, wanted in self._wanted_vectors(project):
            if stop.is_set():
                break
            vectors += self._add_vectors(package, wanted, progress)
        if not stop.is_set():
            self._clean_up()
        return PublishResult(self._shared.uri, releases, rows, vectors, named)

    # -- packages ------------------------------------------------------------------------------------------

    def _packages(
        self, there: Iterable[str], progress: OnProgress, stop: threading.Event
    ) -> Iterator[tuple[Sequence[str], int]]:
        """Publish missing releases; yield the keys and the number of rows of each step."""
        if self._environment is None:
            return
        states = self._store.packages.manifest().releases
        known = set(there)
        missing = [
            key
            for key in sorted(self._store.releases_in_use())
            if key in states and key not in known and _may_publish(key)
        ]
        done = 0
        for keys in _batches(missing, {key: states[key].symbols + states[key].chunks for key in missing}):
            if stop.is_set():
                return
            progress(Progress("publishing", done, len(missing), keys[0]))
            tables = {
                name: self._store.packages.arrow(name, one_of("release", keys), limit=1_000_000_000)
                for name in ROWS
            }
            yield keys, self._put(dict.fromkeys(keys, ""), tables, self._environment)
            done += len(keys)
        progress(Progress("publishing", done, len(missing)))

    def _put(
        self, projects: Mapping[str, str], tables: Mapping[str, pa.Table], environment: Environment | None
    ) -> int:
        """Add rows, and then say that they are there. ``projects`` has the project of each release, or nothing."""
        for name, rows in tables.items():
            stamped = with_column(rows, "stamp", _all(rows, self._stamp))
            if "uri" in rows.column_names and environment is not None:
                stamped = with_column(stamped, "uri", to_portable_uris(rows.column("uri"), environment))
            self._shared.add(name, stamped)
        symbols, chunks = counts(tables["symbols"], "release"), counts(tables["chunks"], "release")
        now = time.time()
        self._shared.announce(
            Published(key, self._stamp, now, project, symbols.get(key, 0), chunks.get(key, 0))
            for key, project in projects.items()
        )
        return sum(len(rows) for rows in tables.values())

    # -- the workspace -------------------------------------------------------------------------------------

    def _project(self, release: Release, there: Mapping[str, Published]) -> int:
        """Publish what the workspace defines and what it says in prose, in place of what it did before."""
        tables = project_tables(self._store.local, release)
        added = self._put({release.key: release.package}, tables, None)
        older = [(key, each.stamp) for key, each in there.items() if each.project == release.package]
        for name in ("releases", *ROWS):  # in this order, so that no reader begins to read removed rows
            self._shared.withdraw(name, older)
        return added

    # -- vectors -------------------------------------------------------------------------------------------

    def _wanted_vectors(self, project: WorkspaceVersion | None) -> Iterator[tuple[str, _PackageVectors]]:
        """Yield by package the local vectors with their keys in the shared index."""
        packages = self._store.packages
        by_package: dict[str, set[str]] = {}
        for key in self._store.releases_in_use():
            if _may_publish(key):
                by_package.setdefault(package_of(key), set()).add(key)
        for package, releases in sorted(by_package.items()):
            keys: set[str] = set()
            for name in ("symbols", "chunks"):
                rows = packages.arrow(
                    name, one_of("release", sorted(releases)), ["vector_key"], 1_000_000_000
                )
                keys.update(rows.column("vector_key").to_pylist())
            yield package, _PackageVectors(packages, package, {key: key for key in keys if key})
        if project is not None:
            texts = own_texts(self._store.local)
            named = {key: vector_key(project.name, text) for key, text in texts.items()}
            yield project.name, _PackageVectors(self._store.local, self._store.name, named)

    def _add_vectors(self, package: str, wanted: _PackageVectors, progress: OnProgress) -> int:
        there = self._shared.vector_keys(package)
        missing = {here: name for here, name in wanted.names.items() if name not in there}
        if not missing:
            return 0
        rows = wanted.database.arrow("vectors", f"package = {quote(wanted.package)}", limit=1_000_000_000)
        keys = rows.column("key").to_pylist()
        rows = rows.filter(pa.array([key in missing for key in keys], pa.bool_()))
        names = pa.array([missing[key] for key in keys if key in missing], pa.string())
        rows = with_column(with_column(rows, "key", names), "package", _all(rows, package))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            progress(Progress("vectors", start, len(rows), package))
            self._shared.add("vectors", rows.slice(start, _ROWS_AT_ONCE))
        progress(Progress("vectors", len(rows), len(rows), package))
        return len(rows)

    # -- afterwards ----------------------------------------------------------------------------------------

    def _clean_up(self) -> None:
        """Remove what dead publishers left and duplicates, then compact."""
        try:
            valid = {(key, each.stamp) for key, each in self._shared.releases().items()}
            limit = f"{time.time_ns() - int(self._leave.total_seconds() * 1e9):020d}"
            for name in ("releases", *ROWS):
                rest = self._shared.publications(name) - valid
                self._shared.withdraw(name, sorted(pair for pair in rest if pair[1] < limit))
            self._shared.compact(self._leave)
        except SoothsayIndexError as error:
            # Another publisher is doing the same, or the next one will.
            log.info("%s is not compacted: %s", self._shared.uri, error)


@dataclass(frozen=True, slots=True)
class _PackageVectors:
    """Vectors of ``package`` in ``database``, by their keys there, and the keys that others know them by."""

    database: Database
    package: str
    names: Mapping[str, str]


def project_tables(local: Database, release: Release) -> dict[str, pa.Table]:
    """Return a workspace's definitions and prose as rows of ``release``, without the text of its code.

    Files are named ``project/path``, and have no address: they are not where the reader is.
    """
    names = {key: vector_key(release.package, text) for key, text in own_texts(local).items()}
    tables: dict[str, pa.Table] = {}
    for name in ROWS:
        rows = local.arrow(name, "kind = 'prose'" if name == "chunks" else "", limit=1_000_000_000)
        # Folders of documentation outside the workspace are not the project's.
        paths = rows.column("path").to_pylist()
        rows = rows.filter(pa.array([not _is_absolute(path) for path in paths], pa.bool_()))
        paths = [f"{release.package}/{path}" if path else "" for path in rows.column("path").to_pylist()]
        changes: dict[str, pa.Array] = {
            "release": _all(rows, release.key),
            "path": pa.array(paths, pa.string()),
            "package": _all(rows, release.package),
            "version": _all(rows, release.version),
            "origin": _all(rows, "package"),
            "uri": _all(rows, ""),
            # Never closed: readers may have other versions of the files, with other names.
            "closed": pa.array([False] * len(rows), pa.bool_()),
            "symbol_id": _all(rows, ""),
        }
        if "vector_key" in rows.column_names:
            # Rows without a vector are found by full text.
            keys = [names.get(key, "") for key in rows.column("vector_key").to_pylist()]
            changes["vector_key"] = pa.array(keys, pa.string())
        if "id" in rows.column_names:
            ids = [f"{release.key}|{each}" for each in rows.column("id").to_pylist()]
            changes["id"] = pa.array(ids, pa.string())
        for column, values in changes.items():
            if column in rows.column_names:
                rows = with_column(rows, column, values)
        tables[name] = rows
    return tables


def own_texts(local: Database) -> dict[str, str]:
    """Return the embedded texts of a workspace by vector key."""
    rows = local.arrow("chunks", columns=["vector_key", "embedding_text"], limit=1_000_000_000)
    columns = (rows.column(name).to_pylist() for name in ("vector_key", "embedding_text"))
    return dict(zip(*columns, strict=True))


def _all(rows: pa.Table, value: str) -> pa.Array:
    return pa.array([value] * len(rows), pa.string())


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or path[1:2] == ":"


def _batches(keys: Sequence[str], sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Yield batches of keys of about ``_ROWS_AT_ONCE`` rows, which bounds memory."""
    batch: list[str] = []
    rows = 0
    for key in keys:
        if batch and rows + sizes[key] > _ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(key)
        rows += sizes[key]
    if batch:
        yield batch


def _may_publish(key: str) -> bool:
    """Return whether the release is one that others can have: no project, no package that is edited in place, no program."""
    return not is_shared(key) and IN_PLACE not in key and not is_help_text(key)
