"""The backend process: accepts windows, shares the models among them, and ends when none is left."""

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
from multiprocessing.connection import Listener

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
from soothsay.backend.measuring import measure_when_idle
from soothsay.backend.message_stream import MessageStream
from soothsay.backend.messages import BackendStatus, Hello, Refused, Welcome
from soothsay.backend.models import ModelPool
from soothsay.backend.turns import Turns
from soothsay.backend.window import EditorWindow
from soothsay.backend.work_priority import WorkPriority
from soothsay.config import BackendSettings
from soothsay_common.garbage import release_memory

log = logging.getLogger(__name__)

_TICK = 1.0  # seconds between two looks at whether anything is left to do
_GREETS_WITHIN = 10.0  # seconds for a window to introduce itself
_LONGEST_HELLO = 64_000  # bytes
_BACKLOG = 16


class BackendServer:
    """Serves windows until the last one has been gone for a while."""

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
        """Listen, and serve until it is time to end (blocking)."""
        family, address = new_address(self._files)
        listener = Listener(address, family, _BACKLOG)
        info = ConnectionInfo(
            os.getpid(), process_started_at(os.getpid()), family, address, secrets.token_hex(16), build_id()
        )
        write_connection_info(self._files, info)
        for name in ("SIGTERM", "SIGINT"):
            # not set here: the thread that the signal interrupts may hold the event's lock
            signal.signal(getattr(signal, name), lambda *_: threading.Thread(target=self._end.set).start())
        with contextlib.suppress(AttributeError, ValueError):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        threading.Thread(target=self._accept, args=(listener, info), name="accept", daemon=True).start()
        threading.Thread(target=self._measure, name="measure", daemon=True).start()
        try:
            while not self._end.wait(_TICK):
                self._look_after()
        finally:
            remove_connection_info(self._files, info)
            end_log(self._why)

    # -- what windows share --------------------------------------------------------------------------------

    @contextmanager
    def building(self) -> Iterator[None]:
        """Within the block an index is being built."""
        with self._lock:
            self._builds += 1
        try:
            yield
        finally:
            with self._lock:
                self._builds -= 1
            release_memory()

    def status(self) -> BackendStatus:
        """Return what this backend holds."""
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
        """End soon: the answer to who asked for it is sent first."""
        threading.Timer(0.2, self._end.set).start()

    # -- windows come and go -------------------------------------------------------------------------------

    def _accept(self, listener: Listener, info: ConnectionInfo) -> None:
        while not self._end.is_set():
            try:
                stream = MessageStream(listener.accept())
                threading.Thread(
                    target=self._welcome, args=(stream, info), name="window", daemon=True
                ).start()
            except Exception as error:  # no descriptor, no thread, no memory: there may be some again later
                log.error("a window could not connect: %s", error)
                self._end.wait(_TICK)

    def _welcome(self, stream: MessageStream, info: ConnectionInfo) -> None:
        impatience = threading.Timer(_GREETS_WITHIN, stream.close)
        impatience.daemon = True
        impatience.start()
        try:
            hello = stream.receive(_LONGEST_HELLO)[0]
        except (EOFError, CodecError):
            hello = None
        impatience.cancel()
        if not isinstance(hello, Hello) or not _is_same(hello.token, info.token):
            stream.send(Refused("this is not for you"))
            stream.finish()
            return
        if hello.build != info.build:
            stream.send(Refused(f"this is build {info.build}"))
            stream.finish()
            return
        window = EditorWindow(stream, self, hello.pid, hello.name)
        with self._lock:
            ends = self._end.is_set()
            if not ends:
                self._windows.append(window)
        if ends:  # whoever asks starts the next one
            stream.close()
            return
        stream.send(Welcome(os.getpid()))
        try:
            window.serve()
        finally:
            with self._lock:
                self._windows.remove(window)
                if window.has_served:  # one that only asked for the status keeps nothing alive
                    self._linger = window.linger
                    self._empty_since = time.monotonic()

    def _look_after(self) -> None:
        self.models.free_unused(self._linger)
        with self._lock:  # a window that comes now is not welcomed
            if not self._windows and time.monotonic() - self._empty_since >= self._linger:
                self._why = "no window is left"
                self._end.set()

    def _measure(self) -> None:
        measure_when_idle(self.models, self.priority, self._is_building, self._end)

    def _is_building(self) -> bool:
        with self._lock:
            return self._builds > 0


def _is_same(one: str, other: str) -> bool:
    return secrets.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
