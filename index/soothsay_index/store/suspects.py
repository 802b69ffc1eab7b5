"""What was being read when a process ended: it may have ended it, so it is read in a process of its own next time."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_FOLDER = "reading"
_KEPT = 100  # notes of processes that have ended


class Suspects:
    """Notes of what this process reads, in the database's ``folder``, and what others had not read to the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER
        self._numbers = itertools.count()
        self._found: dict[str, Path] = {}  # with the note that names it
        for note in self._left_behind():
            with contextlib.suppress(OSError, ValueError):
                self._found |= dict.fromkeys(json.loads(note.read_text(encoding="utf-8")), note)

    def __contains__(self, key: object) -> bool:
        return key in self._found

    @contextmanager
    def noted(self, keys: Iterable[str]) -> Iterator[None]:
        """Note that what ``keys`` stand for is read within the block. It raises nothing where that cannot be written."""
        note = self._folder / f"{os.getpid()}-{next(self._numbers)}.json"
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            note.write_text(json.dumps(list(keys)), encoding="utf-8")
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                note.unlink(missing_ok=True)

    def clear(self, key: str) -> None:
        """Forget ``key``: it was read, and the process lives."""
        note = self._found.pop(key, None)
        if note is not None and note not in self._found.values():
            with contextlib.suppress(OSError):
                note.unlink(missing_ok=True)

    def _left_behind(self) -> list[Path]:
        """Return the notes of processes that have ended, the newest last; the oldest of many are removed."""
        try:
            notes = sorted(self._folder.glob("*-*.json"), key=lambda note: note.stat().st_mtime)
        except OSError:
            return []
        ended = [note for note in notes if _has_ended(note.name.partition("-")[0])]
        for note in ended[:-_KEPT]:
            with contextlib.suppress(OSError):
                note.unlink(missing_ok=True)
        return ended[-_KEPT:]


def _has_ended(pid: str) -> bool:
    """Return whether the process that wrote a note has ended. One with this process's number had it before."""
    return not pid.isdecimal() or int(pid) == os.getpid() or not psutil.pid_exists(int(pid))
