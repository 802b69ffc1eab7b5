"""Compiling llama.cpp for this processor, where the installed library dies or is slow.

The source is that of the installed llama-cpp-python, so that its Python code fits. A build is tried before it is put
in place: a library that works is never replaced by one that does not.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from soothsay.errors import SoothsayError
from soothsay.model import compiling
from soothsay.model.compiling import CompilingError, Target
from soothsay.model.library import CHOSEN, build_folder, builds_folder, has_library, version
from soothsay.model.proof import WAYS, ProbeOutcome, run_probe
from soothsay.model.tiny import write_tiny_model
from soothsay_common.children import child_environment
from soothsay_common.exits import Exit

Show = Callable[[str], None]
"""Is told what is being done, often the same."""

_PREFIX = "building-"
_STEP = re.compile(r"\[\s*(\d+)/(\d+)\]")  # of ninja: how many of its commands have run
_EVERY = 15.0  # seconds between lines where the progress is no terminal's
_MINUTE = 60

# what a log says, and what that means; the first that is found counts
_NO_MEMORY = re.compile(r"Killed signal terminated|fatal error: Killed|virtual memory exhausted|out of memory|"
                        r"Cannot allocate memory|cc1plus: error: out of|LLVM ERROR: out of memory", re.IGNORECASE)  # fmt: skip
_TOO_OLD = re.compile(r"unrecognized command.line option|no such instruction|bad value .* for .?-march|"
                      r"unknown argument: '-m|unsupported option '-m", re.IGNORECASE)  # fmt: skip
_NO_DISK = re.compile(r"No space left on device|Disk quota exceeded", re.IGNORECASE)
_NO_SOURCE = re.compile(r"name resolution|Failed to establish a new connection|Network is unreachable|getaddrinfo failed|"
                        r"NewConnectionError|ConnectTimeout|ProxyError|No matching distribution|"
                        r"Could not find a version", re.IGNORECASE)  # fmt: skip
_NO_COMPILER = re.compile(r"No CMAKE_C(?:XX)?_COMPILER|CMAKE_C(?:XX)?_COMPILER not set|Could not find compiler|"
                          r"No CMAKE_CXX_COMPILER could be found")  # fmt: skip


class _CompilerTooOldError(SoothsayError):
    """The compiler, or its assembler, does not know the instructions of this processor."""


class _NoMemoryError(SoothsayError):
    """Memory ran out while compiling."""


def build(model: Path | None, show: Show) -> Path:
    """Compile llama.cpp so that ``model`` (None: a tiny one) works at full speed; returns the libraries' folder.

    Takes minutes. Raises `SoothsayError` with what to do; what was there before is left as it was then.
    """
    if os.environ.get(CHOSEN):
        raise SoothsayError(f"{CHOSEN} is set, so that a build would not be used; unset it first")
    if importlib.util.find_spec("pip") is None:
        raise SoothsayError(
            f"compiling needs pip, which {sys.executable} does not have; run: {shlex.quote(sys.executable)} -m ensurepip"
        )
    try:
        with _alone(), _workplace() as folder:
            libraries = _first_that_works(folder, model, show)
            return _put_in_place(libraries, folder)
    except OSError as error:
        raise SoothsayError(
            f"cannot write to {builds_folder()} ({error.strerror}); free it, or set SOOTHSAY_CACHE"
        ) from error


def targets() -> tuple[Target, ...]:
    """Return what to compile for, the fastest first."""
    # whoever asks for a build has seen the other die: AMX is not tried again, whichever compiler there is
    first: Target = "without AMX" if "amx_tile" in compiling.processor_flags() else "this processor"
    return first, "AVX2 at most"


def _first_that_works(folder: Path, model: Path | None, show: Show) -> Path:
    problem = ""
    for target in targets():
        libraries = folder / target.replace(" ", "-")
        try:
            _compile(target, libraries, show)
        except _CompilerTooOldError as error:
            problem = str(error)
            continue
        show("trying the build")
        outcome = _try(libraries, model, folder)
        if outcome == "":
            return libraries
        problem = f"its process died of {outcome.describe()}" if isinstance(outcome, Exit) else outcome
        show(f"compiled for {target}: {problem}")
    raise SoothsayError(f"llama.cpp was compiled, but it does not work here ({problem}); please report it")


def _try(libraries: Path, model: Path | None, folder: Path) -> ProbeOutcome:
    if model is None:
        model = folder / "tiny.gguf"
        write_tiny_model(model)
    return run_probe(model, WAYS[0], libraries)


def _compile(target: Target, libraries: Path, show: Show) -> None:
    """Put the libraries for ``target`` into the new folder ``libraries``."""
    try:
        environment = compiling.environment(target, child_environment())
    except CompilingError as error:
        raise SoothsayError(str(error)) from error
    try:
        _install(environment, libraries, show)
    except _NoMemoryError:
        if environment["CMAKE_BUILD_PARALLEL_LEVEL"] == "1":
            raise
        show("memory ran out: compiling one file at a time")
        _install({**environment, "CMAKE_BUILD_PARALLEL_LEVEL": "1"}, libraries, show)


def _install(environment: dict[str, str], libraries: Path, show: Show) -> None:
    with tempfile.TemporaryDirectory(dir=libraries.parent, ignore_cleanup_errors=True) as temporary:
        package = Path(temporary) / "package"
        code, lines = run(
            pip_command(package),
            # what pip unpacks lies here, too, and goes with it whatever happens
            {**environment, "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary},
            Path(temporary),
            lambda line: show(step(line)),
        )
        if code != 0:
            log = _keep_log(lines)
            raise failure(lines, log)
        found = package / "llama_cpp" / "lib"
        if not has_library(found):
            raise SoothsayError(
                f"llama-cpp-python {version()} was compiled without its library; please report it"
            )
        found.rename(libraries)


def pip_command(package: Path) -> list[str]:
    """Return the command that compiles the installed version into the folder ``package``."""
    return [
        *(sys.executable, "-P", "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "-v"),
        # no wheel, and none that pip has kept from an earlier compilation either
        *("--no-deps", "--no-binary", "llama-cpp-python", "--no-cache-dir", "--progress-bar", "off"),
        *("--target", str(package), f"llama-cpp-python=={version()}"),
    ]


def step(line: str) -> str:
    """Return what a line of pip's output says of the progress; empty: nothing."""
    found = _STEP.search(line)
    if found:
        return f"compiling llama.cpp: {found.group(1)} of {found.group(2)}"
    if re.match(r"\s*(?:Collecting|Downloading) llama[-_]cpp", line):
        return "downloading its source"
    if "Installing build dependencies" in line:
        return "installing what compiles it"
    return ""


def failure(lines: Sequence[str], log: Path | None) -> SoothsayError:
    """Return why pip failed, in one line with the remedy. ``log`` is where its output was kept."""
    text = "\n".join(lines)
    if _NO_MEMORY.search(text):
        return _NoMemoryError(
            "memory ran out while llama.cpp was compiled; close other programs and run it again with "
            "CMAKE_BUILD_PARALLEL_LEVEL=1 set"
        )
    if _TOO_OLD.search(text):
        return _CompilerTooOldError(
            "the C++ compiler, or its assembler, is too old for this processor; install a newer one and set CXX and CC"
        )
    if _NO_DISK.search(text):
        return SoothsayError(
            f"the disk is full: compiling needs 1 GB in {builds_folder()}; free some, or set SOOTHSAY_CACHE"
        )
    if _NO_COMPILER.search(text):
        return SoothsayError(
            "CMake finds no C or C++ compiler; install one (Debian, Ubuntu: apt-get install g++)"
        )
    if _NO_SOURCE.search(text):
        return SoothsayError(
            f"the source of llama-cpp-python {version()} cannot be had; check the network, and what pip is configured for"
        )
    errors = [line.strip() for line in lines if re.search(r"\berror\b", line, re.IGNORECASE)]
    reason = errors[0] if errors else "pip gave no reason"
    return SoothsayError(
        f"llama.cpp could not be compiled ({reason[:200]}); see {log or 'what pip says with -v'}"
    )


def run(
    command: Sequence[str], environment: dict[str, str], folder: Path, on_line: Callable[[str], None]
) -> tuple[int, list[str]]:
    """Run a program to its end in the background of what else runs; its exit code, and the lines of its output.

    All processes that it has started end with this call.
    """
    lines: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        with contextlib.suppress(psutil.Error, OSError):
            psutil.Process(process.pid).nice(
                psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 10
            )
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            on_line(lines[-1])
        return process.wait(), lines
    finally:
        end_tree(process)


def end_tree(process: subprocess.Popen[str]) -> None:
    """End ``process`` and what it has started, compilers for example."""
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in family:
        with contextlib.suppress(psutil.Error):
            each.kill()
    psutil.wait_procs(family, timeout=5)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)


def _keep_log(lines: Sequence[str]) -> Path | None:
    path = builds_folder() / "build.log"
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError:
        return None
    return path


def _put_in_place(libraries: Path, folder: Path) -> Path:
    """Make ``libraries`` the build that is used from now on; ``folder`` takes what was there."""
    target = build_folder()
    if target.exists():
        try:
            target.rename(folder / "replaced")
        except PermissionError as error:  # Windows keeps files that are in use
            raise SoothsayError(
                f"{target} is in use; close the editors that use soothsay, and run it again"
            ) from error
    libraries.rename(target)
    for other in old_builds():
        shutil.rmtree(other, ignore_errors=True)
    return target


def old_builds() -> list[Path]:
    """Return the folders of builds for other versions of llama-cpp-python; other processors may share this cache."""
    current = f"{version()}-"
    return [
        path
        for path in builds_folder().iterdir()
        if path.is_dir() and not path.name.startswith((current, _PREFIX, "."))
    ]


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    builds_folder().mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(builds_folder() / ".lock", timeout=0):
            yield
    except Timeout:
        raise SoothsayError("llama.cpp is being compiled by another process; wait for it") from None


@contextlib.contextmanager
def _workplace() -> Iterator[Path]:
    """Yield a folder beside the builds, so that a build is put in place by renaming it; other processes do not build meanwhile."""
    for left in builds_folder().glob(f"{_PREFIX}*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    with (
        ending_cleanly(),
        tempfile.TemporaryDirectory(
            prefix=_PREFIX, dir=builds_folder(), ignore_cleanup_errors=True
        ) as folder,
    ):
        yield Path(folder)


@contextlib.contextmanager
def ending_cleanly() -> Iterator[None]:
    """Within the block, a termination signal is an interrupt from the keyboard, after which things are tidied."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def show_progress() -> Iterator[Show]:
    """Show on standard error what is being done, and for how long: in one line on a terminal, else a line now and then."""
    began = time.monotonic()
    shown_at = -_EVERY
    last = ""
    is_terminal = sys.stderr.isatty()

    def show(text: str) -> None:
        nonlocal shown_at, last
        now = time.monotonic()
        last, before = text or last, last
        is_new = last.partition(":")[0] != before.partition(":")[0]
        if not last or (not is_new and now - shown_at < (1 if is_terminal else _EVERY)):
            return
        shown_at = now
        minutes, seconds = divmod(int(now - began), _MINUTE)
        line = f"{last} ({minutes}:{seconds:02})"
        print(
            f"\r\x1b[K{line}" if is_terminal else line,
            end="" if is_terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    try:
        yield show
    finally:
        if is_terminal and last:
            print(file=sys.stderr)
