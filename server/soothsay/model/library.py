"""Which llama.cpp library is used on this machine, and what it was made of. Nothing is loaded here."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from soothsay.errors import SoothsayError
from soothsay.model.compiling import processor_flags
from soothsay.paths import cache_folder

CHOSEN = "LLAMA_CPP_LIB_PATH"
"""llama-cpp-python's own variable: a folder with the libraries to load."""

_MAIN_LIBRARIES = ("libllama.so", "libllama.dylib", "llama.dll", "libllama.dll")
_AMX_FUNCTION = b"ggml_backend_amx_mul_mat"
_GCC = re.compile(rb"GCC: \([^)]*\) (\d+(?:\.\d+)+)")  # in the .comment section of ELF files


@functools.cache
def version() -> str:
    """Return the installed version of llama-cpp-python. Raises `SoothsayError`."""
    try:
        return importlib.metadata.version("llama-cpp-python")
    except importlib.metadata.PackageNotFoundError:
        raise SoothsayError(_not_installed()) from None


@functools.cache
def processor() -> str:
    """Return a short text that differs between processors with different instruction sets."""
    flags = " ".join(sorted(processor_flags())) or _brand() or platform.processor()
    return f"{platform.machine()}-{_digest(flags)}"


def own_build() -> Path | None:
    """Return the folder with the libraries that were compiled for this processor by soothsay; None: there are none."""
    folder = build_folder()
    return folder if has_library(folder) else None


def build_folder() -> Path:
    """Return where libraries that soothsay compiles for this processor are put."""
    return builds_folder() / f"{version()}-{processor()}"


def builds_folder() -> Path:
    """Return the folder of all builds."""
    return cache_folder() / "llama.cpp"


def library_folder() -> Path:
    """Return the folder that ``llama_cpp`` loads, or would load, its libraries from. Raises `SoothsayError`."""
    chosen = os.environ.get(CHOSEN)
    if chosen:
        folder = Path(chosen).expanduser().absolute()
        if not has_library(folder):
            raise SoothsayError(
                f"{CHOSEN}: there is no llama.cpp library in {folder}; unset it, or correct it"
            )
        return folder
    return own_build() or installed_folder()


def installed_folder() -> Path:
    """Return the folder of the libraries that came with llama-cpp-python. Raises `SoothsayError`."""
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or spec.origin is None:
        raise SoothsayError(_not_installed())
    return Path(spec.origin).parent / "lib"


def has_library(folder: Path) -> bool:
    """Return whether llama.cpp lies in ``folder``."""
    return any((folder / name).is_file() for name in _MAIN_LIBRARIES)


def library_id(folder: Path) -> str:
    """Return a short text that changes when the libraries in ``folder`` are replaced."""
    files = sorted((path for path in folder.glob("*") if path.is_file()), key=lambda path: path.name)
    facts = [f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return f"{version()}-{_digest(' '.join([str(folder), *facts]))}"


def has_amx_kernels(folder: Path) -> bool:
    """Return whether the libraries in ``folder`` were compiled with AMX."""
    return _AMX_FUNCTION in _processor_code(folder)


def compiled_by(folder: Path) -> str:
    """Return the compiler of the libraries in ``folder``, for example ``gcc 12.2.0``; empty: they do not say."""
    found = _GCC.search(_processor_code(folder))
    return f"gcc {found.group(1).decode()}" if found else ""


def _processor_code(folder: Path) -> bytes:
    """Return the library that computes on the processor."""
    path = next(iter(sorted(folder.glob("*ggml-cpu*"))), None)
    try:
        return path.read_bytes() if path else b""
    except OSError:
        return b""


def _brand() -> str:
    """Return the processor's name where the system has no list of its instruction sets: macOS."""
    if sys.platform != "darwin":
        return ""
    asked = subprocess.run(
        ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def _not_installed() -> str:
    return "llama-cpp-python is not installed; run: pip install --force-reinstall soothsay"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
