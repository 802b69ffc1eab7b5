"""What a backend died of: it writes that to its log, where every window can read it, also those that did not start it."""

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
# the words of CPython's faulthandler
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
_HEAD = 8_000  # bytes in which a log says whose it is; the dynamic linker and Python may write before
# what llama.cpp prints before it aborts, behind a file's name and a line
_ASSERTION = re.compile(r":\d+: (.+?)\s*$", re.MULTILINE)
_TAIL = 1_000_000  # bytes of a log that are looked at; the stacks of all threads stand behind the signal


def begin_log() -> None:
    """Say in the log, which is standard error, that this process begins, and have it say of which signal it dies."""
    print(_BEGAN.format(pid=os.getpid()), file=sys.stderr, flush=True)
    faulthandler.enable()


def end_log(why: str) -> None:
    """Say in the log that this process ends as it should."""
    print(_ENDED.format(pid=os.getpid(), why=why), file=sys.stderr, flush=True)


def rotate_log(log: Path) -> None:
    """Keep the log of the backend before: a window may not have read yet what it died of."""
    if log.exists():
        log.replace(previous_log(log))


def previous_log(log: Path) -> Path:
    """Return where the log of the backend before is kept."""
    return log.with_suffix(".log.1")


def read_exit_from_log(log: Path, pid: int) -> Exit:
    """Return how the backend ``pid``, which is gone, ended."""
    text = next((found for path in (log, previous_log(log)) if (found := _of(path, pid))), "")
    if _ENDED.format(pid=pid, why="") in text:
        return Exit("ended")  # Windows tells of exceptions, too, that were handled
    fatal = _FATAL.search(text)
    if fatal:
        exit_ = exit_of_signal(_WORDS.get(fatal.group(1).lower(), fatal.group(1)))
        assertion = _ASSERTION.search(text) if exit_.cause == "aborted" else None
        return Exit(exit_.cause, f"{exit_.name}, {assertion.group(1)}") if assertion else exit_
    return exit_of_signal("SIGKILL")  # nothing else leaves no word


def last_log_line(log: Path) -> str:
    """Return the last line that was written before the end, which may say more (a failed import or assertion)."""
    text = _end(log)
    fatal = _FATAL.search(text)
    lines = [line.strip() for line in (text[: fatal.start()] if fatal else text).splitlines()]
    said = [line for line in lines if line and not _IS_BEGINNING.fullmatch(line)]
    return said[-1] if said else ""


def _of(path: Path, pid: int) -> str:
    """Return the end of the log at ``path`` if it is that of ``pid``."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return ""
    return _end(path) if _BEGAN.format(pid=pid) in head.splitlines() else ""


def _end(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
