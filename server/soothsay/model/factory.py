"""Opening the model that the settings name."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Protocol

from soothsay.config import ModelSettings
from soothsay.errors import SoothsayError
from soothsay.model.files.resolve import resolve_weights
from soothsay.model.local.context import Turn
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.local.tuning import Threads, ThreadTuner
from soothsay.model.local.weights import Weights
from soothsay.model.types import OwnedModel

log = logging.getLogger(__name__)


class WeightsStore(Protocol):
    """Where the weights of local models come from, and how many threads they are used with."""

    def acquire(self, path: Path) -> Weights:
        """Return the loaded weights (blocking). Raises `SoothsayError`."""
        ...

    def release(self, weights: Weights) -> None:
        """Say that a model needs them no longer."""
        ...

    def threads(self, path: Path) -> Threads:
        """Return the threads to use where the settings name none."""
        ...

    def note_original(self, name: str) -> None:
        """Say that the pulled weights of the model ``name`` are used for want of faster ones."""
        ...


class OwnWeights:
    """Weights that one model alone uses."""

    def __init__(self) -> None:
        self._threads: dict[Path, Threads] = {}

    def acquire(self, path: Path) -> Weights:
        """Load them. Raises `SoothsayError`."""
        self._threads[path] = ThreadTuner(path).tuning().threads
        return Weights.load(path)

    def release(self, weights: Weights) -> None:
        """Free them."""
        weights.close()

    def threads(self, path: Path) -> Threads:
        """Return what was measured for them, else one per physical core."""
        return self._threads[path]

    def note_original(self, name: str) -> None:
        """Nothing is made for one model alone."""


OpenEngine = Callable[[ModelSettings, WeightsStore, Turn], OwnedModel]


def open_model(settings: ModelSettings, store: WeightsStore, turn: Turn = nullcontext) -> OwnedModel:
    """Open the model that ``settings`` name (blocking, about a second). Raises `SoothsayError` with the fix.

    ``model.path`` chooses what runs it: a file is run by llama.cpp in this process; an address (``scheme://``) is for
    another engine. ``turn`` is entered for each evaluation in this process.
    """
    scheme, separator, _ = settings.path.partition("://")
    engine = _ENGINES.get(scheme if separator else "")
    if engine is None:
        raise SoothsayError(
            f"there is no engine for {settings.path}: set model.path to a GGUF file, or leave it empty"
        )
    return engine(settings, store, turn)


def open_local(settings: ModelSettings, store: WeightsStore, turn: Turn) -> LlamaRuntime:
    """Open a GGUF file with llama.cpp, with weights of ``store``. Raises `SoothsayError`."""
    chosen = resolve_weights(settings.name, settings.path, settings.weights)
    for problem in chosen.refused:
        log.warning("%s", problem)
    log.info("weights: %s (%s)", chosen.path, chosen.describe())
    if chosen.record is None and not settings.path and settings.weights == "fastest":
        store.note_original(settings.name)
    weights = store.acquire(chosen.path)
    given = Threads(settings.threads, settings.threads)
    try:
        runtime = LlamaRuntime(
            weights,
            context=settings.context,
            threads=lambda: given if settings.threads else store.threads(weights.path),
            turn=turn,
            free=lambda: store.release(weights),
        )
    except BaseException:
        store.release(weights)
        raise
    runtime.vocab.warm()
    return runtime


# What opens a model, by the scheme of `model.path`.
_ENGINES: dict[str, OpenEngine] = {"": open_local}
