"""One workspace being served: the model, the index and the engine, opened once and shared by CLI and LSP."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from soothsay.config import Settings
from soothsay.engine.types import Completion, CompletionRequest


class Session:
    """Opens nothing until it is asked to. Thread-safe: completions are answered one at a time."""

    def __init__(self, settings: Settings, workspace: Path) -> None:
        raise NotImplementedError

    def load_model(self) -> None:
        """Load the weights (blocking, about a second). Raises `SoothsayError` with the fix."""

    def complete(self, request: CompletionRequest, cancel: Event | None = None) -> Completion:
        """Answer one request (blocking). Raises `Cancelled` once ``cancel`` is set, `SoothsayError` on bad input."""
        raise NotImplementedError

    def close(self) -> None:
        """Free the model and the index."""
