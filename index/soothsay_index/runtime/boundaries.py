"""What belongs to a workspace: where its environment is looked for, and what is never run because it came with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_REPOSITORY = (".git", ".hg")
_PROJECT = (*_REPOSITORY, "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
_MOST_LINKS = 40


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The folders of a workspace, resolved.

    ``folders`` are the workspace and those above it up to its project's root, nearest first: whatever lies in
    that root may have come with a clone.
    """

    folders: tuple[Path, ...]

    def contain(self, path: Path) -> bool:
        """True when ``path``, or a link on the way to what it stands for, lies in the project's root."""
        return any(_same(parent, self.folders[-1]) for step in _steps(path) for parent in step.parents)


def boundaries_of(workspace: Path, environ: Mapping[str, str]) -> Boundaries:
    """Return the boundaries of ``workspace``. The user's home folder, and what is above it, is nobody's project."""
    workspace = workspace.resolve()
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home()).resolve()
    # a repository of several packages has one environment, at its root
    project = _root(workspace, _REPOSITORY, home) or _root(workspace, _PROJECT, home) or workspace
    folders = [each for each in (workspace, *workspace.parents) if each.is_relative_to(project)]
    return Boundaries(tuple(folders))


def _root(workspace: Path, marks: tuple[str, ...], home: Path) -> Path | None:
    """The nearest folder at or above ``workspace`` that has one of ``marks``."""
    for folder in (workspace, *workspace.parents):
        if folder != workspace and home.is_relative_to(folder):
            return None
        if any(os.path.lexists(folder / mark) for mark in marks):
            return folder
    return None


def _steps(path: Path) -> Iterator[Path]:
    """``path`` and what it links to, one link after the other, each by its own name and in its resolved folder."""
    for _ in range(_MOST_LINKS):
        yield path
        path = path.parent.resolve() / path.name
        yield path
        try:
            path = path.parent / path.readlink()
        except OSError:  # no link
            return


def _same(one: Path, other: Path) -> bool:
    """Whether both are one folder, however it is spelled: file systems may ignore case."""
    try:
        return one.samefile(other)
    except OSError:
        return one == other
