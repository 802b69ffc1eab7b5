"""How llama.cpp is compiled for this machine. Only the standard library is used: `make install` runs this file before
anything is installed, as ``python compiling.py COMMAND …``, which runs the command with what `environment` returns.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

_OLDEST_GCC = 9  # llama.cpp needs C++17 with <filesystem> in the standard library
_SOUND_AMX_GCC = 13
_BYTES_A_JOB = 1.5e9  # what one compiler process takes for llama.cpp's largest file, with room to spare

# llama.cpp's options for instruction sets, and the processor's flags (of /proc/cpuinfo) that each needs
_OPTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("GGML_SSE42", ("sse4_2",)),
    ("GGML_AVX", ("avx",)),
    ("GGML_AVX2", ("avx2",)),
    ("GGML_BMI2", ("bmi2",)),
    ("GGML_FMA", ("fma",)),
    ("GGML_F16C", ("f16c",)),
    ("GGML_AVX_VNNI", ("avx_vnni",)),
    ("GGML_AVX512", ("avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw")),
    ("GGML_AVX512_VBMI", ("avx512vbmi",)),
    ("GGML_AVX512_VNNI", ("avx512_vnni",)),
    ("GGML_AVX512_BF16", ("avx512_bf16",)),
)
_PORTABLE = {"GGML_SSE42", "GGML_AVX", "GGML_AVX2", "GGML_FMA", "GGML_F16C", "GGML_BMI2"}


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C++ compiler; ``gcc`` is its major version, None for another compiler."""

    path: str
    gcc: int | None


class CompilingError(Exception):
    """What keeps llama.cpp from being compiled; the message is one line and says what to do."""


def find_compiler() -> Compiler:
    """Return the C++ compiler that CMake will use. Raises `CompilingError`."""
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["c++", "g++", "clang++", "cl"]
    path = next((found for name in names if (found := shutil.which(name.split()[0]))), None)
    if path is None:
        raise CompilingError(
            f"no C++ compiler ({' or '.join(names)}), which llama.cpp is compiled with: "
            "install one (Debian, Ubuntu: apt-get install g++; macOS: xcode-select --install)"
        )
    compiler = Compiler(path, _gcc_version(path))
    if compiler.gcc is not None and compiler.gcc < _OLDEST_GCC:
        raise CompilingError(
            f"{path} is gcc {compiler.gcc}, llama.cpp needs {_OLDEST_GCC} or newer: "
            "install a newer one and set CXX (and CC) to it"
        )
    return compiler


def _gcc_version(path: str) -> int | None:
    try:
        asked = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    head = asked.stdout.partition("\n")[0]
    if "clang" in head.lower() or "Free Software Foundation" not in asked.stdout:
        return None
    version = re.search(r"\b(\d+)\.\d+\.\d+", head.rpartition(")")[2])
    return int(version.group(1)) if version else None


def processor_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Return the instruction sets that the system reports for x86; empty where it does not say (not Linux)."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return frozenset(flags.group(1).split()) if flags else frozenset()


def has_unsound_amx(flags: Collection[str], compiler: Compiler) -> bool:
    """Return whether llama.cpp's AMX kernels would die: gcc 12 drops the stores of the tile configuration.

    Source: llama.cpp, pull request 26954.
    """
    return "amx_tile" in flags and compiler.gcc is not None and compiler.gcc < _SOUND_AMX_GCC


def cmake_options(flags: Collection[str], compiler: Compiler) -> list[str]:
    """Return CMake's options for the processor with ``flags``; empty: llama.cpp's own default (native) is right."""
    if not has_unsound_amx(flags, compiler):
        return []
    return ["-DGGML_NATIVE=OFF", *(_option(name, needed, flags) for name, needed in _OPTIONS)]


def portable_options(flags: Collection[str]) -> list[str]:
    """Return CMake's options for AVX2 at most, which hypervisors do not hide."""
    return [
        "-DGGML_NATIVE=OFF",
        *(_option(name, needed, flags if name in _PORTABLE else ()) for name, needed in _OPTIONS),
    ]


def _option(name: str, needed: Sequence[str], flags: Collection[str]) -> str:
    return f"-D{name}={'ON' if set(needed) <= set(flags) else 'OFF'}"


def jobs(cores: int, available: int | None) -> int:
    """Return how many files to compile at once with ``available`` bytes of memory (None: unknown)."""
    fitting = cores if available is None else int(available // _BYTES_A_JOB)
    return max(1, min(cores, fitting))


def available_memory(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Return the bytes that new processes can have; None where the system does not say (not Linux)."""
    try:
        found = re.search(r"^MemAvailable:\s*(\d+) kB", meminfo.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found.group(1)) * 1024 if found else None


def environment(portable: bool = False) -> dict[str, str]:
    """Return this process's environment with what compiles llama.cpp for this machine. Raises `CompilingError`.

    What the user has set in ``CMAKE_ARGS`` and ``CMAKE_BUILD_PARALLEL_LEVEL`` stays.
    """
    compiler = find_compiler()
    flags = processor_flags() if platform.machine() in ("x86_64", "AMD64") else frozenset[str]()
    options = portable_options(flags) if portable else cmake_options(flags, compiler)
    given = os.environ.get("CMAKE_ARGS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs(cores, available_memory())),
        **os.environ,
        **({"CMAKE_ARGS": " ".join(filter(None, [*options, given]))} if options else {}),
    }


def main(command: Sequence[str]) -> int:
    """Run ``command`` so that llama.cpp, if it compiles it, is compiled for this machine. Returns its exit code."""
    if not command:
        print("usage: compiling.py COMMAND …", file=sys.stderr)
        return 2
    try:
        prepared = environment()
    except CompilingError as error:
        print(f"soothsay: {error}", file=sys.stderr)
        return 1
    return subprocess.run(command, env=prepared, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
