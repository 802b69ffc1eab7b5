"""Running a program for its help: bounded in time and output, in an empty folder, with nothing of the user's settings."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from soothsay_common.private import make_private
from soothsay_index.runtime.programs import Program

if sys.platform == "linux":
    import resource

_PROCESSOR_SECONDS = 2  # for one help text
_SECONDS = (
    10.0  # the same, with the time in which the processors do something else: these run at low priority
)
_MOST_BYTES = 256_000
_MOST_SUBCOMMANDS = 64
_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){1,3}")
_SUBCOMMAND = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_IN_WINDOWS = ("SYSTEMROOT", "PATHEXT", "COMSPEC")


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where programs are run: their ``PATH``, and a ``folder`` that no other user may write to and that is in no workspace.

    A program may read what lies in its working folder or above it.
    """

    path: str
    folder: Path


class TooSlowError(Exception):
    """The program has not printed its help in time, or far too much."""


def subcommands_to_ask(program: Program, listed: Sequence[str]) -> list[str]:
    """Return the subcommands of ``program`` whose help is read, where its own help lists ``listed``."""
    if not program.of_subcommand:
        return []
    named = program.subcommands or tuple(name for name in listed if name != "help")
    return [name for name in named if _SUBCOMMAND.fullmatch(name)][:_MOST_SUBCOMMANDS]


def print_help(executable: Path, arguments: Sequence[str], place: RunPlace, seconds: float = _SECONDS) -> str:
    """Return what ``executable`` prints, on both outputs. Raises `TooSlowError` and `OSError`.

    It has no input, no terminal, a working folder and a home folder that are new and empty, and is ended with its children once ``seconds`` have passed, on Linux
    also after two seconds of a processor.
    """
    make_private(place.folder)
    with tempfile.TemporaryDirectory(dir=place.folder, ignore_cleanup_errors=True) as folder:
        home, empty = Path(folder) / "home", Path(folder) / "empty"
        home.mkdir()
        empty.mkdir()
        process = subprocess.Popen(
            [str(executable), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=empty,
            env=_environment(place.path, home),
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        _limit(process)
        output = _Output(process)
        is_done = output.wait(time.monotonic() + seconds)
        _end(process)
        output.wait(time.monotonic() + 1.0)
        if not is_done or len(output.data) > _MOST_BYTES:
            raise TooSlowError(f"{executable.name} {' '.join(arguments)}".strip())
        return output.data.decode("utf-8", "replace")


def version_in(text: str) -> str:
    """Return the first number in ``text`` that looks like a version; "" without one."""
    found = _VERSION.search(text)
    return found[0] if found is not None else ""


class _Output:
    """What a process prints, read on a thread: a pipe cannot be waited for on every system."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.data = b""
        self._process = process
        self._thread = threading.Thread(target=self._read, name="help", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        stream = self._process.stdout
        if stream is not None:
            with stream, contextlib.suppress(OSError, ValueError):
                self.data = stream.read(_MOST_BYTES + 1)

    def wait(self, end: float) -> bool:
        """Wait until nothing more is printed, or the time ``end``; return whether that is so."""
        self._thread.join(max(0.0, end - time.monotonic()))
        return not self._thread.is_alive()


def _limit(process: subprocess.Popen[bytes]) -> None:
    """Limit the time that the process, and each of its children, may use of a processor."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and those that it has started, if they still run."""
    if sys.platform == "win32":
        if process.poll() is None:
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(process.pid)],
                capture_output=True,
                check=False,
                timeout=5,
            )
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)


def _environment(path: str, home: Path) -> dict[str, str]:
    """Return the environment of the program: nothing that leads to the user's settings, to caches or to a network."""
    folder = str(home)
    return {
        **{name: os.environ[name] for name in _IN_WINDOWS if name in os.environ},
        "PATH": path,
        "HOME": folder,
        "USERPROFILE": folder,
        "APPDATA": folder,
        "LOCALAPPDATA": folder,
        "TMPDIR": folder,
        "TEMP": folder,
        "TMP": folder,
        "LANG": "C",
        "LC_ALL": "C",
        "TERM": "dumb",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
        "MANPAGER": "cat",
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GOTOOLCHAIN": "local",
        "RUSTUP_AUTO_INSTALL": "0",
    }
