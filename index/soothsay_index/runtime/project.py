"""A workspace's name and version that are the same in every checkout: repository name and commit."""

from __future__ import annotations

import configparser
import re
import time
from dataclasses import dataclass
from pathlib import Path

from soothsay_index.runtime.git import git_output


@dataclass(frozen=True, slots=True)
class WorkspaceVersion:
    """A workspace's name and version: a commit, or the current time if files differ from it."""

    name: str
    version: str


def read_project(workspace: Path) -> WorkspaceVersion:
    """Return the project in ``workspace``; local changes make a version of their own."""
    return WorkspaceVersion(project_name(workspace), _commit(workspace) or time.strftime("%Y%m%d-%H%M%S"))


def project_name(workspace: Path) -> str:
    """Return the last part of the address that a repository was cloned from, else the folder's name. Runs no process."""
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
    """Return ``name`` without ``@``, ``/`` and ``#``, which separate the parts of a release's key."""
    return re.sub(r"[^\w.-]", "-", name).strip("-")


def _commit(workspace: Path) -> str:
    """Return the commit that the workspace shows, or an empty string: there is none, or files differ from it."""
    filters = git_output(
        workspace, "config", "--null", "--name-only", "--get-regexp", r"^filter\.", absent=""
    )
    # "-c" takes what stands before the first "=" for the name; such filters cannot be switched off like this.
    if filters is None or "=" in filters:
        return ""
    off = [
        argument
        for name in filters.split("\0")
        if name
        for argument in ("-c", f"{name}={_switched_off(name)}")
    ]
    # "dirty": git would look into submodules with a process, and the settings, of each.
    status = ("status", "--porcelain", "--ignore-submodules=dirty", "--", ".")
    if git_output(workspace, *off, *status) != "":
        return ""
    return (git_output(workspace, "rev-parse", "--short=12", "HEAD") or "").strip()


def _switched_off(setting: str) -> str:
    return "false" if setting.endswith(".required") else ""
