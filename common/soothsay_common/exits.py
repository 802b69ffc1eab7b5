"""Why a process ended, from its exit code, for every platform."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from typing import Literal, get_args

Cause = Literal[
    "ended",
    "illegal_instruction",
    "memory_access",
    "arithmetic",
    "aborted",
    "no_memory",
    "killed",
    "stopped",
    "hung",
    "other",
]
CAUSES: tuple[str, ...] = get_args(Cause)

_SIGNALS: dict[str, Cause] = {
    "SIGILL": "illegal_instruction",
    "SIGSEGV": "memory_access",
    "SIGBUS": "memory_access",
    "SIGFPE": "arithmetic",
    "SIGABRT": "aborted",
    "SIGTRAP": "aborted",  # what abort-like checks execute on Apple's processors
    "SIGKILL": "killed",
    "SIGTERM": "stopped",
    "SIGINT": "stopped",
    "SIGHUP": "stopped",
    "SIGQUIT": "stopped",
    "SIGXCPU": "stopped",
}
# NTSTATUS codes that Windows uses as exit codes
_NT_STATUS: dict[int, Cause] = {
    0xC000001D: "illegal_instruction",
    0xC0000096: "illegal_instruction",  # privileged instruction
    0xC0000005: "memory_access",
    0xC0000006: "memory_access",  # a mapped file could not be read
    0xC00000FD: "memory_access",  # stack overflow
    0xC0000374: "memory_access",  # heap corruption
    0xC0000094: "arithmetic",
    0xC0000409: "aborted",  # fail fast, what abort() does
    0xC0000017: "no_memory",
    0xC000012D: "no_memory",  # the commit limit
    0xC000013A: "stopped",  # Ctrl-C
    0x40010004: "stopped",  # the session ends
}
_MSVC_ABORT = 3

_TEXTS: dict[Cause, str] = {
    "ended": "ended by itself",
    "illegal_instruction": "an illegal instruction",
    "memory_access": "a memory access error",
    "arithmetic": "an arithmetic error",
    "aborted": "an abort in llama.cpp",
    "no_memory": "having no memory left",
    "killed": "being killed, as the system does when memory runs out",
    "stopped": "being stopped from outside",
    "hung": "not answering",
    "other": "an unknown cause",
}


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended. ``name`` is the signal's, or the exit code as text."""

    cause: Cause
    name: str = ""

    @property
    def is_transient(self) -> bool:
        """Return whether the cause may be temporary: memory was short, or the process was stopped from outside."""
        return self.cause in ("no_memory", "killed", "stopped", "hung")

    def describe(self) -> str:
        """Return the cause in a few words: ``an abort in llama.cpp (SIGABRT)``."""
        return f"{_TEXTS[self.cause]} ({self.name})" if self.name else _TEXTS[self.cause]


def read_exit(code: int, platform: str = sys.platform) -> Exit:
    """Return what the exit code of a child process (`subprocess.Popen.returncode`) means on ``platform``."""
    if platform == "win32":
        status = code & 0xFFFFFFFF
        if status == _MSVC_ABORT:
            return Exit("aborted", "abort")
        cause = _NT_STATUS.get(status, "ended" if status < 0x80000000 else "other")
        return Exit(cause, f"exit code {status:#x}" if status else "")
    if code >= 0:
        return Exit("ended", f"exit code {code}" if code else "")
    return exit_of_signal(_signal_name(-code))


def exit_of_signal(name: str) -> Exit:
    """Return the exit of a process that died of the signal ``name``."""
    return Exit(_SIGNALS.get(name, "other"), name)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
