"""Asking git about a repository without running what the repository's settings name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from soothsay_index.runtime.boundaries import boundaries_of
from soothsay_index.runtime.executables import executables

_SECONDS = 10.0
_HARMLESS = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
# Objects that are missing would be fetched with a command from the settings.
_NO_FETCH = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}


def git_output(workspace: Path, *arguments: str, absent: str | None = None) -> str | None:
    """Return git's output as it is, ``absent`` if it exits with 1 and no output, or None if it fails.

    A repository's settings can name programs of its own: none of them is run.
    """
    boundaries = boundaries_of(workspace, os.environ)
    git = next(executables("git", os.environ, boundaries), None)
    if git is None:
        return None
    try:
        done = subprocess.run(
            [str(git), "-C", str(workspace), *_HARMLESS, *arguments],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **_NO_FETCH},
            cwd=Path(__file__).parent,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode == 1 and not done.stdout:
        return absent
    return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else None
