"""Which environment a folder uses, in the order in which editors look."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from soothsay_index.runtime.boundaries import Boundaries, boundaries_of
from soothsay_index.runtime.executables import executables
from soothsay_languages.environment import (
    Environment,
    EnvironmentKind,
    EnvironmentNotFoundError,
    LocatedEnvironment,
)
from soothsay_languages.python.environment.candidates import candidate_folders, own_folders
from soothsay_languages.python.environment.layout import environment_of, interpreter_in, prefix_of
from soothsay_languages.python.environment.ownership import foreign_owner
from soothsay_languages.python.environment.reading import KIND, ask_interpreter, fingerprint_of, read_folder
from soothsay_languages.python.environment.scripts import script_environments


class PythonEnvironments:
    """Find and read Python environments without importing or running anything of a workspace.

    In this order: the configured interpreter; ``VIRTUAL_ENV`` and ``CONDA_PREFIX``; what lies in the folder or is kept for
    it by a tool, then that of its parent folders up to its project's root; ``python3`` on ``PATH``.
    """

    @property
    def kind(self) -> EnvironmentKind:
        """What the environments have in common."""
        return KIND

    def locate(self, folder: Path, interpreter: str, environ: Mapping[str, str]) -> LocatedEnvironment:
        """Return the environment of ``folder``, and what was refused on the way. Raises `EnvironmentNotFoundError`."""
        boundaries = boundaries_of(folder, environ)
        project = boundaries.folders[0]
        if interpreter:
            found = _configured(folder, interpreter, environ, boundaries)
            return replace(found, project=project, origin="the settings")
        refused: list[str] = []
        for found in _candidates(environ, boundaries):
            owner = foreign_owner(found.folder) if found.folder else ""
            if not owner:
                return replace(found, project=project, refused=tuple(refused))
            refused.append(_refusal(found, owner))
        raise EnvironmentNotFoundError(
            "No Python found: create a .venv in the workspace or configure the interpreter."
        )

    def has_own(self, folder: Path, environ: Mapping[str, str]) -> bool:
        """Return whether ``folder`` has an environment of its own, in it or kept for it elsewhere."""
        return any(_environment_in(each.folder) is not None for each in own_folders(folder, environ))

    def of_file(self, path: Path, environ: Mapping[str, str]) -> LocatedEnvironment | None:
        """Return the environment that was made for the script ``path`` alone; None where there is none."""
        for folder in script_environments(path, environ):
            if not foreign_owner(folder):
                return LocatedEnvironment(interpreter_in(folder), folder, path.parent, str(path))
        return None

    def read(self, located: LocatedEnvironment, timeout: float) -> Environment:
        """Read an environment from its folder, or from the answer of an interpreter that has none."""
        if located.folder is not None:
            return read_folder(located.interpreter, located.folder, located.project)
        return ask_interpreter(located.interpreter, timeout, located.project)

    def fingerprint(self, package_folders: tuple[Path, ...]) -> tuple[int, ...]:
        """Return numbers that change when a package is installed, upgraded or removed."""
        return fingerprint_of(package_folders)


def find_python(folder: Path, interpreter: str, environ: Mapping[str, str] | None) -> LocatedEnvironment:
    """Return the environment of ``folder``; ``environ`` is by default this process's. Raises `EnvironmentNotFoundError`."""
    return PythonEnvironments().locate(folder, interpreter, os.environ if environ is None else environ)


def read_interpreter(python: Path, timeout: float = 20.0) -> Environment:
    """Read the environment of ``python``; it is run only where it belongs to no virtual environment."""
    return PythonEnvironments().read(LocatedEnvironment(python, environment_of(python)), timeout)


def _candidates(environ: Mapping[str, str], boundaries: Boundaries) -> Iterator[LocatedEnvironment]:
    """Yield the candidates for the workspace's interpreter, in order of preference."""
    for candidate in candidate_folders(environ, boundaries):
        folder = _environment_in(candidate.folder)
        if folder is not None:
            yield LocatedEnvironment(interpreter_in(candidate.folder), folder, origin=candidate.origin)
    for name in ("python3", "python"):
        for path in executables(name, environ, boundaries):
            if found := _found(path, boundaries):
                yield replace(found, origin="PATH", is_default=True)


def _environment_in(folder: Path) -> Path | None:
    """Return the environment that ``folder`` is, or None: an interpreter without one would have to be run."""
    if not folder.is_dir():
        return None
    python = interpreter_in(folder)
    return environment_of(python) or prefix_of(python)


def _found(python: Path, boundaries: Boundaries) -> LocatedEnvironment | None:
    """Return ``python`` with its environment, or None if it has none and must not be run."""
    folder = environment_of(python)
    if folder is None and (boundaries.contain(python) or not python.is_file()):
        folder = prefix_of(python)
        return LocatedEnvironment(python, folder) if folder else None
    return LocatedEnvironment(python, folder)


def _configured(
    workspace: Path, interpreter: str, environ: Mapping[str, str], boundaries: Boundaries
) -> LocatedEnvironment:
    given = Path(interpreter).expanduser()
    path = given if given.is_absolute() else workspace / given
    if path.is_dir():  # people configure the environment's folder as often as its interpreter
        found = _found(interpreter_in(path), boundaries)
    elif len(given.parts) == 1:
        on_path = next(executables(str(given), environ, boundaries), path)
        found = _found(on_path, boundaries) if os.path.lexists(on_path) else None
    else:
        found = _found(path, boundaries) if os.path.lexists(path) else None
    if found is None and path.is_file():
        raise EnvironmentNotFoundError(
            f"The configured interpreter {interpreter} lies in the workspace and belongs to no environment, so it is "
            "not run: configure a virtual environment, or an interpreter elsewhere."
        )
    if found is None:
        raise EnvironmentNotFoundError(
            f"The configured interpreter {interpreter} does not exist: correct the setting."
        )
    owner = foreign_owner(found.folder) if found.folder else ""
    if owner:
        raise EnvironmentNotFoundError(_refusal(found, owner))
    return found


def _refusal(found: LocatedEnvironment, owner: str) -> str:
    return f"The environment {found.folder} belongs to {owner} and is not used: make one of your own, or change its owner."
