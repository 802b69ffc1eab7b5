"""The environments whose packages are indexed, found and read by the languages that have environments."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from soothsay_index.errors import SoothsayIndexError
from soothsay_languages.environment import (
    Environment,
    EnvironmentFinder,
    EnvironmentNotFoundError,
    LocatedEnvironment,
)
from soothsay_languages.registry import languages

log = logging.getLogger(__name__)

_SECONDS = 20.0  # for an interpreter that has to be asked


def locate_environment(
    folder: Path, interpreter: str | Path | None = None, environ: Mapping[str, str] | None = None
) -> LocatedEnvironment:
    """Return the environment of the files in ``folder`` with those of other languages, not read yet.

    ``interpreter`` is what the user has configured, ``environ`` are the user's environment variables (None: this
    process's). Raises `SoothsayIndexError` where there is none, or the configured interpreter cannot be used.
    """
    environ = os.environ if environ is None else environ
    found: list[LocatedEnvironment] = []
    problems: list[str] = []
    for finder in _finders():
        configured = str(interpreter) if interpreter and finder.kind.has_interpreter else ""
        try:
            located = finder.locate(folder, configured, environ)
        except EnvironmentNotFoundError as error:
            if configured:
                raise SoothsayIndexError(str(error)) from None
            problems.append(str(error))
        else:
            found.append(replace(located, language=finder.kind.language))
    if not found:
        problems.append("No language here has environments: only the workspace can be indexed.")
        raise SoothsayIndexError(problems[0])
    return replace(found[0], others=tuple(found[1:]))


def read_environment(located: LocatedEnvironment, timeout: float = _SECONDS) -> Environment:
    """Return a located environment with its packages, and the others. Raises `SoothsayIndexError`."""
    try:
        first, *others = (_finder(each.language).read(each, timeout) for each in located.all())
    except EnvironmentNotFoundError as error:
        raise SoothsayIndexError(str(error)) from None
    return replace(first, others=tuple(others))


def fingerprint_of(environment: Environment) -> tuple[int, ...]:
    """Return numbers that differ from ``environment.fingerprint`` once its own packages have changed."""
    return _finder(environment.kind.language).fingerprint(environment.package_folders)


def logged(located: LocatedEnvironment) -> LocatedEnvironment:
    """Log why environments were passed over; return ``located``."""
    for refusal in located.refused:
        log.warning("%s", refusal)
    return located


def _finders() -> Sequence[EnvironmentFinder]:
    """Return what finds the environments of each kind, once; first those that a user configures an interpreter for."""
    finders = (each.environments() for each in languages() if each.environments is not None)
    kinds = {finder.kind: finder for finder in finders}
    return sorted(kinds.values(), key=lambda finder: not finder.kind.has_interpreter)


def _finder(language: str) -> EnvironmentFinder:
    """Return what finds the environments of the kind of ``language``."""
    return next(each for each in _finders() if each.kind.language == language)
