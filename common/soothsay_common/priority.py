"""Work that nobody waits for, on threads and in processes that stand back."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_NICE = 10
_NICEST = 19
_SWITCH = 0.0005  # seconds


def lower_thread_priority() -> None:
    """Let every other thread have the processors before this one, and those that it starts. Linux only: elsewhere
    processes alone have a priority."""
    _be_nice(_NICE)


def minimise_thread_priority() -> None:
    """The same, and behind those that stand back."""
    _be_nice(_NICEST)


def _be_nice(niceness: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


def lower_process_priority() -> None:
    """Let every other process have the processors before this one, which must hold nothing that others wait for."""
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):  # not Linux
        with contextlib.suppress(AttributeError, OSError):
            os.nice(_NICEST)


def shorten_switch_interval() -> None:
    """Let no thread of this process keep Python's lock for Python's 5 ms while another one, that somebody waits for, wants
    it."""
    sys.setswitchinterval(_SWITCH)
