"""A git repository of a test's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

_AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder``; return what it prints."""
    done = subprocess.run(
        ["git", "-C", folder, *_AUTHOR, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
