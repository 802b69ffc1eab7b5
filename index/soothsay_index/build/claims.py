"""Which releases are read at once because they were just imported: builds leave them out."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Claims:
    """Releases that are being read apart from builds. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}

    @contextmanager
    def held(self, names: Mapping[str, str]) -> Iterator[None]:
        """Hold the releases with the keys of ``names``, which are what people call them, within the block."""
        with self._lock:
            self._names = {**self._names, **names}
        try:
            yield
        finally:
            with self._lock:
                self._names = {key: name for key, name in self._names.items() if key not in names}

    def __contains__(self, key: object) -> bool:
        return key in self._names

    def names(self) -> tuple[str, ...]:
        """Return the names of what is being read, each once."""
        return tuple(dict.fromkeys(self._names.values()))
