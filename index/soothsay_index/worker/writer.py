"""Writing of an index, by this process or by the one that holds the workspace's lease."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soothsay_common.priority import BACKGROUND
from soothsay_common.threads import SerialExecutor
from soothsay_index.build.builder import Builder
from soothsay_index.build.claims import Claims
from soothsay_index.build.files import FileSync, OnParsed, ignore_parsed
from soothsay_index.build.packages import PackageSync
from soothsay_index.build.process_pool import OpenExecutor
from soothsay_index.build.programs import ProgramSync
from soothsay_index.build.vectors import VectorSync
from soothsay_index.embedding.embedder import Embedder
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.progress import OnProgress, ignore_progress
from soothsay_index.runtime.environment import locate_environment, logged, read_environment
from soothsay_index.sources.base import Used
from soothsay_index.sources.workspace import Workspace
from soothsay_index.store.database import Database
from soothsay_index.store.mending import mend
from soothsay_index.store.pruning import prune_other_versions, prune_releases, prune_vectors
from soothsay_index.store.store import Store
from soothsay_index.store.suspects import Suspects
from soothsay_index.types import Progress
from soothsay_index.worker.build_turns import BuildTurn, BuildTurns
from soothsay_index.worker.lease import Lease
from soothsay_index.worker.requests import WriteRequest, WriteRequests
from soothsay_languages.environment import Environment

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.02  # how often a submitted request is checked
_EMBEDDING_SECONDS = 1.0
_EMBEDDED_FILES = 8  # files: about a second
_MAX_UNCOMPACTED_WRITES = 400  # 8 for each updated file; more make searches slow


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Options of a build. ``interpreter``: None for the one that editors would choose.

    ``awaited``: somebody waits for it, so it has the priority of other programs. ``file``: the path of the file whose
    packages are read; None for all that the workspace uses or is likely to use.
    """

    interpreter: str | None = None
    all_packages: bool = False
    embed: bool = True
    awaited: bool = False
    file: str | None = None


class Writer:
    """Build, update and compact the store of one workspace. Thread-safe.

    While another process holds the lease, writes are submitted to it as requests; when it ends, this one takes over.
    """

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        embedder: Embedder | None,
        open_executor: OpenExecutor,
        uri: str = "",
        programs: ProgramSync | None = None,
    ) -> None:
        """``uri`` is a shared index that builds take from; empty: none.

        ``programs`` reads the help texts of programs that the workspace calls; None: nobody does.
        """
        self._store = store
        self._uri = uri
        self._programs = programs
        self._workspace = workspace
        self._embedder = embedder
        self._open_executor = open_executor
        self._lease = Lease(store.local.folder)
        self.suspects = Suspects(store.local.folder)
        self._requests = WriteRequests(store.local.folder / "inbox")
        self._taking_over = threading.Lock()
        self._turns = BuildTurns()
        self._claims = Claims()
        self._serving: set[Path] = set()  # requests of others whose builds wait or run
        # Threads have the priority of who starts them: this one starts here, not where a request is found.
        self._awaited_builds = SerialExecutor("awaited-build")
        self._awaited_builds.submit(int)
        self._unembedded: dict[str, None] = {}  # releases that were read apart from builds
        self._packages: tuple[Environment, PackageSync] | None = None
        self.on_environment: Callable[[], object] = int  # called when an environment was read
        self._files: FileSync | None = None
        self._is_sound = False  # whether somebody has looked for damage
        self._active_writes = 0
        self._keeps_lease = False
        self.environment: Environment | None = None  # of the last build
        self.environment_sought = False  # whether a build has looked for one
        self._without_vectors: dict[str, None] = {}

    # -- the lease -----------------------------------------------------------------------------------------

    def keep_lease(self) -> FileSync | None:
        """Take the lease, if it is free, and keep it; return None while another process has it.

        A process that keeps the lease serves the requests of others, which hold it only while they write.
        """
        files = self._take_over()
        self._keeps_lease = self._keeps_lease or files is not None
        return files

    def _take_over(self) -> FileSync | None:
        with self._taking_over:
            if self._files is None and self._lease.acquire():
                self._files = self._open_files()
            return self._files

    def _open_files(self) -> FileSync:
        local = self._store.local
        try:
            local.refresh()
            return FileSync(self._workspace, local, self.suspects, self._open_executor)
        except Exception as error:  # whatever LanceDB raises for a damaged file
            if not self._mend(local):
                raise
            log.warning("the index of the workspace was repaired: %s", error)
            return FileSync(self._workspace, local, self.suspects, self._open_executor)

    def _mend(self, database: Database) -> bool:
        """Mend damage of a database, and note what there was; return whether there was any."""
        damage = mend(database)
        if damage is not None:
            database.notes.append(damage.describe(database.folder))
        return damage is not None

    def look_for_damage(self) -> None:
        """Look for damaged files before the next build."""
        self._is_sound = False

    def _mend_once(self, progress: OnProgress) -> None:
        """Look for damaged files where nobody has looked yet, and tell what was noted."""
        if not self._is_sound:
            self._is_sound = True
            self._mend(self._store.packages)
            if self._mend(self._store.local):
                with self._taking_over:
                    self._files = None  # it knows the files as they were
        for database in (self._store.packages, self._store.local):
            for note in database.notes:
                log.warning("%s", note)
                progress(Progress("warning", 0, 0, note))
            database.notes.clear()

    @contextmanager
    def _writing(
        self,
        content: dict[str, Any],
        progress: OnProgress = ignore_progress,
        stop: threading.Event | None = None,
    ) -> Iterator[FileSync | None]:
        """Yield the files to write, or None if another process has done what ``content`` says."""
        with self._taking_over:
            self._active_writes += 1
        try:
            yield self._take_over() or self._ask(content, progress, stop)
        finally:
            with self._taking_over:
                self._active_writes -= 1
                if not self._active_writes and not self._keeps_lease:
                    self._files = None
                    self._lease.release()

    def close(self) -> None:
        """Release the lease. Pending requests stay for the next holder."""
        with self._taking_over:
            self._files = None
            self._keeps_lease = False
            self._lease.release()

    # -- what is asked of an index -------------------------------------------------------------------------

    def build(
        self,
        options: BuildOptions,
        open_files: Used,
        progress: OnProgress = ignore_progress,
        stop: threading.Event | None = None,
    ) -> None:
        """Bring everything up to date with the workspace and the environment of ``options.interpreter``.

        Where no environment is found, that is reported as progress of stage ``environment`` and the workspace alone
        is indexed.
        """
        environment = None
        try:
            found = logged(locate_environment(self._workspace.root, options.interpreter))
            for refusal in found.refused:
                progress(Progress("warning", 0, 0, refusal))
            environment = read_environment(found)
        except SoothsayIndexError as error:
            progress(Progress("environment", 0, 0, str(error)))
        self.build_from(environment, options, open_files, progress, stop)

    def build_from(
        self,
        environment: Environment | None,
        options: BuildOptions,
        open_files: Used,
        progress: OnProgress = ignore_progress,
        stop: threading.Event | None = None,
    ) -> None:
        """Like :meth:`build`, with an environment that was found already."""
        stop = stop or threading.Event()
        self._use(environment)
        self.on_environment()
        content = {
            "do": "build",
            "interpreter": options.interpreter,
            "all_packages": options.all_packages,
            "embed": options.embed,
            "awaited": options.awaited,
            "file": options.file,
        }
        with self._writing(content, progress, stop) as files:
            if files is None:
                return
            self._mend_once(progress)
            files = self._take_over() or files
            if environment is None:  # what another one had is not known to be here
                self._store.write_state((), "")
            builder = self._builder(files, options)
            turn: BuildTurn | None = None
            while turn is None or turn.is_interrupted:
                with self._turns.turn(stop, awaited=options.awaited) as turn:
                    builder.build(
                        environment,
                        open_files,
                        progress,
                        turn,
                        all_packages=options.all_packages,
                        embed=options.embed,
                        file=Path(options.file) if options.file else None,
                    )

    def _builder(self, files: FileSync, options: BuildOptions) -> Builder:
        niceness = 0 if options.awaited else BACKGROUND
        return Builder(
            self._store,
            files,
            self._embedder,
            lambda: self._open_executor(niceness),
            self._uri,
            self._claims,
            self._programs,
        )

    def _use(self, environment: Environment | None) -> None:
        """Answer from the packages of ``environment`` from now on."""
        self.environment, self.environment_sought = environment, True

    def refresh_environment(self, options: BuildOptions) -> None:
        """Read again what is installed, so that what was installed just now can be read before the next build."""
        before = set[str]() if self.environment is None else self._sync_of(self.environment).installed_keys()
        environment = read_environment(locate_environment(self._workspace.root, options.interpreter))
        self._use(environment)
        packages = self._sync_of(environment)
        others = self._store.releases_in_use() - before
        self._store.write_state(others | packages.installed_keys(), packages.environment)

    def read_used(self, used: Used, stop: threading.Event) -> bool:
        """Read the packages of ``used`` that are installed and not indexed, now; return whether there were any."""
        environment = self.environment
        if environment is None:
            return False
        packages = self._sync_of(environment)
        wanted = packages.build_order(used).now
        keys = {release.key for release in wanted}
        in_use = self._store.releases_in_use()
        if not keys <= in_use:  # of the standard library
            self._store.write_state(in_use | keys, packages.environment)
        missing = packages.missing(wanted)
        if not missing:
            return False
        names = {release.key: release.part for release in missing}
        with self._claims.held(names), self._open_executor(0) as executor:
            packages.write(missing, executor, ignore_progress, stop)
        self._unembedded.update(dict.fromkeys(names))
        return True

    def read_programs(self, used: Used, stop: threading.Event) -> bool:
        """Read the help texts of the programs of ``used`` that are not indexed; return whether more are known then."""
        if self._programs is None:
            return False
        with self._open_executor(BACKGROUND) as executor:
            found = self._programs.write(used, executor, ignore_progress, stop)
        in_use = self._store.releases_in_use()
        if found <= in_use:
            return False
        self._store.write_state(in_use | found, self._store.environment())
        return True

    def _sync_of(self, environment: Environment) -> PackageSync:
        """Return what reads the packages of ``environment``: making it looks at many files."""
        known = self._packages
        if known is None or known[0] is not environment:
            self._packages = known = environment, PackageSync(environment, self._store.packages)
        return known[1]

    @property
    def reading(self) -> tuple[str, ...]:
        """Return the names of the packages that are being read."""
        return self._claims.names()

    def update(self, paths: Iterable[Path], on_parsed: OnParsed = ignore_parsed) -> int:
        """Index changed files again and remove deleted ones; return how many were rewritten.

        ``on_parsed`` gets the parsed files before they are stored, if this process stores them.
        """
        paths = list(paths)
        with self._writing({"do": "update", "paths": [str(path) for path in paths]}) as files:
            if files is None:
                return len(paths)
            changed = files.update(paths, on_parsed)
        self._without_vectors.update(dict.fromkeys(changed))
        return len(changed)

    def remove(self, paths: Iterable[Path]) -> int:
        """Remove files from the index; return how many were known."""
        paths = list(paths)
        with self._writing({"do": "remove", "paths": [str(path) for path in paths]}) as files:
            return len(paths) if files is None else files.remove(paths)

    def _ask(
        self,
        content: dict[str, Any],
        progress: OnProgress = ignore_progress,
        stop: threading.Event | None = None,
    ) -> FileSync | None:
        """Submit a request and wait; return the files to write if the other process has ended instead."""
        request = self._requests.submit(content)
        holder = self._lease.holder()
        progress(Progress("waiting", 0, 0, f"process {holder.pid if holder else '?'} writes this index"))
        while not request.done:
            reported = request.progress()
            if reported is not None:
                progress(reported)
            files = self._take_over()
            if files is not None or (stop is not None and stop.is_set()):
                self._requests.finish(request)
                return files
            time.sleep(_POLL_SECONDS)
        self._store.local.refresh()
        self._store.packages.refresh()
        return None

    # -- what the holder of the lease does besides ---------------------------------------------------------

    def serve_requests(self, open_files: Used) -> None:
        """Serve the requests of other processes; builds run on their own thread."""
        files = self.keep_lease()
        if files is None:
            return
        for request in self._requests.pending():
            content = request.content
            if content.get("do") == "build":
                self._begin_build_for(request, open_files)
                continue
            try:
                self._write_for(files, content)
            except (
                Exception
            ):  # whatever another version, or program, has put there: those behind it are served
                log.exception(
                    "a request of another process failed, and is dropped: its files wait for the next build"
                )
            self._requests.finish(request)

    def _write_for(self, files: FileSync, content: Mapping[str, Any]) -> None:
        paths = [Path(path) for path in content.get("paths", ())]
        if content.get("do") == "remove":
            files.remove(paths)
        else:
            self._without_vectors.update(dict.fromkeys(files.update(paths)))

    def _begin_build_for(self, request: WriteRequest, open_files: Used) -> None:
        """Build for another process, one build at a time: the request stays pending until it is done."""
        awaited = bool(request.content.get("awaited"))
        if request.path in self._serving or (not awaited and (self._serving or self.is_building)):
            return
        self._serving.add(request.path)
        if awaited:
            self._awaited_builds.submit(self._build_for, request, open_files)
        else:
            threading.Thread(
                target=self._build_for, args=(request, open_files), name="build", daemon=True
            ).start()

    def _build_for(self, request: WriteRequest, open_files: Used) -> None:
        content = request.content
        options = BuildOptions(
            content.get("interpreter"),
            bool(content.get("all_packages")),
            bool(content.get("embed", True)),
            bool(content.get("awaited")),
            content.get("file"),
        )
        try:
            self.build(options, open_files, request.report)
        except Exception:
            log.exception("a build for another process failed")
        finally:
            self._requests.finish(request)
            self._serving.discard(request.path)

    def embed_updated(self) -> None:
        """Compute the vectors of some updated files."""
        if self._embedder is None or self._files is None or self._turns.is_building:
            return
        if not getattr(self._embedder, "loaded", True):
            return
        paths = list(self._without_vectors)[:_EMBEDDED_FILES]
        if paths:
            self._builder(self._files, BuildOptions()).embed(paths)
            for path in paths:
                self._without_vectors.pop(path, None)
        elif self._unembedded:
            self._embed_releases(self._embedder)

    def _embed_releases(self, embedder: Embedder) -> None:
        """Compute vectors of packages that were read apart from builds, for a moment: the next one goes on."""
        stop = threading.Event()
        timer = threading.Timer(_EMBEDDING_SECONDS, stop.set)
        timer.start()
        try:
            vectors = VectorSync(embedder)
            vectors.releases(self._store.packages, list(self._unembedded), ignore_progress, stop)
        finally:
            timer.cancel()
        states = self._store.packages.manifest().releases
        for key in [key for key in self._unembedded if key not in states or states[key].embedded]:
            self._unembedded.pop(key, None)

    @property
    def is_building(self) -> bool:
        """Return True while this process builds."""
        return self._turns.is_building

    @property
    def uncompacted_writes(self) -> int:
        """Return the number of writes since the last compaction."""
        return self._store.local.uncompacted_writes

    @property
    def needs_compaction(self) -> bool:
        """Return whether searches are slow because of writes since the last compaction."""
        return self.uncompacted_writes >= _MAX_UNCOMPACTED_WRITES

    def compact(self) -> None:
        """Compact the workspace's tables, if anything was written."""
        if self._files is not None:
            self._store.local.optimize()

    def prune(self) -> None:
        """Remove unused releases and vectors."""
        if self._files is not None and not self._turns.is_building:
            gone = prune_releases(self._store)
            prune_vectors(self._store.local)
            prune_other_versions(self._store.packages)
            prune_other_versions(self._store.local)
            if gone:
                log.info("%d releases of packages that no workspace uses were removed", len(gone))
