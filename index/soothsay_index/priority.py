"""Work that nobody waits for, on threads that stand back."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_NICENESS = 10


def stand_back() -> None:
    """Let every other thread have the processors before this one, and those that it starts. Linux only: elsewhere
    processes alone have a priority."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
