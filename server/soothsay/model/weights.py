"""The weights of one model in memory, which several contexts may share."""

from __future__ import annotations

import contextlib
import ctypes
import logging
from pathlib import Path

from soothsay.errors import SoothsayError
from soothsay.model.llama import llama_cpp
from soothsay.model.proof import Way, prove
from soothsay.model.vocab import Vocab

log = logging.getLogger(__name__)

_LOG_LEVEL_ERROR = 4
_log_callbacks: list[object] = []  # llama.cpp keeps a bare pointer: the callback must never be collected


class Weights:
    """A model that llama.cpp has loaded, and its vocabulary. Thread-safe once it is loaded."""

    def __init__(self, path: Path, way: Way) -> None:
        """Load ``path`` in the given way. Raises `SoothsayError`."""
        self.path = path
        self.way = way
        self.model: llama_cpp.llama_model_p | None = _load(path, way, _capture_log())
        self.vocab = Vocab(self.model)

    @classmethod
    def load(cls, path: Path) -> Weights:
        """Load ``path`` in the fastest way that was proved to work here. Raises `SoothsayError`."""
        return cls(path, prove(path).way)

    @property
    def bytes(self) -> int:
        """The size of the weights in memory."""
        return int(llama_cpp.llama_model_size(self.model)) if self.model is not None else 0

    def close(self) -> None:
        """Free them; every context must have been freed. Calling it twice is harmless."""
        if self.model is not None:
            llama_cpp.llama_model_free(self.model)
            self.model = None


def _load(path: Path, way: Way, errors: list[str]) -> llama_cpp.llama_model_p:
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    params.use_extra_bufts = way.extra_buffers
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        reason = errors[-1] if errors else "llama.cpp gave no reason"
        raise SoothsayError(f"cannot load the model {path}: {reason}; pull it again or set model.path")
    return model


def _capture_log() -> list[str]:
    """Send llama.cpp's log to ours instead of stderr; errors are also kept in the list returned."""
    errors: list[str] = []

    @llama_cpp.llama_log_callback
    def on_log(level: int, text: bytes, _data: object) -> None:
        with contextlib.suppress(Exception):
            message = text.decode("utf-8", errors="replace").strip()
            if level == _LOG_LEVEL_ERROR and message:
                errors.append(message)
            log.debug("%s", message)

    llama_cpp.llama_log_set(on_log, ctypes.c_void_p(0))
    _log_callbacks.append(on_log)
    return errors
