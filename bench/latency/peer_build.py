"""`llama-server`, built once from the source distribution of the llama-cpp-python that is installed.

    python -m bench.latency.peer_build

Both sides of the benchmark then run the very same llama.cpp, compiled for the same instruction sets on the same machine.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

from soothsay.model import compiling
from soothsay.model.library import own_build

CACHE = user_cache_path("soothsay-bench") / "latency"
_DISTRIBUTION = "llama-cpp-python"
_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",  # one file, so that the sources need not be kept
    "-DLLAMA_CURL=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",  # it would be fetched from a network that may not be there
)
_PERCENT = re.compile(r"^\[\s*(\d+)%\]")


def llama_server() -> Path:
    """The program, built first when it is not there. Raises `SystemExit` with what to do when it cannot be."""
    release = version(_DISTRIBUTION)
    program = CACHE / f"llama-server-{release}"
    if not program.exists():
        cmake, tools = _tools()
        folder = CACHE / f"building-{release}"  # a build that was stopped goes on
        source = _source(release, folder)
        _build(source, folder / "build", cmake, tools)
        (folder / "build" / "bin" / "llama-server").replace(program)
        shutil.rmtree(folder)
    return program


def options() -> list[str]:
    """Return CMake's options: those that our server's llama.cpp was compiled with, and what makes one program of it.

    Where soothsay has compiled llama.cpp itself, kernels for AMX are left out, as they are there.
    """
    target: compiling.Target = "without AMX" if own_build() else "this processor"
    try:
        ours = compiling.environment(target)["CMAKE_ARGS"]
    except compiling.CompilingError as error:
        raise SystemExit(f"llama-server: {error}") from error
    # llama.cmake leaves out what only the server needs
    needed = (each for each in shlex.split(ours) if not each.startswith("-DCMAKE_PROJECT_INCLUDE="))
    return [*needed, *_OPTIONS]


def _tools() -> tuple[str, str]:
    """cmake, and the folder of the scripts of this interpreter, where pip puts one."""
    scripts = sysconfig.get_path("scripts")
    path = os.pathsep.join([os.environ.get("PATH", ""), scripts])
    cmake = shutil.which("cmake", path=path)
    if cmake is None:
        raise SystemExit(f"llama-server is built with cmake: {sys.executable} -m pip install cmake")
    if shutil.which(os.environ.get("CXX") or "c++") is None:
        raise SystemExit("llama-server is built with a C++ compiler: apt-get install g++, or set CXX")
    return cmake, path


def _source(release: str, folder: Path) -> Path:
    """Return the folder of llama.cpp's sources in ``folder``, fetched where they are not there."""
    source = folder / "llama.cpp"
    if source.exists():
        return source
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"fetching the sources of {_DISTRIBUTION} {release} (77 MB) ...", flush=True)
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--no-binary", _DISTRIBUTION, "--dest", str(folder), f"{_DISTRIBUTION}=={release}",
    ]  # fmt: skip
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit(f"the sources cannot be fetched; try it by hand: {' '.join(command)}")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        wanted = [each for each in tar.getmembers() if "/vendor/llama.cpp/" in each.name]
        tar.extractall(folder, wanted, filter="data")
    archive.unlink()
    (fetched,) = folder.glob("*/vendor/llama.cpp")
    return fetched.rename(source)


def _build(source: Path, build: Path, cmake: str, path: str) -> None:
    jobs = os.environ.get("JOBS") or str(os.cpu_count() or 1)
    print(f"building llama-server with {jobs} jobs; 10 to 20 minutes on two cores, once ...", flush=True)
    environment = {**os.environ, "PATH": path}
    log = CACHE / "llama-server-build.log"
    with log.open("w", encoding="utf-8") as out:
        for command in (
            [cmake, "-S", str(source), "-B", str(build), *options()],
            [cmake, "--build", str(build), "--target", "llama-server", "-j", jobs],
        ):
            child = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
            )
            assert child.stdout is not None
            for line in child.stdout:
                out.write(line)
                if percent := _PERCENT.match(line):
                    print(f"\r  {percent.group(1):>3} %", end="", flush=True)
            if child.wait() != 0:
                raise SystemExit(f"\nllama-server cannot be built; the end of {log} says why")
    print("\r  done ", flush=True)


if __name__ == "__main__":
    print(llama_server())
