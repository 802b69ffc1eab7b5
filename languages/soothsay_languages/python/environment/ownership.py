"""Whose an environment is: that of another user is not used."""

from __future__ import annotations

import os
from pathlib import Path


def foreign_owner(folder: Path) -> str:
    """Return the user whose environment ``folder`` is, if that is neither this one nor root; else an empty string."""
    for path in (folder, folder / "pyvenv.cfg"):
        owner = owner_of(path)
        if owner is not None and owner not in {0, os.geteuid()}:
            return _user(owner)
    return ""


def owner_of(path: Path) -> int | None:
    """Return the number of the user who owns what ``path`` leads to. None where there is nothing, and on Windows."""
    if not hasattr(os, "geteuid"):
        return None
    try:
        return path.stat().st_uid
    except OSError:
        return None


def _user(number: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return f"user {number}"
