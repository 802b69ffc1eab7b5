"""The models in memory: each once, however many windows use it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from soothsay.backend.messages import LoadedModelStatus
from soothsay.errors import SoothsayError
from soothsay.model.local.tuning import Threads, ThreadTuner, Tuning
from soothsay.model.local.weights import Weights


@dataclass(slots=True)
class _Loaded:
    weights: Weights
    tuning: Tuning
    users: int = 0  # windows
    unused_since: float = 0.0
    is_measured: bool = False  # at this moment


class ModelPool:
    """Loads weights when the first window needs them, and frees them some time after the last has left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # held while weights are loaded: a second window waits, and shares them
        self._loaded: dict[Path, _Loaded] = {}
        self._outdated: list[_Loaded] = []  # in use, though their files have changed
        self._originals: set[str] = set()

    def within(self, limit_mb: int) -> Share:
        """Return the models as one window sees them, whose settings allow all models ``limit_mb`` (0: half of the memory)."""
        limit = limit_mb * 1_000_000 if limit_mb else psutil.virtual_memory().total // 2
        return Share(self, limit)

    def acquire(self, path: Path, limit: int) -> Weights:
        """Return the loaded weights (blocking). Raises `SoothsayError` where they exceed ``limit`` bytes with the others."""
        path = path.resolve()
        with self._lock:
            found = self._loaded.get(path)
            if found is not None and found.weights.is_outdated:
                self._outdated.append(self._loaded.pop(path))
                self._free_outdated()
                found = None
            if found is None:
                self._make_room(path, limit)
                tuning = ThreadTuner(path).tuning()
                found = self._loaded[path] = _Loaded(Weights.load(path), tuning)
            found.users += 1
            return found.weights

    def release(self, weights: Weights) -> None:
        """Say that one window less uses ``weights``."""
        with self._lock:
            for found in (*self._loaded.values(), *self._outdated):
                if found.weights is weights:
                    found.users -= 1
                    found.unused_since = time.monotonic()
            self._free_outdated()

    def threads(self, path: Path) -> Threads:
        """Return the threads to use with a loaded model."""
        return self._loaded[path.resolve()].tuning.threads

    def free_unused(self, seconds: float) -> None:
        """Free what no window has used for so long. Returns at once while weights are loaded."""
        if self._lock.acquire(blocking=False):
            try:
                self._free(time.monotonic() - seconds)
            finally:
                self._lock.release()

    @contextmanager
    def unsettled(self) -> Iterator[Weights | None]:
        """Give a model whose threads should be measured when the machine is idle, if there is one in use.

        It is not freed within the block, whichever windows leave.
        """
        with self._lock:
            candidates = (each for each in self._loaded.values() if each.users and not each.tuning.is_settled)
            found = next(candidates, None)
            if found is not None:
                found.is_measured = True
        try:
            yield found.weights if found is not None else None
        finally:
            if found is not None:
                with self._lock:
                    found.is_measured = False

    def note_tuning(self, path: Path, tuning: Tuning) -> None:
        """Use what was measured for a model from now on."""
        with self._lock:
            found = self._loaded.get(path.resolve())
            if found is not None:
                found.tuning = tuning

    def note_original(self, name: str) -> None:
        """Say that the pulled weights of the model ``name`` are used for want of faster ones."""
        with self._lock:
            self._originals.add(name)

    def originals(self) -> tuple[str, ...]:
        """Return the models for which faster weights would be used."""
        with self._lock:
            return tuple(self._originals)

    def in_use(self) -> tuple[Path, ...]:
        """Return the files of the models that windows use."""
        with self._lock:
            return tuple(path for path, found in self._loaded.items() if found.users)

    def status(self) -> tuple[LoadedModelStatus, ...]:
        """Return what is loaded."""
        with self._lock:
            return tuple(
                LoadedModelStatus(
                    str(path),
                    found.weights.bytes,
                    found.users,
                    found.tuning.describe(),
                    found.weights.way.name,
                )
                for path, found in self._loaded.items()
            )

    def _make_room(self, path: Path, limit: int) -> None:
        wanted = path.stat().st_size
        if self._bytes() + wanted <= limit:
            return
        self._free(time.monotonic())
        loaded = self._bytes()
        if loaded and loaded + wanted > limit:
            raise SoothsayError(
                f"{path.name} needs {wanted / 1e6:,.0f} MB beside the {loaded / 1e6:,.0f} MB that other windows' models "
                f"take, the limit is {limit / 1e6:,.0f} MB: use the same model in all windows, or raise backend.memoryMb"
            )

    def _bytes(self) -> int:
        return sum(found.weights.bytes for found in (*self._loaded.values(), *self._outdated))

    def _free_outdated(self) -> None:
        for found in [each for each in self._outdated if not each.users and not each.is_measured]:
            self._outdated.remove(found)
            found.weights.close()

    def _free(self, unused_before: float) -> None:
        self._free_outdated()
        for path, found in list(self._loaded.items()):
            if not found.users and not found.is_measured and found.unused_since <= unused_before:
                del self._loaded[path]
                found.weights.close()


@dataclass(frozen=True, slots=True)
class Share:
    """The pool within one window's limit: what a session is given."""

    pool: ModelPool
    limit: int  # bytes, of all models

    def acquire(self, path: Path) -> Weights:
        """Return the loaded weights (blocking). Raises `SoothsayError`."""
        return self.pool.acquire(path, self.limit)

    def release(self, weights: Weights) -> None:
        """Say that this window needs them no longer."""
        self.pool.release(weights)

    def threads(self, path: Path) -> Threads:
        """Return the threads to use."""
        return self.pool.threads(path)

    def note_original(self, name: str) -> None:
        """Say that the pulled weights of the model ``name`` are used for want of faster ones."""
        self.pool.note_original(name)
