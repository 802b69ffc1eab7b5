"""Folders and files that only their user may read."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make ``folder``, and close one of this user's that others may enter. Raises `OSError` where it cannot be made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(OSError):  # another's, or on a file system without modes
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o077:
            folder.chmod(mode & 0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its user may read. Raises `OSError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        with contextlib.suppress(OSError, AttributeError):
            os.fchmod(file.fileno(), 0o600)  # one of an older version
        file.write(text)


def replace_private(path: Path, text: str) -> None:
    """Write a file that only its user may read, at once: whoever reads it finds the old text or the new. Raises `OSError`."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    write_private(fresh, text)
    fresh.replace(path)
