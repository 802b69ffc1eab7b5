"""How llama.cpp is compiled: compilers, processors and memory of several machines."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from soothsay.model import compiling
from soothsay.model.compiling import (
    BYTES_A_JOB,
    Compiler,
    CompilingError,
    available_memory,
    cmake_options,
    environment,
    find_compiler,
    gcc_version,
    is_broken_amx_header,
    jobs,
    processor_flags,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in compiler is a shell script")

FSF = "\nCopyright (C) 2022 Free Software Foundation, Inc.\n"
XEON = [
    "sse4_2",
    "avx",
    "avx2",
    "bmi2",
    "fma",
    "f16c",
    "avx512f",
    "avx512cd",
    "avx512vl",
    "avx512dq",
    "avx512bw",
    "avx512vbmi",
    "avx512_vnni",
    "avx512_bf16",
    "avx_vnni",
    "amx_tile",
    "amx_int8",
    "amx_bf16",
]
LAPTOP = ["sse4_2", "avx", "avx2", "bmi2", "fma", "f16c", "avx_vnni"]
OLD = ["sse4_2", "avx"]
BROKEN = Compiler("/usr/bin/c++", 12, breaks_amx=True)
SOUND = Compiler("/usr/bin/c++", 14)
CLANG = Compiler("/usr/bin/clang++", None)


@pytest.mark.parametrize(
    ("shown", "version"),
    [
        ("c++ (Debian 12.2.0-14+deb12u1) 12.2.0" + FSF, 12),
        ("g++ (Ubuntu 9.4.0-1ubuntu1~20.04.2) 9.4.0" + FSF, 9),
        ("g++ (GCC) 11.4.1 20231218 (Red Hat 11.4.1-3)" + FSF, 11),
        ("g++ (SUSE Linux) 13.2.1 20230912 [revision b96e66fd]" + FSF, 13),
        ("x86_64-conda-linux-gnu-c++ (conda-forge gcc 12.3.0-3) 12.3.0" + FSF, 12),
        ("g++-14 (Homebrew GCC 14.2.0) 14.2.0" + FSF, 14),
        ("Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu", None),
        ("Apple clang version 15.0.0 (clang-1500.3.9.4)", None),
        ("", None),
    ],
)
def test_which_gcc_it_is(shown: str, version: int | None) -> None:
    assert gcc_version(shown) == version


def test_the_header_tells_whether_amx_is_broken() -> None:
    old = '__asm__ volatile ("ldtilecfg\\t%X0" :: "m" (*((const void **)__config)));'
    assert is_broken_amx_header(old)
    assert not is_broken_amx_header("__builtin_ia32_ldtilecfg (__config);")
    assert not is_broken_amx_header("")


def compiler(folder: Path, name: str, script: str) -> Path:
    """A program that answers as a compiler does."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@posix
def test_the_compiler_that_cmake_takes(tmp_path: Path) -> None:
    compiler(tmp_path, "c++", f"echo 'c++ (Debian) 12.2.0{FSF}'")
    other = compiler(tmp_path, "mine", f"echo 'mine (GCC) 14.1.0{FSF}'")
    path = {"PATH": str(tmp_path)}
    assert find_compiler(path) == Compiler(str(tmp_path / "c++"), 12)
    assert find_compiler({**path, "CXX": "mine -pipe"}) == Compiler(str(other), 14)
    assert find_compiler({**path, "CXX": "/usr/bin/ccache mine"}) == Compiler(str(other), 14)
    assert find_compiler({**path, "CMAKE_ARGS": f"-DX=1 -DCMAKE_CXX_COMPILER:PATH={other}"}).gcc == 14
    assert find_compiler(path).describe() == f"{tmp_path / 'c++'} (gcc 12)"


@posix
def test_a_compiler_that_is_missing_old_or_a_stand_in_is_said_with_the_remedy(tmp_path: Path) -> None:
    path = {"PATH": str(tmp_path)}
    with pytest.raises(CompilingError, match=r"no C\+\+ compiler.*install one"):
        find_compiler(path)
    with pytest.raises(CompilingError, match=r"\(nonesuch\)"):
        find_compiler({**path, "CXX": "nonesuch"})
    compiler(tmp_path, "c++", "echo 'xcode-select: note: No developer tools were found' >&2; exit 1")
    with pytest.raises(CompilingError, match="does not run: install one"):
        find_compiler(path)
    compiler(tmp_path, "c++", f"echo 'c++ (GCC) 8.5.0{FSF}'")
    with pytest.raises(CompilingError, match=r"is gcc 8.*CXX"):
        find_compiler(path)


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx2 amx_tile\n\nflags\t\t: other\n", {"fpu", "avx2", "amx_tile"}),
        ("processor\t: 0\nFeatures\t: fp asimd i8mm\n", {"fp", "asimd", "i8mm"}),
        ("hart\t: 0\nisa\t: rv64imafdc\n", set()),
    ],
)
def test_what_the_processor_has(text: str, flags: set[str], tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(text, encoding="utf-8")
    assert processor_flags(cpuinfo) == flags
    assert processor_flags(tmp_path / "none") == frozenset()


def on(options: list[str]) -> set[str]:
    """The instruction sets that are switched on."""
    return {option[7:-3] for option in options if option.startswith("-DGGML_") and option.endswith("=ON")}


def test_amx_is_left_out_where_the_compiler_breaks_it() -> None:
    options = cmake_options(XEON, BROKEN, "this processor")
    assert "-DGGML_NATIVE=OFF" in options
    assert {"AVX512", "AVX512_VNNI", "AVX512_BF16", "AVX_VNNI", "AVX2"} <= on(options)
    assert not any("AMX" in option for option in options)


@pytest.mark.parametrize(
    ("flags", "used"), [(XEON, SOUND), (XEON, CLANG), (LAPTOP, BROKEN), (OLD, BROKEN), ([], CLANG)]
)
def test_llama_cpp_chooses_where_its_choice_is_sound(flags: list[str], used: Compiler) -> None:
    assert not any("GGML" in option for option in cmake_options(flags, used, "this processor"))


def test_amx_is_left_out_when_it_is_asked_for() -> None:
    assert "-DGGML_NATIVE=OFF" in cmake_options(XEON, SOUND, "without AMX")
    assert not any("GGML" in option for option in cmake_options(LAPTOP, SOUND, "without AMX"))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (XEON, {"SSE42", "AVX", "AVX2", "BMI2", "FMA", "F16C"}),
        (LAPTOP, {"SSE42", "AVX", "AVX2", "BMI2", "FMA", "F16C"}),
        (OLD, {"SSE42", "AVX"}),
        ([], set()),
    ],
)
def test_avx2_at_most(flags: list[str], expected: set[str]) -> None:
    options = cmake_options(flags, SOUND, "AVX2 at most")
    assert "-DGGML_NATIVE=OFF" in options
    assert on(options) == expected


def test_an_old_gcc_is_not_given_options_that_it_does_not_know() -> None:
    old = Compiler("/usr/bin/c++", 9, breaks_amx=True)
    assert not {"AVX_VNNI", "AVX512_BF16"} & on(cmake_options(XEON, old, "this processor"))


@pytest.mark.parametrize(
    ("cores", "memory", "expected"),
    [
        (8, None, 8),
        (8, 64 * BYTES_A_JOB, 8),
        (8, 3 * BYTES_A_JOB + 1, 3),
        (8, BYTES_A_JOB // 2, 1),
        (1, 0, 1),
    ],
)
def test_fewer_jobs_where_memory_is_short(cores: int, memory: int | None, expected: int) -> None:
    assert jobs(cores, memory) == expected


def test_the_memory_of_a_machine_and_of_a_container(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 16000000 kB\nMemAvailable:    8000000 kB\n", encoding="utf-8")
    group = tmp_path / "cgroup"
    group.mkdir()
    assert available_memory(meminfo, group) == 8_000_000 * 1024
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("500000000\n")
    (group / "memory.stat").write_text("anon 1\ninactive_file 100000000\n")
    assert available_memory(meminfo, group) == 8_000_000 * 1024
    (group / "memory.max").write_text("2000000000\n")
    assert available_memory(meminfo, group) == 1_600_000_000
    assert available_memory(tmp_path / "none", group) is None


def test_the_memory_of_an_older_container(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemAvailable:    8000000 kB\n", encoding="utf-8")
    group = tmp_path / "memory"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text("2000000000\n")
    (group / "memory.usage_in_bytes").write_text("1500000000\n")
    (group / "memory.stat").write_text("inactive_file 7\ntotal_inactive_file 500000000\n")
    assert available_memory(meminfo, tmp_path) == 500_000_007


@pytest.fixture
def xeon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "find_compiler", lambda environ: BROKEN)
    monkeypatch.setattr(compiling, "processor_flags", lambda: frozenset(XEON))
    monkeypatch.setattr(compiling.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(compiling, "usable_cores", lambda: 4)
    monkeypatch.setattr(compiling, "available_memory", lambda: 2 * BYTES_A_JOB)


@pytest.mark.usefixtures("xeon")
def test_what_the_user_has_set_stays() -> None:
    assert environment(environ={})["CMAKE_BUILD_PARALLEL_LEVEL"] == "2"
    given = {"CMAKE_BUILD_PARALLEL_LEVEL": "7", "CMAKE_ARGS": "-DGGML_AVX512=OFF", "HOME": "/home/me"}
    made = environment(environ=given)
    assert made["CMAKE_BUILD_PARALLEL_LEVEL"] == "7" and made["HOME"] == "/home/me"
    arguments = shlex.split(made["CMAKE_ARGS"])
    assert arguments.index("-DGGML_AVX512=ON") < arguments.index("-DGGML_AVX512=OFF")  # the last counts


@pytest.mark.usefixtures("xeon")
def test_a_folder_with_a_blank_in_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_PROJECT", Path("/Application Support/llama.cmake"))
    arguments = shlex.split(environment(environ={})["CMAKE_ARGS"])
    assert any(each.endswith("/Application Support/llama.cmake") for each in arguments)


def run_file(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """As `make install` runs it: before anything is installed."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(Path(compiling.__file__)), *command],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environ},
        check=False,
    )


@posix
def test_the_file_runs_a_command_with_nothing_installed(tmp_path: Path) -> None:
    compiler(tmp_path, "c++", f"echo 'c++ (GCC) 13.2.0{FSF}'")
    path = f"{tmp_path}:/usr/bin:/bin"
    done = run_file("/bin/sh", "-c", "echo level $CMAKE_BUILD_PARALLEL_LEVEL $CMAKE_ARGS", PATH=path)
    assert done.returncode == 0 and done.stdout.startswith("level "), done.stderr
    assert "-DLLAVA_BUILD=OFF" in done.stdout
    failed = run_file("/bin/sh", "-c", "exit 7", PATH=path, CMAKE_BUILD_PARALLEL_LEVEL="3")
    assert failed.returncode == 7 and "CMAKE_BUILD_PARALLEL_LEVEL=1" in failed.stderr


@posix
def test_the_file_says_what_is_missing_in_one_line(tmp_path: Path) -> None:
    done = run_file("true", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1 and "apt-get install g++" in done.stderr
    assert run_file().returncode == 2
