"""Facts of files that are newer than the store; they replace the stored rows of these files in every answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType

from soothsay_index.sources.base import FileFacts


class Overlay:
    """Facts of open documents, and of saved files until they are stored, by path.

    Thread-safe; a reader takes one :meth:`snapshot` per request.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: dict[str, FileFacts] = {}
        self._saved: dict[str, FileFacts] = {}
        self._facts: Mapping[str, FileFacts] = MappingProxyType({})
        self._generation = 0

    @property
    def generation(self) -> int:
        """Return a number that changes with the overlay."""
        return self._generation

    def snapshot(self) -> Mapping[str, FileFacts]:
        """Return an immutable mapping of paths in the index to facts."""
        return self._facts

    def open_paths(self) -> tuple[str, ...]:
        """Return the paths of the open documents, the last edited last."""
        return tuple(self._shown)

    def put(self, path: str, facts: FileFacts) -> None:
        """Set the facts of an open document, as the one edited last."""
        with self._lock:
            self._shown.pop(path, None)
            self._shown[path] = facts
            self._changed()

    def drop(self, path: str) -> bool:
        """Remove a closed document; return whether it was open."""
        with self._lock:
            if self._shown.pop(path, None) is None:
                return False
            self._changed()
            return True

    def add_pending(self, saved: Mapping[str, FileFacts]) -> None:
        """Add saved files whose rows are being written."""
        with self._lock:
            self._saved.update(saved)
            self._changed()

    def remove_pending(self, saved: Mapping[str, FileFacts]) -> None:
        """Remove saved files that are stored, except those saved again since."""
        with self._lock:
            for path, facts in saved.items():
                if self._saved.get(path) is facts:
                    del self._saved[path]
            self._changed()

    def _changed(self) -> None:
        self._facts = MappingProxyType({**self._saved, **self._shown})
        self._generation += 1
