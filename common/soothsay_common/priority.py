"""Lower scheduling priority for background threads and processes."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

BACKGROUND = 10
"""The niceness of background work: next to one busy program it still gets a tenth of a processor.

Idle priority, or niceness 19, would get nothing (1.5 %) for as long as something compiles.
"""
_SWITCH_SECONDS = 0.0005


def lower_thread_priority() -> None:
    """Lower the priority of this thread and of those that it starts (nice 10). Does nothing but on Linux."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BACKGROUND)


def lower_process_priority(niceness: int = BACKGROUND) -> None:
    """Raise the niceness of this process to ``niceness``."""
    with contextlib.suppress(AttributeError, OSError):  # Windows has none
        os.nice(max(0, niceness - os.nice(0)))


def shorten_switch_interval() -> None:
    """Shorten the interpreter's switch interval from 5 ms to 0.5 ms, so that short requests overtake long computations."""
    sys.setswitchinterval(_SWITCH_SECONDS)
