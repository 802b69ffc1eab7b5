"""Reaching the backend of this build: the one that runs, else one that is started now."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
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

_STARTS_WITHIN = 30.0  # seconds until a backend must listen; it imports little before
_GREETS_WITHIN = 10.0  # seconds until a running one must answer: one that is stopped never does
_ENDS_WITHIN = 5.0  # seconds for one that was killed: its memory is given back first
_LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class BackendConnection:
    """A connection to a backend that has said `Welcome`."""

    stream: MessageStream
    info: ConnectionInfo
    files: BackendFiles


class _RefusedError(Exception):
    """The backend that runs there is not for this window."""


def connect_or_start(name: str) -> BackendConnection:
    """Return a connection to the backend, started if there is none (blocking). Raises `SoothsayError`.

    ``name`` says who asks, for ``soothsay status``.
    """
    build = build_id()
    for variant in ("", "second"):  # a backend that answers there and is of another build is left alone
        files = backend_files(build, variant)
        with contextlib.suppress(_RefusedError):
            connection = _connect(files, name, build)
            return connection if connection is not None else _start(files, name, build)
    raise SoothsayError(
        "a backend of another version of soothsay answers: restart the editor, or run `soothsay stop` and try again"
    )


def connect_running(files: BackendFiles, name: str) -> BackendConnection | None:
    """Return a connection to the backend at ``place``, of whatever build, if one runs there that answers."""
    with contextlib.suppress(_RefusedError):
        return _connect(files, name, None)
    return None


def kill_backend(info: ConnectionInfo) -> None:
    """End a backend that does not answer (blocking until it is gone); harmless if it is."""
    if info.is_alive():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(info.pid)
            process.kill()
            process.wait(_ENDS_WITHIN)


def _connect(files: BackendFiles, name: str, build: str | None) -> BackendConnection | None:
    """``build``: one that does not answer is ended, and one of another build refuses. None: any, as it is."""
    info = read_connection_info(files)
    if info is None:
        return None
    try:
        stream = MessageStream(Client(info.address, info.family))
    except (OSError, EOFError):
        return None
    stream.send(Hello(info.token, info.build if build is None else build, os.getpid(), name))
    try:
        if not stream.waits(_GREETS_WITHIN):
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
    lock = FileLock(files.lock, timeout=2 * _STARTS_WITHIN)
    try:
        lock.acquire()
    except (OSError, Timeout) as error:
        raise SoothsayError(f"cannot start the backend: {files.lock} is held or not writable") from error
    try:
        connection = _connect(files, name, build)  # another window may have started it meanwhile
        if connection is not None:
            return connection
        old = read_connection_info(files)
        if old is not None:
            kill_backend(old)
            remove_connection_info(files, old)
        process = _spawn(files)
        deadline = time.monotonic() + _STARTS_WITHIN
        while process.poll() is None and time.monotonic() < deadline:
            info = read_connection_info(files)
            # on Windows the process that was started may be a launcher, and the backend its child
            if info is not None and info != old:
                connection = _connect(files, name, build)
                if connection is not None:
                    return connection
            time.sleep(_LOOK_EVERY)
        words = last_log_line(files.log)
        process.kill()
        raise SoothsayError(
            f"the backend process does not start ({words or 'it gave no reason'}): see {files.log}"
        )
    finally:
        lock.release()


def _spawn(files: BackendFiles) -> subprocess.Popen[bytes]:
    with contextlib.suppress(OSError):  # Windows: somebody reads it
        rotate_log(files.log)
    command = python_command("soothsay.backend", "--folder", str(files.folder), "--key", files.key)
    flags, group = detachment()
    try:
        # MALLOC_ARENA_MAX: glibc gives each thread an arena of its own, and freed memory lies in all of them
        # GGML_NO_BACKTRACE: an abort of llama.cpp would start a debugger first, for seconds
        with files.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=files.folder,
                env=child_environment(PYTHONUNBUFFERED="1", MALLOC_ARENA_MAX="2", GGML_NO_BACKTRACE="1"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                creationflags=flags,
                process_group=group,
            )
    except OSError as error:
        raise SoothsayError(f"cannot start the backend process: {error.strerror}") from error
    threading.Thread(target=process.wait, name="backend-reaper", daemon=True).start()  # leaves no zombie
    return process


def detachment(platform: str = sys.platform) -> tuple[int, int | None]:
    """Return ``creationflags`` and ``process_group`` of a backend: it must outlive the editor that started it, and not be
    interrupted with its terminal.

    It is no session of its own: Linux shares the processors out between sessions (autogroup), and the editor's process
    waited 40 to 60 ms for one while the backend of another session computed; in the same session under 10 ms.
    """
    if platform == "win32":
        # CREATE_NO_WINDOW, not DETACHED_PROCESS: without any console, each child process would open a window of its own
        no_window, new_group = 0x08000000, 0x00000200  # and CREATE_NEW_PROCESS_GROUP
        return no_window | new_group, None
    return 0, 0
