"""Lower scheduling priority for background threads and processes."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_NICE = 10
_LOWEST = 19
_SWITCH_SECONDS = 0.0005


def lower_thread_priority() -> None:
    """Lower the priority of this thread and of those that it starts (nice 10). Does nothing but on Linux."""
    _be_nice(_NICE)


def minimise_thread_priority() -> None:
    """Give this thread and those that it starts the lowest priority (nice 19). Does nothing but on Linux."""
    _be_nice(_LOWEST)


def _be_nice(niceness: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


def lower_process_priority() -> None:
    """Give this process the lowest priority. It must hold no lock that other processes wait for."""
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):  # not Linux
        with contextlib.suppress(AttributeError, OSError):
            os.nice(_LOWEST)


def shorten_switch_interval() -> None:
    """Shorten the interpreter's switch interval from 5 ms to 0.5 ms, so that short requests overtake long computations."""
    sys.setswitchinterval(_SWITCH_SECONDS)
