"""Connect to the backend of this build, and start one if none is running."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Client

import psutil
from filelock import FileLock, Timeout

from soothsay.backend.address import (
    BackendFiles,
    ConnectionInfo,
    backend_files,
    build_id,
    read_connection_info,
    remove_connection_info,
)
from soothsay.backend.codec import CodecError
from soothsay.backend.crash_log import last_log_line, rotate_log
from soothsay.backend.message_stream import MessageStream
from soothsay.backend.messages import Hello, Refused, Welcome
from soothsay.errors import SoothsayError
from soothsay_common.children import child_environment, python_command

_START_TIMEOUT_S = 30.0  # until a new backend must listen
_WELCOME_TIMEOUT_S = 10.0  # until a running backend must answer; a suspended one never does
_KILL_TIMEOUT_S = 5.0  # until a killed backend must be gone: its memory is freed first
_POLL_S = 0.02
# how threads wait for each other: libgomp's own 3 ms for usual, and ten times the least where it counts too many threads;
# the last is for llama.cpp compiled with clang, whose OpenMP would wait without end
_WAITING = {"OMP_WAIT_POLICY": "active", "GOMP_SPINCOUNT": "300000", "KMP_BLOCKTIME": "3"}


@dataclass(frozen=True, slots=True)
class BackendConnection:
    """A connection to a backend that has answered with `Welcome`."""

    stream: MessageStream
    info: ConnectionInfo
    files: BackendFiles


class _RefusedError(Exception):
    """The running backend refuses this window."""


def connect_or_start(name: str) -> BackendConnection:
    """Return a connection to the backend, which is started if none is running (blocking). Raises `SoothsayError`.

    ``name`` identifies this client in ``soothsay status``.
    """
    build = build_id()
    for variant in ("", "second"):  # the second is used when a backend of another build answers at the first
        files = backend_files(build, variant)
        with contextlib.suppress(_RefusedError):
            connection = _connect(files, name, build)
            return connection if connection is not None else _start(files, name, build)
    raise SoothsayError(
        "a backend of another version of soothsay is running: restart the editor, or run `soothsay stop` and try again"
    )


def connect_running(files: BackendFiles, name: str) -> BackendConnection | None:
    """Return a connection to the running backend of ``files``, of any build; None if none answers."""
    with contextlib.suppress(_RefusedError):
        return _connect(files, name, None)
    return None


def kill_backend(info: ConnectionInfo) -> None:
    """Kill a backend and wait until it is gone (blocking). No effect if it is gone already."""
    if info.is_alive():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(info.pid)
            process.kill()
            process.wait(_KILL_TIMEOUT_S)


def _connect(files: BackendFiles, name: str, build: str | None) -> BackendConnection | None:
    """Return a connection, or None. Raises `_RefusedError`.

    With a ``build``, a backend that does not answer is killed and one of another build refuses; None: connect to any build.
    """
    info = read_connection_info(files)
    if info is None:
        return None
    try:
        stream = MessageStream(Client(info.address, info.family))
    except (OSError, EOFError):
        return None
    stream.send(Hello(info.token, info.build if build is None else build, os.getpid(), name))
    try:
        if not stream.poll(_WELCOME_TIMEOUT_S):
            stream.close()
            if build is not None:
                kill_backend(info)
            return None
        answer, _ = stream.receive()
    except (EOFError, CodecError):
        stream.close()
        return None
    if isinstance(answer, Welcome) and answer.pid == info.pid:
        return BackendConnection(stream, info, files)
    stream.close()
    if isinstance(answer, Refused):
        raise _RefusedError(answer.reason)
    return None


def _start(files: BackendFiles, name: str, build: str) -> BackendConnection:
    lock = FileLock(files.lock, timeout=2 * _START_TIMEOUT_S)
    try:
        lock.acquire()
    except (OSError, Timeout) as error:
        raise SoothsayError(
            f"cannot start the backend: {files.lock} is locked or not writable; run `soothsay stop` and try again"
        ) from error
    try:
        connection = _connect(files, name, build)  # another window may have started one meanwhile
        if connection is not None:
            return connection
        old = read_connection_info(files)
        if old is not None:
            kill_backend(old)
            remove_connection_info(files, old)
        process = _spawn(files)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while process.poll() is None and time.monotonic() < deadline:
            info = read_connection_info(files)
            # not compared with the process's id: on Windows it may be a launcher whose child is the backend
            if info is not None and info != old:
                connection = _connect(files, name, build)
                if connection is not None:
                    return connection
            time.sleep(_POLL_S)
        last_line = last_log_line(files.log)
        process.kill()
        raise SoothsayError(
            f"the backend process does not start ({last_line or 'no reason in its log'}): see {files.log}"
        )
    finally:
        lock.release()


def _spawn(files: BackendFiles) -> subprocess.Popen[bytes]:
    with contextlib.suppress(OSError):  # Windows: another process has the file open
        rotate_log(files.log)
    command = python_command("soothsay.backend", "--folder", str(files.folder), "--key", files.key)
    flags, group = detachment()
    try:
        with files.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=files.folder,
                env=environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                creationflags=flags,
                process_group=group,
            )
    except OSError as error:
        raise SoothsayError(f"cannot start the backend process: {error.strerror}") from error
    threading.Thread(target=process.wait, name="backend-reaper", daemon=True).start()  # to leave no zombie
    return process


def environment(environ: Mapping[str, str], platform: str = sys.platform) -> dict[str, str]:
    """Return the environment of a backend that is started where ``environ`` holds.

    llama.cpp's threads wait for each other hundreds of times a token. libgomp lets them look for 3 ms before they sleep, but
    for microseconds only once two threads of a process have evaluated something, as reading ahead does: it then counts
    more threads than processors. A token took 37 ms instead of 22 (two cores), until `_WAITING` made them look longer.
    """
    # MALLOC_ARENA_MAX: by default glibc keeps freed memory in an arena per thread
    # GGML_NO_BACKTRACE: otherwise an abort of llama.cpp runs a debugger for seconds
    changes = {"PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2", "GGML_NO_BACKTRACE": "1"}
    if platform == "linux" and not _WAITING.keys() & environ.keys():  # what the user has set stays
        changes |= _WAITING
    return child_environment(environ, **changes)


def detachment(platform: str = sys.platform) -> tuple[int, int | None]:
    """Return ``creationflags`` and ``process_group`` of a backend, which outlives the editor and ignores its Ctrl-C.

    It stays in the editor's Unix session: Linux distributes processor time among sessions (autogroup), and the editor's
    process waited 40 to 60 ms while a backend of another session computed, against less than 10 ms in the same session.
    """
    if platform == "win32":
        # CREATE_NO_WINDOW, not DETACHED_PROCESS: without a console, each child process would open a window
        no_window, new_group = 0x08000000, 0x00000200  # and CREATE_NEW_PROCESS_GROUP
        return no_window | new_group, None
    return 0, 0
