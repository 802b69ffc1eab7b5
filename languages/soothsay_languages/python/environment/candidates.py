"""Where the environment of a folder may be, nearest first, as Python's tools lay them out.

Files that tools have written are read; no tool is run, and nothing that a file of the workspace names is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from soothsay_index.runtime.boundaries import Boundaries
from soothsay_languages.python.environment.layout import is_environment, is_local, listed
from soothsay_languages.python.environment.tools import managed_environments, read_line

_NAMES = (".venv", "venv", "env")  # the usual ones come before folders of other names


@dataclass(frozen=True, slots=True)
class EnvironmentFolder:
    """A folder that may be an environment; ``origin`` says what led to it, for messages."""

    folder: Path
    origin: str


def candidate_folders(environ: Mapping[str, str], boundaries: Boundaries) -> Iterator[EnvironmentFolder]:
    """Yield where an environment may be, in order of preference.

    What is activated comes first. Where it lies in the repository, it counts as one of those beside it: a package with an
    environment of its own has that one. conda's base environment comes last, which is active in every shell.
    """
    active, base = _activated(environ)
    root = boundaries.folders[-1]
    yield from (each for each in active if not _lies_in(each.folder, root))
    for folder in boundaries.folders:
        yield from (each for each in active if _lies_in(each.folder, folder))
        yield from own_folders(folder, environ)
    yield from base


def own_folders(folder: Path, environ: Mapping[str, str]) -> Iterator[EnvironmentFolder]:
    """Yield where an environment may be that lies in ``folder``, or is kept for it by a tool."""
    yield from _inside(folder, environ)
    yield from (EnvironmentFolder(found, origin) for found, origin in managed_environments(folder, environ))


def _activated(environ: Mapping[str, str]) -> tuple[list[EnvironmentFolder], list[EnvironmentFolder]]:
    """Return the environments that were activated, and conda's base environment where that is the active one."""
    active: list[EnvironmentFolder] = []
    base: list[EnvironmentFolder] = []
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(variable, "")
        if not folder or not is_local(folder):
            continue
        is_base = variable == "CONDA_PREFIX" and environ.get("CONDA_DEFAULT_ENV") == "base"
        (base if is_base else active).append(EnvironmentFolder(Path(folder), variable))
    return active, base


def _lies_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder)


def _inside(folder: Path, environ: Mapping[str, str]) -> Iterator[EnvironmentFolder]:
    """Yield the environments in ``folder``, and the one that its file ``.venv`` names."""
    for name in _NAMES:
        path = folder / name
        if path.is_file():
            yield from (EnvironmentFolder(found, str(path)) for found in _named_by(path, environ))
        else:
            yield EnvironmentFolder(path, str(path))
    for path in listed(folder):
        if path.name not in _NAMES and is_environment(path):
            yield EnvironmentFolder(path, str(path))


def _named_by(file: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders that the text of a file ``.venv`` may mean: a path, or a name among those of a user."""
    text = read_line(file)
    if not text:
        return
    path = Path(os.path.expanduser(text))  # noqa: PTH111 - "~someone" may be unknown, which pathlib raises for
    if is_local(str(file.parent / path)):
        yield file.parent / path
    home = environ.get("WORKON_HOME", "")
    if len(path.parts) == 1 and is_local(home):
        yield Path(home) / path
