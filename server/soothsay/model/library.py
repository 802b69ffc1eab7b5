"""Which llama.cpp library is used on this machine. Nothing is loaded here."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path

from soothsay.model.cache import models_folder
from soothsay.model.compiling import processor_flags

VERSION = importlib.metadata.version("llama-cpp-python")


def processor() -> str:
    """Return a short text that differs between processors with different instruction sets."""
    flags = " ".join(sorted(processor_flags())) or platform.processor()
    return f"{platform.machine()}-{_digest(flags)}"


def own_build() -> Path | None:
    """Return the folder with the libraries that were compiled for this processor by soothsay; None: there are none."""
    folder = build_folder()
    return folder if any(folder.glob("*llama*")) else None


def build_folder() -> Path:
    """Return where libraries that soothsay compiles for this processor are put."""
    return models_folder().parent / "llama.cpp" / f"{VERSION}-{processor()}"


def library_folder() -> Path:
    """Return the folder that ``llama_cpp`` loads, or would load, its libraries from."""
    chosen = os.environ.get("LLAMA_CPP_LIB_PATH")
    if chosen:
        return Path(chosen)
    own = own_build()
    if own is not None:
        return own
    spec = importlib.util.find_spec("llama_cpp")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "lib"


def library_id(folder: Path) -> str:
    """Return a short text that changes when the libraries in ``folder`` are replaced."""
    files = sorted((path for path in folder.glob("*") if path.is_file()), key=lambda path: path.name)
    facts = [f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return f"{VERSION}-{_digest(' '.join([str(folder), *facts]))}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
