"""What a backend died of: it writes that to its log, where every window can read it, also those that did not start it."""

from __future__ import annotations

import faulthandler
import os
import re
import sys
from pathlib import Path

from soothsay.exits import Exit, signalled

_BEGAN = "soothsay backend {pid} began"
_ENDED = "soothsay backend {pid} ended: {why}"
# the words of CPython's faulthandler
_FATAL = re.compile(r"^(?:Fatal Python error|Windows fatal exception): (.+?)\s*$", re.MULTILINE)
_WORDS = {
    "illegal instruction": "SIGILL",
    "code 0xc000001d": "SIGILL",
    "segmentation fault": "SIGSEGV",
    "access violation": "SIGSEGV",
    "bus error": "SIGBUS",
    "floating point exception": "SIGFPE",
    "floating-point exception": "SIGFPE",
    "aborted": "SIGABRT",
    "stack overflow": "SIGSEGV",
}
_TAIL = 64_000  # bytes of a log that are looked at


def begin_log() -> None:
    """Say in the log, which is standard error, that this process begins, and have it say of which signal it dies."""
    print(_BEGAN.format(pid=os.getpid()), file=sys.stderr, flush=True)
    faulthandler.enable()


def end_log(why: str) -> None:
    """Say in the log that this process ends as it should."""
    print(_ENDED.format(pid=os.getpid(), why=why), file=sys.stderr, flush=True)


def rotate(log: Path) -> None:
    """Keep the log of the backend before: a window may not have read yet what it died of."""
    if log.exists():
        log.replace(before(log))


def before(log: Path) -> Path:
    """Return where the log of the backend before is kept."""
    return log.with_suffix(".log.1")


def read_death(log: Path, pid: int) -> Exit:
    """Return how the backend ``pid``, which is gone, ended."""
    text = next((found for path in (log, before(log)) if (found := _of(path, pid))), "")
    fatal = _FATAL.search(text)
    if fatal:
        return signalled(_WORDS.get(fatal.group(1).lower(), fatal.group(1)))
    if _ENDED.format(pid=pid, why="") in text:
        return Exit("ended")
    return signalled("SIGKILL")  # nothing else leaves no word


def last_words(log: Path, pid: int) -> str:
    """Return the last line that the backend ``pid`` wrote before it died, which may say more (a failed assertion)."""
    text = next((found for path in (log, before(log)) if (found := _of(path, pid))), "")
    fatal = _FATAL.search(text)
    lines = [line.strip() for line in (text[: fatal.start()] if fatal else text).splitlines() if line.strip()]
    return lines[-1] if len(lines) > 1 else ""


def _of(path: Path, pid: int) -> str:
    """Return the end of the log at ``path`` if it is that of ``pid``."""
    try:
        with path.open("rb") as file:
            head = file.readline().decode("utf-8", "replace").strip()
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            return file.read().decode("utf-8", "replace") if head == _BEGAN.format(pid=pid) else ""
    except OSError:
        return ""
