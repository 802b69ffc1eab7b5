"""The cause of a backend's end, read from its log by all windows, including those that did not start it."""

from __future__ import annotations

import faulthandler
import os
import re
import sys
from pathlib import Path

from soothsay_common.exits import Exit, exit_of_signal

_BEGAN = "soothsay backend {pid} began"
_IS_BEGINNING = re.compile(_BEGAN.format(pid=r"\d+"))
_ENDED = "soothsay backend {pid} ended: {why}"
# as CPython's faulthandler prints it
_FATAL = re.compile(r"^(?:Fatal Python error|Windows fatal exception): (.+?)\s*$", re.MULTILINE)
_WORDS = {
    "illegal instruction": "SIGILL",
    "code 0xc000001d": "SIGILL",
    "segmentation fault": "SIGSEGV",
    "access violation": "SIGSEGV",
    "stack overflow": "SIGSEGV",
    "bus error": "SIGBUS",
    "page error": "SIGBUS",
    "floating point exception": "SIGFPE",
    "floating-point exception": "SIGFPE",
    "int divide by zero": "SIGFPE",
    "float divide by zero": "SIGFPE",
    "aborted": "SIGABRT",
}
_HEAD = 8_000  # bytes that contain the process id; the dynamic linker and Python may write before it
# llama.cpp prints this after a file name and a line number, before it aborts
_ASSERTION = re.compile(r":\d+: (.+?)\s*$", re.MULTILINE)
_TAIL = 1_000_000  # bytes at the end that are read; the stacks of all threads follow the signal


def begin_log() -> None:
    """Write the start of this process to the log (standard error), and enable the report of fatal signals."""
    print(_BEGAN.format(pid=os.getpid()), file=sys.stderr, flush=True)
    faulthandler.enable()


def end_log(why: str) -> None:
    """Write to the log that this process ends normally, and ``why``."""
    print(_ENDED.format(pid=os.getpid(), why=why), file=sys.stderr, flush=True)


def rotate_log(log: Path) -> None:
    """Keep the log of the previous backend: a window may not have read its crash yet."""
    if log.exists():
        log.replace(previous_log(log))


def previous_log(log: Path) -> Path:
    """Return the path of the previous backend's log."""
    return log.with_suffix(".log.1")


def read_exit_from_log(log: Path, pid: int) -> Exit:
    """Return how the backend ``pid``, which has ended, ended. Without a cause in the log: by SIGKILL."""
    text = next((found for path in (log, previous_log(log)) if (found := _end_of_log(path, pid))), "")
    if _ENDED.format(pid=pid, why="") in text:
        return Exit("ended")  # on Windows the log may contain exceptions that were handled
    fatal = _FATAL.search(text)
    if fatal:
        exit_ = exit_of_signal(_WORDS.get(fatal.group(1).lower(), fatal.group(1)))
        assertion = _ASSERTION.search(text) if exit_.cause == "aborted" else None
        return Exit(exit_.cause, f"{exit_.name}, {assertion.group(1)}") if assertion else exit_
    return exit_of_signal("SIGKILL")  # all other causes are in the log


def last_log_line(log: Path) -> str:
    """Return the last line before the end, such as the message of a failed import; empty when there is none."""
    text = _tail(log)
    fatal = _FATAL.search(text)
    lines = [line.strip() for line in (text[: fatal.start()] if fatal else text).splitlines()]
    said = [line for line in lines if line and not _IS_BEGINNING.fullmatch(line)]
    return said[-1] if said else ""


def _end_of_log(path: Path, pid: int) -> str:
    """Return the end of the log at ``path``; empty if it is not the log of ``pid``."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return ""
    return _tail(path) if _BEGAN.format(pid=pid) in head.splitlines() else ""


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
