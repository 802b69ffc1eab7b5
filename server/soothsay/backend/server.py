"""The backend's server: accepts windows, shares models among them, and ends after the last one has disconnected."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, Listener
from typing import Any

from soothsay import __version__
from soothsay.backend.address import (
    BackendFiles,
    ConnectionInfo,
    build_id,
    new_address,
    process_started_at,
    remove_connection_info,
    write_connection_info,
)
from soothsay.backend.codec import CodecError
from soothsay.backend.crash_log import end_log
from soothsay.backend.improving import improve_when_idle
from soothsay.backend.measuring import measure_when_idle
from soothsay.backend.message_stream import MessageStream
from soothsay.backend.messages import BackendStatus, Hello, Refused, Welcome
from soothsay.backend.models import ModelPool
from soothsay.backend.peer import is_own_user
from soothsay.backend.turns import Turns
from soothsay.backend.window import EditorWindow
from soothsay.backend.work_priority import WorkPriority
from soothsay.config import BackendSettings
from soothsay_common.garbage import release_memory

log = logging.getLogger(__name__)

_TICK_S = 1.0  # between two checks whether windows are left and models are used
_HELLO_TIMEOUT_S = 10.0  # for a window to introduce itself
_MAX_HELLO = 64_000  # bytes
_BACKLOG = 16


class BackendServer:
    """Serves windows. Ends when the last one has been gone for its ``backend.linger_s`` seconds. Thread-safe."""

    def __init__(self, files: BackendFiles) -> None:
        self.models = ModelPool()
        self.turns = Turns()
        self.priority = WorkPriority()
        self._files = files
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._windows: list[EditorWindow] = []
        self._builds = 0
        self._linger = float(BackendSettings().linger_s)
        self._empty_since = time.monotonic()
        self._end = threading.Event()
        self._why = "stopped"

    def run(self) -> None:
        """Listen and serve until the end (blocking). Raises `SoothsayError`."""
        family, address = new_address(self._files)
        listener = Listener(address, family, _BACKLOG)
        info = ConnectionInfo(
            os.getpid(), process_started_at(os.getpid()), family, address, secrets.token_hex(16), build_id()
        )
        write_connection_info(self._files, info)
        for name in ("SIGTERM", "SIGINT"):
            # set on another thread: the thread interrupted by the signal may hold the event's lock
            signal.signal(getattr(signal, name), lambda *_: threading.Thread(target=self._end.set).start())
        with contextlib.suppress(AttributeError, ValueError):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        threading.Thread(target=self._accept, args=(listener, info), name="accept", daemon=True).start()
        threading.Thread(target=self._measure, name="measure", daemon=True).start()
        threading.Thread(target=self._improve, name="improve", daemon=True).start()
        try:
            while not self._end.wait(_TICK_S):
                self._check()
        finally:
            remove_connection_info(self._files, info)
            end_log(self._why)

    # -- what windows share --------------------------------------------------------------------------------

    @contextmanager
    def building(self) -> Iterator[None]:
        """Mark that an index is being built within the block."""
        with self._lock:
            self._builds += 1
        try:
            yield
        finally:
            with self._lock:
                self._builds -= 1
            release_memory()

    def status(self) -> BackendStatus:
        """Return the windows and models of this backend."""
        with self._lock:
            windows = list(self._windows)
        return BackendStatus(
            os.getpid(),
            __version__,
            build_id(),
            round(time.monotonic() - self._began, 1),
            tuple(window.status() for window in windows),
            self.models.status(),
        )

    def stop(self) -> None:
        """End in a moment, so that the answer to the request can be sent."""
        threading.Timer(0.2, self._end.set).start()

    # -- windows come and go -------------------------------------------------------------------------------

    def _accept(self, listener: Listener, info: ConnectionInfo) -> None:
        while not self._end.is_set():
            try:
                stream = MessageStream(_accept_own(listener))
                threading.Thread(
                    target=self._welcome, args=(stream, info), name="window", daemon=True
                ).start()
            except Exception as error:  # out of descriptors, threads or memory: try again later
                log.error("a window could not connect: %s", error)
                self._end.wait(_TICK_S)

    def _welcome(self, stream: MessageStream, info: ConnectionInfo) -> None:
        timeout = threading.Timer(_HELLO_TIMEOUT_S, stream.close)
        timeout.daemon = True
        timeout.start()
        try:
            hello = stream.receive(_MAX_HELLO)[0]
        except (EOFError, CodecError):
            hello = None
        timeout.cancel()
        if not isinstance(hello, Hello) or not _is_same(hello.token, info.token):
            stream.send(Refused("wrong token"))
            stream.close_when_sent()
            return
        if hello.build != info.build:
            stream.send(Refused(f"this is build {info.build}"))
            stream.close_when_sent()
            return
        window = EditorWindow(stream, self, hello.pid, hello.name)
        with self._lock:
            ends = self._end.is_set()
            if not ends:
                self._windows.append(window)
        if ends:  # the client will start another backend
            stream.close()
            return
        stream.send(Welcome(os.getpid()))
        try:
            window.serve()
        finally:
            with self._lock:
                self._windows.remove(window)
                if window.has_served:  # a client that only asked for the status does not extend the lifetime
                    self._linger = window.linger
                    self._empty_since = time.monotonic()

    def _check(self) -> None:
        self.models.free_unused(self._linger)
        with self._lock:  # with the lock held, no window can be accepted now
            if not self._windows and time.monotonic() - self._empty_since >= self._linger:
                self._why = "no window is left"
                self._end.set()

    def _measure(self) -> None:
        measure_when_idle(self.models, self.priority, self._is_building, self._end)

    def _improve(self) -> None:
        improve_when_idle(self.models, self.priority, self._is_building, self._end)

    def _is_building(self) -> bool:
        with self._lock:
            return self._builds > 0


def _accept_own(listener: Listener) -> Connection[Any, Any]:
    """Return the next connection of a process of this user (blocking). Raises `PermissionError` for another user's."""
    connection = listener.accept()
    if not is_own_user(connection.fileno()):
        connection.close()
        raise PermissionError("it is of another user")
    return connection


def _is_same(one: str, other: str) -> bool:
    return secrets.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
