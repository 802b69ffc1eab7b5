"""When files and folders have changed."""

from __future__ import annotations

from pathlib import Path


def changed_at(path: Path) -> int:
    """Return the time of change of ``path`` in nanoseconds; -1 if it does not exist."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1
