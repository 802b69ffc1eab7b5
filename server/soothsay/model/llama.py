"""llama.cpp's C API, loaded when it is first used: by then a child process has proved that it works here.

Every module takes ``llama_cpp`` from here. What is loaded is the build made on this machine by ``soothsay prove
--build`` if there is one, else the installed one; the choice must be made before ``llama_cpp`` is imported.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from soothsay.errors import SoothsayError
from soothsay.model.library import CHOSEN, build_folder, installed_folder, library_folder, library_id

if TYPE_CHECKING:
    import llama_cpp

__all__ = ["llama_cpp", "load", "loaded_id"]

_loading = Lock()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The library that this process has loaded, which may have been replaced on disk since."""

    module: ModuleType
    library_id: str


def load() -> Loaded:
    """Load the library unless it is loaded. Raises `SoothsayError`."""
    with _loading:
        return _load()


def loaded_id() -> str | None:
    """Return which library this process has loaded; None: none yet."""
    return load().library_id if _load.cache_info().currsize else None


@functools.cache
def _load() -> Loaded:
    folder = library_folder()
    found = library_id(folder)
    try:
        with _chosen(folder):
            return Loaded(importlib.import_module("llama_cpp"), found)
    except Exception as error:  # what ctypes raises of a broken library is of many kinds
        raise SoothsayError(_failure(folder, error)) from error


@contextlib.contextmanager
def _chosen(folder: Path) -> Iterator[None]:
    """Within the block, llama_cpp loads its libraries from ``folder``."""
    before = os.environ.get(CHOSEN)
    os.environ[CHOSEN] = str(folder)
    try:
        yield
    finally:
        del os.environ[CHOSEN]  # another build may be made while this process lives
        if before is not None:
            os.environ[CHOSEN] = before


def _failure(folder: Path, error: Exception) -> str:
    from soothsay.model.proof import build_command

    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, ModuleNotFoundError):
        remedy = "run: pip install --force-reinstall soothsay"
    elif folder == build_folder():
        remedy = f"run `{build_command()}`, which compiles it again, or remove {folder}"
    elif folder == installed_folder():
        remedy = f"run `{build_command()}`, which compiles it for this machine"
    else:
        remedy = f"unset {CHOSEN}, or correct it"
    return f"llama.cpp cannot be loaded from {folder} ({reason}); {remedy}"


class _Library:
    """``llama_cpp``, imported when something of it is first asked for."""

    # a type, which is needed while modules are imported; llama_cpp defines it as this, and ctypes keeps one of each
    ggml_abort_callback = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(load().module, name)
        setattr(self, name, value)  # found without this method from now on
        return value


if not TYPE_CHECKING:
    llama_cpp = _Library()
