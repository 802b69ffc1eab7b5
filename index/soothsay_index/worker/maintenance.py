"""What goes on while nobody asks: other processes' requests, changes on disk, compaction, throwing away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from soothsay_common.garbage import release_memory
from soothsay_common.priority import minimise_thread_priority
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.runtime.environment import Environment, locate_python, stamp_of
from soothsay_index.worker.file_watch import FileWatcher
from soothsay_index.worker.local import LocalIndex
from soothsay_index.worker.writer import BuildOptions

log = logging.getLogger(__name__)

_TICK = 0.1  # seconds
_LOOK_EVERY = 2.0
_LOOK_SHARE = (
    0.02  # of one processor, at most: on a very large workspace looking takes long, so it is done less often
)
_IDLE_AFTER = 2.0
_COLLECT_EVERY = 6 * 3600.0


class Maintenance:
    """Keeps an index fresh and small, on a thread of its own, while this process holds the workspace's lease.

    ``changed`` is called after something was written that nobody here had asked for.
    """

    def __init__(self, index: LocalIndex, changed: Callable[[], None]) -> None:
        self._index = index
        self._changed = changed
        self._stop = threading.Event()
        self._options: BuildOptions | None = None
        self._watch = FileWatcher(index.workspace)
        self._next_look = 0.0
        self._next_collection = time.monotonic() + 600.0
        self._last_write = 0.0
        self._given_back = 0.0
        self._unsettled = 0
        self._settling: object = None
        self._tried: object = None  # a build that failed is not begun again until something changes

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="keeper", daemon=True).start()

    def stop(self) -> None:
        """End after the current step."""
        self._stop.set()

    def built(self, options: BuildOptions) -> None:
        """A build was asked for like this: it is done again when the environment changes."""
        self._options = options

    def _run(self) -> None:
        minimise_thread_priority()
        while not self._stop.wait(_TICK):
            try:
                self.step()
            except Exception:
                log.exception("keeping the index fresh failed, it goes on")
                self._stop.wait(5.0)

    def step(self) -> None:
        """One round: a few microseconds when there is nothing to do."""
        writer = self._index.writer
        if writer.stay() is None:
            return
        writer.serve_requests(self._index.open_files())
        now = time.monotonic()
        if now >= self._next_look:
            self._look()
            took = time.monotonic() - now
            self._next_look = time.monotonic() + max(_LOOK_EVERY, took / _LOOK_SHARE)
        if writer.unsettled != self._unsettled:
            self._unsettled, self._last_write = writer.unsettled, now
        idle = now - self._last_write > _IDLE_AFTER
        if idle:
            writer.embed_updated()
        if writer.crowded or (idle and self._unsettled):
            writer.settle()
        if idle and self._last_write > self._given_back and not writer.is_building:
            self._given_back = time.monotonic()
            release_memory()
        if now >= self._next_collection:
            self._next_collection = now + _COLLECT_EVERY
            writer.collect()

    def _look(self) -> None:
        changes = self._watch.poll()
        if changes.updated or changes.removed:
            # Most of it has been told already by the editor; then nothing is written.
            written = self._index.update(changes.updated) if changes.updated else 0
            written += self._index.remove(changes.removed) if changes.removed else 0
            if written:
                self._changed()
        environment = self._index.writer.environment
        if self._options is None or environment is None:
            return
        now = self._installed(self._options, environment)
        if now in (None, self._tried, (environment.python, environment.stamp)):
            self._settling = None
        elif now != self._settling:
            self._settling = now  # pip is at work: wait until it looks the same twice
        else:
            self._tried = now
            threading.Thread(target=self._rebuild, args=(self._options,), name="rebuild", daemon=True).start()

    def _rebuild(self, options: BuildOptions) -> None:
        try:
            self._index.build(None, self._stop, options.interpreter, options.all_packages, options.embed)
        except Exception:
            log.exception("the environment has changed, but could not be indexed")
        else:
            self._changed()
            self._index.warm_quietly()

    def _installed(self, options: BuildOptions, environment: Environment) -> object:
        """FileChanges with the interpreter that would be chosen, and with what is installed."""
        try:
            python = locate_python(self._index.store.workspace, options.interpreter).python
        except SoothsayIndexError:
            return None
        return python, stamp_of(environment.site_packages)
