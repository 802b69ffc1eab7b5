"""What programs say of their options, read once a file calls them: behind everything else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from soothsay_common.priority import lower_thread_priority
from soothsay_index.sources.base import PROGRAM_MARK, Used
from soothsay_index.worker.writer import Writer

log = logging.getLogger(__name__)

_STEP_SECONDS = 0.5


class CalledPrograms:
    """Reads the help texts of programs that open and saved files call, on a thread of low priority.

    ``changed`` is called after something was read.
    """

    def __init__(self, writer: Writer, changed: Callable[[], None]) -> None:
        self._writer = writer
        self._changed = changed
        self._news = threading.Condition()
        self._noted: dict[str, int] = {}
        self._handled: frozenset[str] = frozenset()
        self._stop = threading.Event()

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="programs", daemon=True).start()

    def stop(self) -> None:
        """End the thread after what it reads now."""
        with self._news:
            self._stop.set()
            self._news.notify()

    def note(self, used: Used) -> None:
        """Note that a file uses ``used``: the programs in it are read once no build runs. Returns at once."""
        called = {name: 1 for name in used.modules if name.startswith(PROGRAM_MARK)}
        if called.keys() <= self._handled:
            return
        with self._news:
            self._noted.update(called)
            self._news.notify()

    def _run(self) -> None:
        lower_thread_priority()
        while True:
            with self._news:
                self._news.wait_for(lambda: self._noted or self._stop.is_set())
                if self._stop.is_set():
                    return
                noted, self._noted = self._noted, {}
            try:
                self._read(noted)
            except Exception:
                log.exception("what programs say of their options could not be read")

    def _read(self, noted: dict[str, int]) -> None:
        while self._writer.is_building and not self._stop.wait(_STEP_SECONDS):
            pass
        self._handled |= noted.keys()  # also what fails: the next build tries
        if self._writer.read_programs(Used(noted), self._stop):
            self._changed()
