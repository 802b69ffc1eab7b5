"""The writing side of an index: done here, or by the process that holds the workspace's lease."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soothsay_index.build.builder import Builder
from soothsay_index.build.files import FileSync, OnParsed, ignore_parsed
from soothsay_index.build.process_pool import OpenExecutor
from soothsay_index.embedding.embedder import Embedder
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.progress import OnProgress, ignore_progress
from soothsay_index.runtime.environment import Environment, locate_python, read_located
from soothsay_index.sources.base import Used
from soothsay_index.sources.workspace import Workspace
from soothsay_index.store.pruning import prune_releases, prune_vectors
from soothsay_index.store.store import Store
from soothsay_index.types import Progress
from soothsay_index.worker.lease import Lease
from soothsay_index.worker.requests import WriteRequest, WriteRequests

log = logging.getLogger(__name__)

_LOOK_EVERY = 0.02  # seconds between two looks whether another process has done what it was asked
_EMBED_AT_ONCE = 8  # files: about a second
_SETTLE_FROM = 400  # writes, 8 an updated file: searching beside the indices has become slow by then


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a build is about. ``interpreter``: None for the one that editors would choose."""

    interpreter: str | None = None
    all_packages: bool = False
    embed: bool = True


class Writer:
    """Builds, updates and tidies the store of one workspace. Thread-safe.

    Where another process holds the lease it is asked through the inbox, and succeeded when it ends.
    """

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        embedder: Embedder | None,
        open_executor: OpenExecutor,
        uri: str = "",
    ) -> None:
        """``uri`` is a shared index that builds take from; empty: none."""
        self._store = store
        self._uri = uri
        self._workspace = workspace
        self._embedder = embedder
        self._open_executor = open_executor
        self._lease = Lease(store.local.folder)
        self._requests = WriteRequests(store.local.folder / "inbox")
        self._taking_over = threading.Lock()
        self._building = threading.Lock()
        self._built_for: threading.Thread | None = None  # serves a build from the inbox
        self._files: FileSync | None = None
        self._at_work = 0
        self._stays = False
        self.environment: Environment | None = None  # of the last build
        self._without_vectors: dict[str, None] = {}

    # -- the lease -----------------------------------------------------------------------------------------

    def stay(self) -> FileSync | None:
        """Take the lease, if it is free, and keep it: whoever does so serves the inbox from now on.

        Others hold it only while they write. None while another process has it.
        """
        files = self._take_over()
        self._stays = self._stays or files is not None
        return files

    def _take_over(self) -> FileSync | None:
        with self._taking_over:
            if self._files is None and self._lease.acquire():
                self._store.local.refresh()
                self._files = FileSync(self._workspace, self._store.local)
            return self._files

    @contextmanager
    def _writing(
        self,
        content: dict[str, Any],
        progress: OnProgress = ignore_progress,
        stop: threading.Event | None = None,
    ) -> Iterator[FileSync | None]:
        """The files to write; None when another process has done what ``content`` says instead."""
        with self._taking_over:
            self._at_work += 1
        try:
            yield self._take_over() or self._ask(content, progress, stop)
        finally:
            with self._taking_over:
                self._at_work -= 1
                if not self._at_work and not self._stays:
                    self._files = None
                    self._lease.release()

    def close(self) -> None:
        """Let another process write. What was asked and not done stays in the inbox for it."""
        with self._taking_over:
            self._files = None
            self._stays = False
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
            found = locate_python(self._workspace.root, options.interpreter)
            for refusal in found.refused:
                log.warning("%s", refusal)
                progress(Progress("warning", 0, 0, refusal))
            environment = read_located(found)
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
        self.environment = environment
        content = {
            "do": "build",
            "interpreter": options.interpreter,
            "all_packages": options.all_packages,
            "embed": options.embed,
        }
        with self._writing(content, progress, stop) as files:
            if files is None:
                return
            with self._building:
                builder = Builder(self._store, files, self._embedder, self._open_executor, self._uri)
                builder.build(
                    environment,
                    open_files,
                    progress,
                    stop,
                    all_packages=options.all_packages,
                    embed=options.embed,
                )

    def update(self, paths: Iterable[Path], on_parsed: OnParsed = ignore_parsed) -> int:
        """Index changed files again, and forget those that are gone; returns how many were rewritten.

        ``on_parsed`` is told what is in them before they are stored, if this process is the one that stores them.
        """
        paths = list(paths)
        with self._writing({"do": "update", "paths": [str(path) for path in paths]}) as files:
            if files is None:
                return len(paths)
            changed = files.update(paths, on_parsed)
        self._without_vectors.update(dict.fromkeys(changed))
        return len(changed)

    def remove(self, paths: Iterable[Path]) -> int:
        """Forget files; returns how many were known."""
        paths = list(paths)
        with self._writing({"do": "remove", "paths": [str(path) for path in paths]}) as files:
            return len(paths) if files is None else files.remove(paths)

    def _ask(
        self,
        content: dict[str, Any],
        progress: OnProgress = ignore_progress,
        stop: threading.Event | None = None,
    ) -> FileSync | None:
        """Have another process do it, and wait for that; the files to write when it has ended instead."""
        request = self._requests.submit(content)
        holder = self._lease.holder()
        progress(Progress("waiting", 0, 0, f"process {holder.pid if holder else '?'} writes this index"))
        while not request.done:
            files = self._take_over()
            if files is not None or (stop is not None and stop.is_set()):
                self._requests.finish(request)
                return files
            time.sleep(_LOOK_EVERY)
        self._store.local.refresh()
        self._store.packages.refresh()
        return None

    # -- what the holder of the lease does besides ---------------------------------------------------------

    def serve_requests(self, open_files: Used) -> None:
        """Do what other processes ask. A build takes its time on a thread of its own."""
        files = self.stay()
        if files is None:
            return
        for request in self._requests.pending():
            content = request.content
            if content.get("do") == "build":
                self._begin_build_for(request, open_files)
                continue
            paths = [Path(path) for path in content.get("paths", ())]
            if content.get("do") == "remove":
                files.remove(paths)
            else:
                self._without_vectors.update(dict.fromkeys(files.update(paths)))
            self._requests.finish(request)

    def _begin_build_for(self, request: WriteRequest, open_files: Used) -> None:
        """Build for another process, one build at a time: the request stays in the inbox until it is done."""
        if self._building.locked() or (self._built_for is not None and self._built_for.is_alive()):
            return
        self._built_for = threading.Thread(
            target=self._build_for, args=(request, open_files), name="build", daemon=True
        )
        self._built_for.start()

    def _build_for(self, request: WriteRequest, open_files: Used) -> None:
        content = request.content
        options = BuildOptions(content.get("interpreter"), content["all_packages"], content["embed"])
        try:
            self.build(options, open_files)
        except Exception:
            log.exception("a build for another process failed")
        finally:
            self._requests.finish(request)

    def embed_updated(self) -> None:
        """Fill in the vectors of some of the files that were updated."""
        if self._embedder is None or self._files is None or self._building.locked():
            return
        if not getattr(self._embedder, "loaded", True):
            return
        paths = list(self._without_vectors)[:_EMBED_AT_ONCE]
        if paths:
            Builder(self._store, self._files, self._embedder, self._open_executor).embed(paths)
            for path in paths:
                self._without_vectors.pop(path, None)

    @property
    def is_building(self) -> bool:
        """True while this process builds."""
        return self._building.locked()

    @property
    def unsettled(self) -> int:
        """How much was written since the last compaction."""
        return self._store.local.unsettled

    @property
    def crowded(self) -> bool:
        """True when so much was written since the last compaction that searching suffers."""
        return self.unsettled >= _SETTLE_FROM

    def settle(self) -> None:
        """Compact what many small writes left; nothing to do is done in no time."""
        if self._files is not None:
            self._store.local.optimize()

    def collect(self) -> None:
        """Throw away what nobody uses any more."""
        if self._files is not None and not self._building.locked():
            gone = prune_releases(self._store)
            prune_vectors(self._store.local)
            if gone:
                log.info("%d releases of packages that nobody uses were removed", len(gone))
