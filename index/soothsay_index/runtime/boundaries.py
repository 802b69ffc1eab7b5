"""The folders that belong to a workspace: environments are searched there, and programs in them are never run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from soothsay_languages.registry import languages

_REPOSITORY = (".git", ".hg")
_MOST_LINKS = 40


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The folders of a workspace, resolved.

    ``folders`` are the workspace and those above it up to its project's root, nearest first: whatever lies in
    that root may have come with a clone.
    """

    folders: tuple[Path, ...]

    def contain(self, path: Path) -> bool:
        """Return whether ``path``, or a link on the way to its target, lies in the project's root."""
        return any(_same(parent, self.folders[-1]) for step in _steps(path) for parent in step.parents)


@cache
def project_marks() -> tuple[str, ...]:
    """Return the names of files and folders that lie in a project's root, whatever its language."""
    return (*_REPOSITORY, *(name for each in languages() for name in each.layout.root_files))


def boundaries_of(workspace: Path, environ: Mapping[str, str]) -> Boundaries:
    """Return the boundaries of ``workspace``. The user's home folder and those above it are never a project's root."""
    workspace, home = workspace.resolve(), _home(environ)
    # a repository of several packages has one environment, at its root
    project = _root(workspace, _REPOSITORY, home) or _root(workspace, project_marks(), home) or workspace
    folders = [each for each in (workspace, *workspace.parents) if each.is_relative_to(project)]
    return Boundaries(tuple(folders))


def nearest_project(folder: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the nearest folder at or above ``folder`` that is the root of a project; None where there is none."""
    found = None if is_too_wide(folder, environ) else _root(folder, project_marks(), _home(environ))
    return None if found is None or is_too_wide(found, environ) else found


def is_too_wide(folder: Path, environ: Mapping[str, str]) -> bool:
    """Return whether ``folder`` is the user's home folder or one above it: no project, whatever lies in it."""
    folder = folder.resolve()
    return _home(environ).is_relative_to(folder) or folder == Path(folder.anchor)


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home()).resolve()


def _root(workspace: Path, marks: tuple[str, ...], home: Path) -> Path | None:
    """Return the nearest folder at or above ``workspace`` that has one of ``marks``."""
    for folder in (workspace, *workspace.parents):
        if folder != workspace and home.is_relative_to(folder):
            return None
        if any(os.path.lexists(folder / mark) for mark in marks):
            return folder
    return None


def _steps(path: Path) -> Iterator[Path]:
    """Yield ``path`` and the targets of its links one by one, each as written and in its resolved folder."""
    for _ in range(_MOST_LINKS):
        yield path
        path = path.parent.resolve() / path.name
        yield path
        try:
            path = path.parent / path.readlink()
        except OSError:  # no link
            return


def _same(one: Path, other: Path) -> bool:
    """Return whether both are the same folder; file systems may ignore case."""
    try:
        return one.samefile(other)
    except OSError:
        return one == other
