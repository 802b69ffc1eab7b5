"""Unsaved documents: searchable while they are typed, and in place of what is stored of their files."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType

from .sources.base import FileFacts


class Overlay:
    """What the open documents define, by path. Thread-safe; a reader takes one :meth:`snapshot` and keeps to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._facts: Mapping[str, FileFacts] = MappingProxyType({})
        self._generation = 0

    @property
    def generation(self) -> int:
        """A number that changes whenever the overlay does."""
        return self._generation

    def snapshot(self) -> Mapping[str, FileFacts]:
        """The facts of each unsaved file, by its path in the index. Never changes once it is handed out."""
        return self._facts

    def put(self, path: str, facts: FileFacts) -> None:
        """``path`` now reads like this, and is the last that was edited. The rows stored for it are hidden."""
        with self._lock:
            others = {key: known for key, known in self._facts.items() if key != path}
            self._facts = MappingProxyType({**others, path: facts})
            self._generation += 1

    def drop(self, path: str) -> bool:
        """What is stored of ``path`` counts again. False when it was not unsaved."""
        with self._lock:
            if path not in self._facts:
                return False
            self._facts = MappingProxyType({key: facts for key, facts in self._facts.items() if key != path})
            self._generation += 1
            return True
