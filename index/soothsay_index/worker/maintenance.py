"""Background maintenance: requests of other processes, changes on disk, compaction, pruning."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from soothsay_common.garbage import release_memory
from soothsay_common.priority import lower_thread_priority
from soothsay_index.errors import SoothsayIndexError, refused_by_system
from soothsay_index.runtime.environment import fingerprint_of, locate_environment
from soothsay_index.types import Progress
from soothsay_index.worker.file_watch import FileWatcher
from soothsay_index.worker.local import LocalIndex
from soothsay_index.worker.writer import BuildOptions
from soothsay_languages.environment import Environment

log = logging.getLogger(__name__)

_STEP_SECONDS = 0.1  # seconds
_POLL_SECONDS = 2.0
_MAX_POLL_SHARE = 0.02  # of one processor: very large workspaces are polled less often
_IDLE_SECONDS = 2.0
_PRUNE_SECONDS = 6 * 3600.0
_MENDING_SECONDS = 600.0  # at least, between two searches for damage


class Maintenance:
    """Keep an index fresh and small on a background thread while this process holds the lease.

    ``changed`` is called after a write that this process did not ask for, ``warn`` with what the person should know.
    """

    def __init__(
        self, index: LocalIndex, changed: Callable[[], None], warn: Callable[[str], object] = log.warning
    ) -> None:
        self._index = index
        self._changed = changed
        self._warn = warn
        self._stop = threading.Event()
        self._options: BuildOptions | None = None
        self._watch = FileWatcher(index.workspace)
        self._next_poll = 0.0
        self._next_pruning = time.monotonic() + 600.0
        self._last_write = 0.0
        self._memory_released = 0.0
        self._uncompacted_writes = 0
        self._is_doubted = False
        self._next_mending = 0.0
        self._unstable: object = None
        self._tried: object = None  # a failed build is not repeated until something changes

    def start(self) -> None:
        """Start the background thread."""
        threading.Thread(target=self._run, name="keeper", daemon=True).start()

    def stop(self) -> None:
        """Stop after the current step."""
        self._stop.set()

    def follow(self, options: BuildOptions) -> None:
        """Set the options of the last build; one like it is made when the environment changes."""
        self._options = options

    def look_for_damage(self) -> None:
        """Have the files of the index checked soon, and what is damaged built again: a question has failed."""
        if not self._is_doubted:
            self._is_doubted = True
            self._index.writer.look_for_damage()

    def _mend(self, options: BuildOptions) -> None:
        """Build again, which looks for damage first."""
        try:
            self._index.build(
                self._pass_on, self._stop, options.interpreter, options.all_packages, options.embed
            )
        except Exception:
            log.exception("the index could not be repaired")
        self._changed()

    def _pass_on(self, progress: Progress) -> None:
        if progress.stage == "warning":
            self._warn(progress.detail)

    def _run(self) -> None:
        lower_thread_priority()
        while not self._stop.wait(_STEP_SECONDS):
            try:
                self.step()
            except Exception as error:
                log.exception("keeping the index fresh failed, it goes on")
                if refused_by_system(error, self._index.store.local.folder) is None:
                    self.look_for_damage()
                self._stop.wait(5.0)

    def step(self) -> None:
        """Run one round of maintenance; it takes microseconds if there is nothing to do."""
        writer = self._index.writer
        if writer.keep_lease() is None:
            return
        writer.serve_requests(self._index.open_files())
        now = time.monotonic()
        if self._is_doubted and self._options is not None and now >= self._next_mending:
            self._next_mending = now + _MENDING_SECONDS
            self._is_doubted = False
            threading.Thread(target=self._mend, args=(self._options,), name="mend", daemon=True).start()
        if now >= self._next_poll:
            began = (
                time.thread_time()
            )  # what it costs, not how long it waits for its turn while something compiles
            self._poll_files()
            took = time.thread_time() - began
            self._next_poll = time.monotonic() + max(_POLL_SECONDS, took / _MAX_POLL_SHARE)
        if writer.uncompacted_writes != self._uncompacted_writes:
            self._uncompacted_writes, self._last_write = writer.uncompacted_writes, now
        idle = now - self._last_write > _IDLE_SECONDS
        if idle:
            writer.embed_updated()
        if writer.needs_compaction or (idle and self._uncompacted_writes):
            writer.compact()
        if idle and self._last_write > self._memory_released and not writer.is_building:
            self._memory_released = time.monotonic()
            release_memory()
        if now >= self._next_pruning:
            self._next_pruning = now + _PRUNE_SECONDS
            writer.prune()

    def _poll_files(self) -> None:
        changes = self._watch.poll()
        if changes.updated or changes.removed:
            # Files that the editor has reported already are not written again.
            written = self._index.update(changes.updated) if changes.updated else 0
            written += self._index.remove(changes.removed) if changes.removed else 0
            if written:
                self._changed()
        self._look_at_environment()

    def _look_at_environment(self) -> None:
        writer = self._index.writer
        if self._options is None or not writer.environment_sought:
            return
        now = self._installed(self._options)
        if now in (None, self._tried, _seen(writer.environment)):
            self._unstable = None
        elif now != self._unstable:
            self._unstable = now  # pip may be running: wait until two polls are equal
        else:
            self._tried = now
            threading.Thread(target=self._rebuild, args=(self._options,), name="rebuild", daemon=True).start()

    def _rebuild(self, options: BuildOptions) -> None:
        try:
            # A build that runs may take long: what is imported and was just installed does not wait for it.
            self._index.refresh_environment(options)
            self._changed()
            self._index.build(None, self._stop, options.interpreter, options.all_packages, options.embed)
        except Exception:
            log.exception("the environment has changed, but could not be indexed")
        else:
            self._changed()
            self._index.warm_quietly()

    def _installed(self, options: BuildOptions) -> object:
        """Return a value that changes with the environments and the installed packages; None for no environment."""
        environment = self._index.writer.environment
        read = {each.interpreter: each for each in environment.all()} if environment is not None else {}
        try:
            located = locate_environment(self._index.store.workspace, options.interpreter)
        except SoothsayIndexError:
            return None
        paths = (each.interpreter for each in located.all())
        return tuple((path, fingerprint_of(read[path]) if path in read else None) for path in paths)


def _seen(environment: Environment | None) -> object:
    if environment is None:
        return None
    return tuple((each.interpreter, each.fingerprint) for each in environment.all())
