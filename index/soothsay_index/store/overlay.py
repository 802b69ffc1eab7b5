"""Text that is newer than the store: searchable at once, and in place of what is stored of its files."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType

from soothsay_index.sources.base import FileFacts


class Overlay:
    """What unsaved documents define, and saved files until the store has them, by path.

    Thread-safe; a reader takes one :meth:`snapshot` and keeps to it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: dict[str, FileFacts] = {}
        self._saved: dict[str, FileFacts] = {}
        self._facts: Mapping[str, FileFacts] = MappingProxyType({})
        self._generation = 0

    @property
    def generation(self) -> int:
        """A number that changes whenever the overlay does."""
        return self._generation

    def snapshot(self) -> Mapping[str, FileFacts]:
        """The facts of each file, by its path in the index. Never changes once it is handed out."""
        return self._facts

    def shown(self) -> tuple[str, ...]:
        """The paths of the open documents, the last edited last."""
        return tuple(self._shown)

    def put(self, path: str, facts: FileFacts) -> None:
        """The editor shows this for ``path``, the last that was edited. The rows stored for it are hidden."""
        with self._lock:
            self._shown.pop(path, None)
            self._shown[path] = facts
            self._changed()

    def drop(self, path: str) -> bool:
        """The editor has closed ``path``: what is on disk counts again. False when it was not open."""
        with self._lock:
            if self._shown.pop(path, None) is None:
                return False
            self._changed()
            return True

    def ahead(self, saved: Mapping[str, FileFacts]) -> None:
        """These files read like this on disk, and are being stored."""
        with self._lock:
            self._saved.update(saved)
            self._changed()

    def stored(self, saved: Mapping[str, FileFacts]) -> None:
        """The store has them, unless one was saved again meanwhile."""
        with self._lock:
            for path, facts in saved.items():
                if self._saved.get(path) is facts:
                    del self._saved[path]
            self._changed()

    def _changed(self) -> None:
        self._facts = MappingProxyType({**self._saved, **self._shown})
        self._generation += 1
