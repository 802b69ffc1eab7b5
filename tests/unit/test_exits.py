"""Exit statuses of both kinds of platforms, as a person would say them."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from soothsay_common.exits import CAUSES, Exit, exit_of_signal, read_exit

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.mark.parametrize(
    ("code", "cause", "name"),
    [
        (0, "ended", ""),
        (1, "ended", "exit code 1"),
        (-signal.SIGSEGV, "memory_access", "SIGSEGV"),
        (-signal.SIGFPE, "arithmetic", "SIGFPE"),
        (-signal.SIGILL, "illegal_instruction", "SIGILL"),
        (-signal.SIGABRT, "aborted", "SIGABRT"),
        (-signal.SIGTERM, "stopped", "SIGTERM"),
        (-9, "killed", "SIGKILL"),
        (-77, "other", "signal 77"),
    ],
)
@needs_signals
def test_an_exit_on_posix(code: int, cause: str, name: str) -> None:
    found = read_exit(code, "linux")
    assert (found.cause, found.name) == (cause, name)


@pytest.mark.parametrize(
    ("code", "cause", "name"),
    [
        (0, "ended", ""),
        (1, "ended", "exit code 0x1"),
        (3, "aborted", "abort"),
        (0xC000001D, "illegal_instruction", "exit code 0xc000001d"),
        (0xC000001D - (1 << 32), "illegal_instruction", "exit code 0xc000001d"),  # as a signed number
        (0xC0000005, "memory_access", "exit code 0xc0000005"),
        (0xC0000094, "arithmetic", "exit code 0xc0000094"),
        (0xC0000409, "aborted", "exit code 0xc0000409"),
        (0xC0000017, "no_memory", "exit code 0xc0000017"),
        (0xC000013A, "stopped", "exit code 0xc000013a"),
        (0xC0000135, "other", "exit code 0xc0000135"),
    ],
)
def test_an_exit_on_windows(code: int, cause: str, name: str) -> None:
    found = read_exit(code, "win32")
    assert (found.cause, found.name) == (cause, name)


@needs_signals
def test_a_real_child_that_dies() -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGILL)"
    died = subprocess.run([sys.executable, "-c", script], check=False)
    assert read_exit(died.returncode) == Exit("illegal_instruction", "SIGILL")


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_words(cause: str) -> None:
    exit_ = Exit(cause, "why")  # type: ignore[arg-type]
    assert exit_.describe().endswith(" (why)")
    assert not Exit(cause).describe().endswith(")")  # type: ignore[arg-type]


def test_an_exit_is_described() -> None:
    assert exit_of_signal("SIGILL").describe() == "an illegal instruction (SIGILL)"
    assert exit_of_signal("SIGRTMIN+3").cause == "other"


def test_what_may_pass_is_what_the_machine_was_short_of() -> None:
    passing = {cause for cause in CAUSES if Exit(cause).is_transient}  # type: ignore[arg-type]
    assert passing == {"no_memory", "killed", "stopped", "hung"}
