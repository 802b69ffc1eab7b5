"""Packages that have just been imported are read before everything else, whatever builds run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from soothsay_index.sources.base import Used
from soothsay_index.worker.writer import Writer
from soothsay_languages.environment import Environment

log = logging.getLogger(__name__)


class ImportedPackages:
    """Reads what open and saved files import and the index does not have, on a thread of normal priority.

    ``changed`` is called after something was read.
    """

    def __init__(self, writer: Writer, changed: Callable[[], None]) -> None:
        self._writer = writer
        self._changed = changed
        self._news = threading.Condition()
        self._noted: dict[frozenset[str], Used] = {}
        self._handled: frozenset[str] = frozenset()  # names that were looked at in the environment below
        self._handled_in: Environment | None = None
        self._stop = threading.Event()

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="imported", daemon=True).start()

    def stop(self) -> None:
        """End the thread after what it reads now."""
        with self._news:
            self._stop.set()
            self._news.notify()

    def note(self, used: Used) -> None:
        """Note that a file uses ``used``: what of it is not indexed is read soon, the last noted first. Returns at once."""
        key = frozenset((*used.modules, *used.services))
        if not key:
            return
        with self._news:
            self._noted.pop(key, None)
            self._noted[key] = used
            self._news.notify()

    def note_again(self, used: Used) -> None:
        """Like :meth:`note`, also for what was looked at before: a build has written anew what is in use."""
        self._handled = frozenset()
        self.note(used)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._noted or self._stop.is_set())
                if self._stop.is_set():
                    return
                _, used = self._noted.popitem()
            try:
                self._read(used)
            except Exception:
                log.exception("what was imported could not be read")

    def _read(self, used: Used) -> None:
        """Read what is new in ``used``: a document is noted at each key."""
        environment = self._writer.environment
        if environment is not self._handled_in:
            self._handled_in, self._handled = environment, frozenset()
        new = Used(
            {name: count for name, count in used.modules.items() if name not in self._handled},
            {name: count for name, count in used.services.items() if f":{name}" not in self._handled},
        )
        if environment is None or not (new.modules or new.services):
            return
        self._handled |= {
            *new.modules,
            *(f":{name}" for name in new.services),
        }  # also what fails: the next build tries
        if self._writer.read_used(new, self._stop):
            self._changed()
