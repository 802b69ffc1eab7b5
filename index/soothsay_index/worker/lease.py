"""The lease of the one process that may write a workspace's index."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """The process that holds a lease; ``since`` in seconds of the epoch."""

    pid: int
    host: str
    since: float


class Lease:
    """The right to write in ``folder``, held until :meth:`release` or the end of the process.

    The operating system frees the lock of a process that ends in any way, so that another one can take over at once.
    The holder is written to a file beside the lock, for diagnosis.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = FileLock(str(folder / "writer.lock"), thread_local=False)
        self._note = folder / "writer.json"
        self._guard = threading.Lock()

    @property
    def held(self) -> bool:
        """Return whether this process holds the lease."""
        return self._lock.is_locked

    def acquire(self) -> bool:
        """Take the lease if it is free, without waiting; return whether this process has it."""
        with self._guard:
            if self._lock.is_locked:
                return True
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                return False
            holder = LeaseHolder(os.getpid(), socket.gethostname(), time.time())
            with contextlib.suppress(OSError):  # on a full disk: the lock counts, not the note
                self._note.write_text(json.dumps(asdict(holder)), encoding="utf-8")
            return True

    def release(self) -> None:
        """Release the lease, so that another process can take it."""
        with self._guard:
            if self._lock.is_locked:
                self._note.unlink(missing_ok=True)
                self._lock.release(force=True)

    def holder(self) -> LeaseHolder | None:
        """Return the process that holds the lease, if known."""
        try:
            return LeaseHolder(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
