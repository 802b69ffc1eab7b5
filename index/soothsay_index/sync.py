"""Bringing the store up to date: what the workspace needs first, comes first."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .database import Database, ReleaseState, one_of, quote
from .embedding import Embedder
from .environment import Environment
from .ignore import read_text
from .rows import (
    CHUNKS,
    FILES,
    OWNERS,
    SYMBOLS,
    chunk_embedding_text,
    chunk_row,
    embedding_text,
    harvest_tables,
    owner_row,
    symbol_of,
    symbol_row,
    table_of,
    vectors_schema,
)
from .sources.base import FileFacts, Harvest, PackageSource, Release
from .sources.botocore_models import PACKAGE as BOTOCORE
from .sources.botocore_models import BotocoreModels
from .sources.python_env import PythonEnvironment
from .sources.workspace import Module, Workspace, module_of, module_tree
from .store import Store
from .types import Progress

log = logging.getLogger(__name__)

OnProgress = Callable[[Progress], None]

_SERVICES_AT_ONCE = 60
_EMBED_AT_ONCE = 128
_BOTO = frozenset({"boto3", "botocore", "aiobotocore", "aioboto3"})


@dataclass(frozen=True, slots=True)
class Status:
    """How much is indexed, for people."""

    files: int = 0
    chunks: int = 0
    symbols: int = 0  # of packages and services this workspace sees, and of the workspace itself
    packages: int = 0
    services: int = 0
    embedded: int = 0  # releases with vectors
    releases: int = 0
    vectors: int = 0
    python: str = ""
    folder: str = ""

    def describe(self) -> str:
        """A look at the index in one line."""
        return (
            f"{self.files} files ({self.chunks} chunks), {self.packages} packages, {self.services} services, "
            f"{self.symbols} symbols; vectors for {self.embedded} of {self.releases} releases ({self.vectors}); "
            f"Python {self.python or 'not found'}; in {self.folder}"
        )


def _nothing(_: Progress) -> None:
    """Progress for nobody."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Releases in the order in which they are built."""

    mentioned: tuple[Release, ...]
    imported: tuple[Release, ...]
    services: tuple[Release, ...]
    rest: tuple[Release, ...]
    uses_services: bool

    @property
    def wanted(self) -> tuple[Release, ...]:
        return (*self.mentioned, *self.imported, *self.services, *self.rest)


class Builder:
    """Writes into ``store`` what ``workspace`` and ``environment`` have. One at a time: it holds a lock."""

    def __init__(
        self, workspace: Path, store: Store, environment: Environment | None, embedder: Embedder | None
    ) -> None:
        self._workspace = Workspace(workspace)
        self._store = store
        self._environment = environment
        self._embedder = embedder
        self._lock = threading.Lock()

    def build(
        self,
        progress: OnProgress = _nothing,
        cancel: threading.Event | None = None,
        all_packages: bool = False,
        embed: bool = True,
    ) -> Status:
        """Index the workspace, then what it uses, then the rest; full text first, vectors behind it.

        What is already in the store is left alone, so a second build takes a moment. ``cancel`` stops between two
        steps and leaves everything usable.
        """
        stop = cancel or threading.Event()
        with self._lock:
            self._files(list(self._workspace.files()), progress, stop, complete=True)
            plan = self._plan(all_packages)
            if self._environment is not None:
                python = f"{self._environment.version} ({self._environment.python})"
                self._store.write_state([release.key for release in self._visible(plan)], python)
            for stage, releases in (
                ("services", plan.mentioned),
                ("packages", plan.imported),
                ("services", plan.services),
                ("packages", plan.rest),
            ):
                self._releases(stage, releases, progress, stop)
            if not stop.is_set():
                self._store.packages.optimize()
                self._store.local.optimize()
            if embed and self._embedder is not None:
                self._embed(plan, progress, stop)
        return self.status()

    def update_files(self, paths: Iterable[Path], texts: Mapping[Path, str] | None = None) -> int:
        """Index changed files again; ``texts`` are unsaved contents. Returns how many files were rewritten."""
        with self._lock:
            stop = threading.Event()
            changed = self._files([Path(path) for path in paths], _nothing, stop, texts=texts)
            if changed and self._embedder is not None:
                self._embed_chunks(_nothing, stop)  # after the text: that can be found already
            return changed

    def remove_files(self, paths: Iterable[Path]) -> int:
        """Forget files."""
        relative = [name for path in paths if (name := self._relative(Path(path))) is not None]
        with self._lock:
            self._forget(relative)
            self._modules()
        return len(relative)

    def status(self) -> Status:
        """How much there is now."""
        return status_of(self._store)

    # -- workspace -----------------------------------------------------------------------------------------

    def _files(
        self,
        paths: Sequence[Path],
        progress: OnProgress,
        stop: threading.Event,
        complete: bool = False,
        texts: Mapping[Path, str] | None = None,
    ) -> int:
        """Rewrite the files among ``paths`` whose contents changed. ``complete``: these are all there are."""
        local = self._store.local
        known = {row["path"]: row["hash"] for row in local.rows("files", columns=["path", "hash"])}
        fresh: list[tuple[str, Path, str, FileFacts]] = []
        gone: list[str] = []
        seen: set[str] = set()
        for done, path in enumerate(paths):
            if stop.is_set():
                return len(fresh)
            relative = self._relative(path)
            if relative is None:
                continue
            seen.add(relative)
            if done % 20 == 0:
                progress(Progress("workspace", done, len(paths), relative))
            text = (texts or {}).get(path)
            if text is None:
                text = read_text(path) if complete or self._workspace.may_read(path) else None
            elif not self._workspace.may_read(path):
                text = None
            if text is None:
                gone.append(relative)
                continue
            digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
            if known.get(relative) == digest:
                continue
            try:
                facts = self._workspace.cut(self._workspace.root / relative, text)
            except (RecursionError, ValueError) as error:
                log.warning("%s is not indexed: %s", relative, error)
                continue
            if facts is not None:
                fresh.append((relative, path, digest, facts))
        if complete:
            gone += [path for path in known if path not in seen]
        stale = [path for path in (*gone, *(relative for relative, *_ in fresh)) if path in known]
        self._forget(stale)
        self._write(fresh)
        if complete or any(path not in known for path, *_ in fresh) or any(path in known for path in gone):
            self._modules()
        progress(Progress("workspace", len(paths), len(paths), f"{len(fresh)} changed"))
        return len(fresh)

    def _relative(self, path: Path) -> str | None:
        try:
            return (
                (path if path.is_absolute() else self._workspace.root / path)
                .relative_to(self._workspace.root)
                .as_posix()
            )
        except ValueError:
            try:
                return path.resolve().relative_to(self._workspace.root).as_posix()
            except ValueError:
                return None

    def _forget(self, paths: Sequence[str]) -> None:
        if paths:
            for table in ("symbols", "owners", "chunks", "files"):
                self._store.local.delete_in(table, "path", paths)

    def _write(self, files: Sequence[tuple[str, Path, str, FileFacts]]) -> None:
        symbols, owners, chunks, rows = [], [], [], []
        package = self._workspace.name
        for relative, _, digest, facts in files:
            absolute = self._workspace.root / relative
            module = module_of(self._workspace.root, absolute)
            symbols += [symbol_row(symbol, "", relative) for symbol in facts.symbols]
            owners += [owner_row(owner, "", relative) for owner in facts.owners]
            chunks += [chunk_row(chunk, module.name, package) for chunk in facts.chunks]
            rows.append(
                {
                    "path": relative,
                    "uri": absolute.as_uri(),
                    "hash": digest,
                    "module": module.name,
                    "is_package": module.is_package,
                    "modules": " ".join(facts.imports.modules),
                    "services": " ".join(facts.imports.services),
                }
            )
        local = self._store.local
        local.add("symbols", table_of(symbols, SYMBOLS))
        local.add("owners", table_of(owners, OWNERS))
        local.add("chunks", table_of(chunks, CHUNKS))
        local.add("files", table_of(rows, FILES))  # last: a file is only known once all of it is written

    def _modules(self) -> None:
        """Write the packages' submodules again: they belong to no single file."""
        local = self._store.local
        rows = local.rows("files", columns=["module", "uri", "is_package"])
        symbols, owners = module_tree(
            ((row["module"], row["uri"], row["is_package"]) for row in rows), self._workspace.name
        )
        local.delete("symbols", "path = ''")
        local.delete("owners", "path = ''")
        local.add("symbols", table_of([symbol_row(symbol, "") for symbol in symbols], SYMBOLS))
        local.add("owners", table_of([owner_row(owner, "") for owner in owners], OWNERS))

    # -- packages and services -----------------------------------------------------------------------------

    def _plan(self, all_packages: bool) -> _Plan:
        if self._environment is None:
            return _Plan((), (), (), (), False)
        files = self._store.local.rows("files", columns=["module", "modules", "services"])
        own = {row["module"].split(".", 1)[0] for row in files}
        roots: dict[str, int] = {}
        services: dict[str, int] = {}
        for row in files:
            for root in {module.split(".", 1)[0] for module in row["modules"].split()}:
                roots[root] = roots.get(root, 0) + 1
            for service in row["services"].split():
                services[service] = services.get(service, 0) + 1
        packages = PythonEnvironment(self._environment)
        imported = [
            release
            for root in sorted(roots, key=lambda name: (-roots[name], name))
            if root not in own and (release := packages.release_of(root)) is not None
        ]
        # The standard library is well known to every model: third-party packages first.
        imported.sort(key=lambda release: release.package == "python")
        models = self._models()
        known = {release.part: release for release in models.releases()} if models else {}
        mentioned = [
            known[name] for name in sorted(services, key=lambda n: (-services[n], n)) if name in known
        ]
        others = [release for release in known.values() if release not in mentioned]
        rest = (
            [r for r in packages.releases() if r not in imported and r.part not in own]
            if all_packages
            else []
        )
        uses = bool(_BOTO & roots.keys()) or bool(mentioned)
        return _Plan(tuple(mentioned), tuple(imported), tuple(others), tuple(rest), uses)

    def _visible(self, plan: _Plan) -> Iterator[Release]:
        yield from plan.wanted
        assert self._environment is not None
        yield from PythonEnvironment(self._environment).releases()

    def _models(self) -> BotocoreModels | None:
        assert self._environment is not None
        data = self._environment.find_folder("botocore/data")
        installed = self._environment.package_of(BOTOCORE)
        return BotocoreModels(data, installed.version) if data and installed else None

    def _releases(
        self, stage: str, releases: Sequence[Release], progress: OnProgress, stop: threading.Event
    ) -> None:
        if not releases or self._environment is None:
            return
        database = self._store.packages
        missing = [release for release in releases if release.key not in database.manifest().releases]
        services = [release for release in missing if release.origin == "service"]
        packages = [release for release in missing if release.origin != "service"]
        models = self._models()
        batches: list[tuple[PackageSource | None, list[Release]]] = [
            (models, services[start : start + _SERVICES_AT_ONCE])
            for start in range(0, len(services), _SERVICES_AT_ONCE)
        ]
        batches += [(PythonEnvironment(self._environment), [release]) for release in packages]
        done = len(releases) - len(missing)
        for source, batch in batches:
            if stop.is_set() or source is None:
                return
            progress(Progress(stage, done, len(releases), batch[0].part))
            with database.writing():
                # Another process may have written some of these while this one waited.
                written = database.manifest().releases
                self._write_releases(source, [release for release in batch if release.key not in written])
            done += len(batch)
        progress(Progress(stage, len(releases), len(releases)))

    def _write_releases(self, source: PackageSource, batch: Sequence[Release]) -> None:
        if not batch:
            return
        harvests: list[tuple[Release, Harvest]] = []
        for release in batch:
            try:
                harvests.append((release, source.harvest(release)))
            except Exception as error:  # one broken package must not stop the run
                log.warning("%s %s is not indexed: %s", release.package, release.version, error)
                harvests.append((release, Harvest()))
        tables = harvest_tables(harvests)
        database = self._store.packages
        keys = [release.key for release in batch]
        # What a build that was killed half-way left behind.
        for name, rows in tables.items():
            database.delete_in(name, "release", keys)
            database.add(name, rows)
        database.mark(
            {
                release.key: ReleaseState(len(harvest.symbols), release.origin, embedded=not harvest.symbols)
                for release, harvest in harvests
            }
        )

    # -- vectors -------------------------------------------------------------------------------------------

    def _embed(self, plan: _Plan, progress: OnProgress, stop: threading.Event) -> None:
        assert self._embedder is not None
        self._embed_chunks(progress, stop)
        # only what the workspace uses: all 18,000 operations would take minutes, and full text finds them anyway
        wanted = [*plan.mentioned, *(r for r in plan.imported if r.package != "python")]
        wanted += [r for r in plan.imported if r.package == "python"]
        states = self._store.packages.manifest().releases
        missing = [r for r in wanted if r.key in states and not states[r.key].embedded]
        total = sum(states[release.key].symbols for release in missing)
        done = 0
        for release in missing:
            if not self._embed_release(release, done, total, progress, stop):
                return
            done += states[release.key].symbols
            state = states[release.key]
            self._store.packages.mark({release.key: ReleaseState(state.symbols, state.origin, embedded=True)})
        if missing:
            self._store.packages.optimize()
        progress(Progress("embedding", total, total))

    def _embed_release(
        self, release: Release, done: int, total: int, progress: OnProgress, stop: threading.Event
    ) -> bool:
        """Fill in the vectors of one release; False when stopped."""
        database = self._store.packages
        rows = database.rows("symbols", f"release = {quote(release.key)} AND vector_key != ''")
        # What stands nearest to the package's root is what people call most.
        rows.sort(key=lambda row: row["owner"].count("."))
        texts = {row["vector_key"]: embedding_text(symbol_of(row)) for row in rows}
        return self._write_vectors(
            database,
            release.package,
            texts,
            lambda n: progress(Progress("embedding", done + n, total, release.part)),
            stop,
        )

    def _embed_chunks(self, progress: OnProgress, stop: threading.Event) -> None:
        from .rows import chunk_of

        local = self._store.local
        symbols = {row["id"]: symbol_of(row) for row in local.rows("symbols")}
        texts = {
            row["vector_key"]: chunk_embedding_text(chunk_of(row, symbols.get(row["symbol_id"])))
            for row in local.rows("chunks")
        }
        self._write_vectors(
            local,
            self._workspace.name,
            texts,
            lambda n: progress(Progress("embedding", n, len(texts), "workspace")),
            stop,
        )

    def _write_vectors(
        self,
        database: object,
        package: str,
        texts: Mapping[str, str],
        report: Callable[[int], None],
        stop: threading.Event,
    ) -> bool:

        assert isinstance(database, Database)
        assert self._embedder is not None
        present = {row["key"] for row in database.rows_in("vectors", "key", list(texts), ["key"])}
        missing = [key for key in texts if key not in present]
        schema = vectors_schema(self._store.dimension)
        for start in range(0, len(missing), _EMBED_AT_ONCE):
            if stop.is_set():
                return False
            report(len(present) + start)
            keys = missing[start : start + _EMBED_AT_ONCE]
            vectors = self._embedder.encode([texts[key] for key in keys])
            rows = [
                {"key": key, "package": package, "vector": vector}
                for key, vector in zip(keys, vectors.tolist(), strict=True)
            ]
            database.add("vectors", table_of(rows, schema))
        return True


def status_of(store: Store) -> Status:
    """How much ``store`` has for its workspace."""
    visible = store.releases_in_use()
    states = {key: state for key, state in store.packages.manifest().releases.items() if key in visible}
    packages = {key.split("/", 1)[0] for key, state in states.items() if state.origin == "package"}
    return Status(
        files=store.local.count("files"),
        chunks=store.local.count("chunks"),
        symbols=sum(state.symbols for state in states.values()) + store.local.count("symbols"),
        packages=len(packages),
        services=sum(state.origin == "service" for state in states.values()),
        embedded=sum(state.embedded for state in states.values()),
        releases=len(states),
        vectors=store.packages.count("vectors") + store.local.count("vectors"),
        python=store.python(),
        folder=str(store.packages.folder.parent),
    )


__all__ = ["Builder", "Module", "OnProgress", "Status", "one_of", "status_of"]
