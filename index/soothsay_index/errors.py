"""Errors with a one-line message for users that names the remedy."""

from __future__ import annotations

import errno
import re
from pathlib import Path


class SoothsayIndexError(Exception):
    """An operation of the index failed; ``str(error)`` is one line that says what to do."""


_OS_ERROR = re.compile(r"\(os error (\d+)\)")  # how LanceDB names the system's error
_REMEDIES = {
    errno.ENOSPC: "the disk is full: free some of it, or set SOOTHSAY_CACHE to a folder on another one",
    errno.EDQUOT: "your share of the disk is full: free some of it, or set SOOTHSAY_CACHE to a folder on another one",
    errno.EFBIG: "a file may not grow any more: raise the limit (ulimit -f)",
    errno.EROFS: "the disk is read-only: set SOOTHSAY_CACHE to a folder that can be written",
    errno.EACCES: "access is denied: make it writable, or set SOOTHSAY_CACHE to another folder",
    errno.EPERM: "access is denied: make it writable, or set SOOTHSAY_CACHE to another folder",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n)",
}


def refused_by_system(error: BaseException, folder: Path) -> SoothsayIndexError | None:
    """Return what the operating system refused in ``folder``, with the remedy; None for every other error."""
    numbers = [error.errno] if isinstance(error, OSError) else []
    numbers += [int(number) for number in _OS_ERROR.findall(str(error))]
    for number in numbers:
        if number in _REMEDIES:
            return SoothsayIndexError(
                f"The index in {folder} cannot be written: {_REMEDIES[number]}. What was indexed before stays."
            )
    return None
