"""The weights of one model in memory, which several contexts may share."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import logging
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from soothsay.errors import SoothsayError
from soothsay.model.llama import llama_cpp
from soothsay.model.local.vocab import Vocab
from soothsay.model.proof import Way, prove
from soothsay.model.types import Adapter
from soothsay_common.file_identity import file_identity

log = logging.getLogger(__name__)

_LOG_LEVEL_ERROR = 4
_KEPT_ERRORS = 8


class Weights:
    """A model that llama.cpp has loaded, and its vocabulary. Thread-safe once it is loaded."""

    def __init__(self, path: Path, way: Way) -> None:
        """Load ``path`` in the given way. Raises `SoothsayError`."""
        self.path = path
        self.way = way
        self._file = file_identity(path)
        self.model: llama_cpp.llama_model_p | None = _load(path, way)
        self.vocab = Vocab(self.model)
        self._adapters: dict[str, llama_cpp.llama_adapter_lora_p] = {}  # by the SHA-256 of the file
        self._unchanging = Lock()

    @classmethod
    def load(cls, path: Path) -> Weights:
        """Load ``path`` in the fastest way that was proved to work here. Raises `SoothsayError`."""
        return cls(path, prove(path).way)

    def adapter(self, adapter: Adapter) -> llama_cpp.llama_adapter_lora_p:
        """Return the LoRA adapter, loaded at the first call (blocking); it stays loaded as long as the weights do.

        No context of these weights may evaluate meanwhile: it reads the list of adapters. Raises `SoothsayError`.
        """
        with self._unchanging:
            if adapter.sha256 not in self._adapters:
                self._adapters[adapter.sha256] = _load_adapter(self.model, adapter)
            return self._adapters[adapter.sha256]

    @contextlib.contextmanager
    def unchanging(self) -> Iterator[None]:
        """Load no adapter within the block: a context is made, which reads the list of them."""
        with self._unchanging:
            yield

    @property
    def bytes(self) -> int:
        """The size of the weights in memory."""
        return int(llama_cpp.llama_model_size(self.model)) if self.model is not None else 0

    @property
    def is_outdated(self) -> bool:
        """Whether another file, or other content, is at the path now. One that was removed leaves what is loaded."""
        now = file_identity(self.path)
        return now is not None and now != self._file

    def close(self) -> None:
        """Free them; every context must have been freed. Calling it twice is harmless."""
        if self.model is not None:
            llama_cpp.llama_model_free(self.model)  # and the adapters
            self._adapters.clear()
            self.model = None


def _load(path: Path, way: Way) -> llama_cpp.llama_model_p:
    errors = _captured_log().errors
    errors.clear()
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    params.use_extra_bufts = way.extra_buffers
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        reason = _reason(errors)
        raise SoothsayError(f"cannot load the model {path}: {reason}; pull it again or set model.path")
    return model


def _load_adapter(model: llama_cpp.llama_model_p | None, adapter: Adapter) -> llama_cpp.llama_adapter_lora_p:
    assert model is not None
    errors = _captured_log().errors
    errors.clear()
    loaded = llama_cpp.llama_adapter_lora_init(model, str(adapter.path).encode())
    if not loaded:
        raise SoothsayError(
            f"cannot load the adapter {adapter.name} ({_reason(errors)}); run: soothsay align off {adapter.name}"
        )
    return loaded


def _reason(errors: deque[str]) -> str:
    """Return the first error, which is the cause: the others only say that this failed, too."""
    if not errors:
        return "llama.cpp gave no reason"
    return re.sub(r"^\w+: (error loading model: |failed to apply lora adapter: )?", "", errors[0])


class _Log:
    """llama.cpp's log, sent to ours instead of stderr. ``errors`` keeps the last ones."""

    def __init__(self) -> None:
        self.errors: deque[str] = deque(maxlen=_KEPT_ERRORS)
        self._callback = llama_cpp.llama_log_callback(self._write)  # llama.cpp keeps a bare pointer to it

    def install(self) -> None:
        """Have llama.cpp write to it from now on; it must stay alive."""
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _write(self, level: int, text: bytes, _data: object) -> None:
        with contextlib.suppress(Exception):
            message = text.decode("utf-8", errors="replace").strip()
            if level == _LOG_LEVEL_ERROR and message:
                self.errors.append(message)
            log.debug("%s", message)


@functools.cache
def _captured_log() -> _Log:
    """Return the log of this process's llama.cpp, which is installed once."""
    captured = _Log()
    captured.install()
    return captured
