"""Which project a file belongs to: the nearest one has the index, the interpreter and the helpers of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from soothsay_index.runtime.boundaries import is_too_wide, nearest_project
from soothsay_languages.environment import LocatedEnvironment
from soothsay_languages.registry import language_of_file, languages


@dataclass(frozen=True, slots=True)
class Project:
    """The folder of a project. Without ``subfolders`` it is one of files that belong to none: its own files count.

    ``interpreter`` is that of a script which has an environment of its own; "" where the folder tells it.
    """

    folder: Path
    subfolders: bool = True
    interpreter: str = ""


def project_of(path: Path, roots: Sequence[Path], environ: Mapping[str, str]) -> Project:
    """Return the project of the file ``path``; ``roots`` are the folders that the user has opened.

    A script with an environment of its own is a project. Else it is the nearest folder with an environment of its own in the root that the file lies in, else that root. A file
    outside of all roots belongs to the project around it, else only to its folder. The home folder and those above it are
    no project, though they are opened.
    """
    script = _environment_of(path, environ)
    if script is not None:
        return Project(path.parent, subfolders=False, interpreter=str(script.interpreter))
    around = [root for root in roots if path.is_relative_to(root) and not is_too_wide(root, environ)]
    if not around:
        found = nearest_project(path.parent, environ)
        return Project(path.parent, subfolders=False) if found is None else Project(found)
    root = max(around, key=lambda each: len(each.parts))
    between = path.parents[: len(path.parents) - len(root.parents) - 1]
    return Project(next((folder for folder in between if _has_environment(folder, environ)), root))


def projects_below(root: Path, folders: Iterable[Path], environ: Mapping[str, str]) -> list[Project]:
    """Return the projects among ``folders`` that lie in ``root``: those that have an environment of their own."""
    return [Project(folder) for folder in folders if folder != root and _has_environment(folder, environ)]


def project_in(folder: Path, environ: Mapping[str, str]) -> Project:
    """Return the project that a user means who opens ``folder``."""
    return Project(folder, subfolders=not is_too_wide(folder, environ))


def is_script(path: Path, environ: Mapping[str, str]) -> bool:
    """Return whether the file ``path`` is a project of its own: a script for which an environment was made."""
    return _environment_of(path, environ) is not None


def _environment_of(path: Path, environ: Mapping[str, str]) -> LocatedEnvironment | None:
    language = language_of_file(path)
    finds = None if language is None else language.environments
    return None if finds is None else finds().of_file(path, environ)


def _has_environment(folder: Path, environ: Mapping[str, str]) -> bool:
    return any(
        language.environments().has_own(folder, environ) for language in languages() if language.environments
    )
