"""What tells that a file is no longer the one it was."""

from __future__ import annotations

from pathlib import Path


def file_identity(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with the content of a file, and when another takes its place; None where there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
