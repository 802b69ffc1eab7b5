"""What a workspace is called wherever it is checked out: the name of its repository, and the commit that it shows."""

from __future__ import annotations

import configparser
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_GIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Project:
    """A workspace as others know it. ``version`` is a commit, or the time where there is none to name."""

    name: str
    version: str


def read_project(workspace: Path) -> Project:
    """The project in ``workspace``. What differs from the commit makes a version of its own."""
    return Project(project_name(workspace), _commit(workspace) or time.strftime("%Y%m%d-%H%M%S"))


def project_name(workspace: Path) -> str:
    """The last part of the address that a repository was cloned from, else the folder's name. Runs no process."""
    config = configparser.ConfigParser(strict=False, allow_no_value=True, interpolation=None)
    try:
        # Git indents the lines of a section, which would make them parts of the one above.
        lines = (workspace / ".git" / "config").read_text(encoding="utf-8", errors="replace").splitlines()
        config.read_string("\n".join(line.strip() for line in lines))
        address = config.get('remote "origin"', "url", fallback="") or ""
    except (OSError, configparser.Error):
        address = ""
    last = re.split(r"[/\\:]", address.rstrip("/"))[-1].removesuffix(".git")
    return _plain(last) or _plain(workspace.name) or "workspace"


def _plain(name: str) -> str:
    """``@``, ``/`` and ``#`` separate the parts of a release's key."""
    return re.sub(r"[^\w.-]", "-", name).strip("-")


def _commit(workspace: Path) -> str:
    """The commit that the workspace shows, or an empty string: there is none, or files differ from it."""
    if _git(workspace, "status", "--porcelain", "--", ".") != "":
        return ""
    return _git(workspace, "rev-parse", "--short=12", "HEAD") or ""


def _git(workspace: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(workspace), *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
