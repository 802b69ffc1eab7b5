"""How llama.cpp is compiled for this machine. Only the standard library is used: `make install` and the VS Code
extension run this file before anything is installed, as ``python -P compiling.py COMMAND …``, which runs the command
with what `environment` returns.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_OLDEST_GCC = 9  # llama.cpp needs C++17 with <filesystem> in the standard library
BYTES_A_JOB = 1_000_000_000  # what a compiler takes for llama.cpp's largest file, twice
_PROJECT = Path(__file__).absolute().with_name("llama.cmake")
_SECONDS = 20.0  # for a question to the compiler

Target = Literal["this processor", "without AMX", "AVX2 at most"]
"""What is compiled for: `this processor` leaves AMX out only where the compiler is known to break it."""

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
_OLDEST_GCC_FOR = {"GGML_AVX_VNNI": 11, "GGML_AVX512_BF16": 10}  # older ones do not know the option

_LAUNCHERS = ("ccache", "sccache", "distcc")
_ADVICE = "Debian, Ubuntu: apt-get install g++; macOS: xcode-select --install"


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C++ compiler; ``gcc`` is its major version, None for another compiler."""

    path: str
    gcc: int | None
    breaks_amx: bool = False  # llama.cpp's AMX kernels die when they are compiled by it

    def describe(self) -> str:
        """Return the path, and what it is where that is known."""
        return f"{self.path} (gcc {self.gcc})" if self.gcc else self.path


class CompilingError(Exception):
    """What keeps llama.cpp from being compiled; the message is one line and says what to do."""


def find_compiler(environ: Mapping[str, str] = os.environ) -> Compiler:
    """Return the C++ compiler that CMake will use. Raises `CompilingError`."""
    names = _wanted(environ) or ["c++", "g++", "clang++"]
    path = next((found for name in names if (found := shutil.which(name, path=environ.get("PATH")))), None)
    if path is None:
        if sys.platform == "win32":  # CMake finds Visual Studio, which is on nobody's PATH
            return Compiler("Visual Studio's, if CMake finds it", None)
        raise CompilingError(
            f"no C++ compiler ({' or '.join(names)}), which llama.cpp is compiled with: install one ({_ADVICE})"
        )
    shown = _ask(path, "--version")
    if shown is None:  # for example macOS's stand-in, which only asks for the developer tools
        raise CompilingError(f"the C++ compiler {path} does not run: install one ({_ADVICE})")
    gcc = gcc_version(shown)
    if gcc is not None and gcc < _OLDEST_GCC:
        raise CompilingError(
            f"{path} is gcc {gcc}, llama.cpp needs {_OLDEST_GCC} or newer: "
            "install a newer one and set CXX and CC to it"
        )
    return Compiler(path, gcc, breaks_amx=_breaks_amx(path))


def _wanted(environ: Mapping[str, str]) -> list[str]:
    """Return the compiler that the user has chosen, in a list of at most one."""
    set_ = re.search(r"-DCMAKE_CXX_COMPILER(?::\w+)?=(\S+)", environ.get("CMAKE_ARGS", ""))
    chosen = set_.group(1) if set_ else environ.get("CXX", "").strip()
    words = shlex.split(
        chosen, posix=sys.platform != "win32"
    )  # CXX may hold options, and what runs the compiler
    return [word for word in words if Path(word).stem not in _LAUNCHERS][:1]


def gcc_version(shown: str) -> int | None:
    """Return the major version in what ``--version`` shows; None when it is not gcc."""
    head = shown.partition("\n")[0]
    if "clang" in head.lower() or "Free Software Foundation" not in shown:
        return None
    version = re.search(r"\b(\d+)\.\d+\.\d+", re.sub(r"\([^)]*\)", "", head))
    return int(version.group(1)) if version else None


def _breaks_amx(path: str) -> bool:
    """Return whether the compiler drops all but 8 bytes of the tile configuration, so that AMX kernels die.

    Headers of gcc up to 12.3 and 13.2 declare only so much of it as read. Source: llama.cpp, pull request 26954.
    """
    expanded = _ask(path, "-E", "-x", "c++", "-mamx-tile", "-", given="#include <immintrin.h>\n")
    return expanded is not None and is_broken_amx_header(expanded)


def is_broken_amx_header(expanded: str) -> bool:
    """Return whether ``<immintrin.h>`` loads the tile configuration as if it were a pointer."""
    return re.search(r'"ldtilecfg[^"]*"\s*::\s*"m"\s*\(\*\(\(const void \*\*\)', expanded) is not None


def _ask(path: str, *arguments: str, given: str = "") -> str | None:
    """Return what the compiler prints; None when it fails."""
    try:
        asked = subprocess.run(
            [path, *arguments],
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout if asked.returncode == 0 else None


def processor_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Return the instruction sets that the system reports; empty where it does not say (not Linux)."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)  # the second is ARM's
    return frozenset(flags.group(1).split()) if flags else frozenset()


def cmake_options(flags: Collection[str], compiler: Compiler, target: Target) -> list[str]:
    """Return CMake's options for a processor with ``flags``; llama.cpp's own default is right where they say nothing."""
    common = [
        "-DLLAVA_BUILD=OFF",
        f"-DCMAKE_PROJECT_INCLUDE={_PROJECT.as_posix()}",
    ]  # without pictures and tools
    if target == "AVX2 at most":
        return [*common, *_explicit(flags, compiler, _PORTABLE)]
    if "amx_tile" in flags and (compiler.breaks_amx or target == "without AMX"):
        return [*common, *_explicit(flags, compiler, {name for name, _ in _OPTIONS})]
    return common


def _explicit(flags: Collection[str], compiler: Compiler, allowed: Collection[str]) -> list[str]:
    if not flags:  # nobody says: llama.cpp's defaults for other machines, AVX2 on x86
        return ["-DGGML_NATIVE=OFF"]
    return [
        "-DGGML_NATIVE=OFF",
        *(
            f"-D{name}={'ON' if name in allowed and _is_usable(name, needed, flags, compiler) else 'OFF'}"
            for name, needed in _OPTIONS
        ),
    ]


def _is_usable(name: str, needed: Sequence[str], flags: Collection[str], compiler: Compiler) -> bool:
    known = compiler.gcc is None or compiler.gcc >= _OLDEST_GCC_FOR.get(name, 0)
    return known and set(needed) <= set(flags)


def jobs(cores: int, available: int | None) -> int:
    """Return how many files to compile at once with ``available`` bytes of memory (None: unknown)."""
    fitting = cores if available is None else available // BYTES_A_JOB
    return max(1, min(cores, fitting))


def available_memory(
    meminfo: Path = Path("/proc/meminfo"), control_group: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """Return the bytes that new processes can have; None where the system does not say (not Linux)."""
    try:
        found = re.search(r"^MemAvailable:\s*(\d+) kB", meminfo.read_text(), re.MULTILINE)
    except OSError:
        return None
    machine = int(found.group(1)) * 1024 if found else None
    group = _left_in_group(control_group)
    return min((known for known in (machine, group) if known is not None), default=None)


def _left_in_group(folder: Path) -> int | None:
    """Return what a container's memory limit leaves; None: no limit."""
    for limit, usage, statistics in (
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ):
        try:
            left = int((folder / limit).read_text()) - int((folder / usage).read_text())
            cached = re.search(
                r"^(?:total_)?inactive_file (\d+)", (folder / statistics).read_text(), re.MULTILINE
            )
        except (OSError, ValueError):  # not there, or "max"
            continue
        return max(0, left + (int(cached.group(1)) if cached else 0))  # what is cached can be had
    return None


def usable_cores() -> int:
    """Return the processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(target: Target = "this processor", environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return ``environ`` with what compiles llama.cpp for this machine. Raises `CompilingError`.

    What the user has set in ``CMAKE_ARGS`` and ``CMAKE_BUILD_PARALLEL_LEVEL`` stays.
    """
    flags = processor_flags() if platform.machine() in ("x86_64", "AMD64") else frozenset[str]()
    options = cmake_options(flags, find_compiler(environ), target)
    given = environ.get("CMAKE_ARGS", "")
    return {
        "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs(usable_cores(), available_memory())),
        **environ,
        "CMAKE_ARGS": " ".join(
            filter(None, [shlex.join(options), given])
        ),  # of two values CMake takes the last
    }


def main(command: Sequence[str]) -> int:
    """Run ``command`` so that llama.cpp, if it compiles it, is compiled for this machine. Returns its exit code."""
    if not command:
        print(f"usage: {Path(__file__).name} COMMAND …", file=sys.stderr)
        return 2
    try:
        prepared = environment()
        code = subprocess.run(command, env=prepared, check=False).returncode
    except CompilingError as error:
        print(f"soothsay: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"soothsay: cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        return 1
    if code:
        more = prepared["CMAKE_BUILD_PARALLEL_LEVEL"] != "1"
        hint = (
            "; if the compiler was killed, memory ran out: set CMAKE_BUILD_PARALLEL_LEVEL=1" if more else ""
        )
        print(f"soothsay: that failed, see above{hint}", file=sys.stderr)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
