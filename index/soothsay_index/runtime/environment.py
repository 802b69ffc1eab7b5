"""The environment whose packages are indexed, found and read by the language that has environments."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
    """Return the environment of the files in ``folder``, not read yet. Raises `SoothsayIndexError`.

    ``interpreter`` is what the user has configured, ``environ`` are the user's environment variables (None: this
    process's).
    """
    with _index_errors():
        return _finder().locate(
            folder, str(interpreter) if interpreter else "", os.environ if environ is None else environ
        )


def read_environment(located: LocatedEnvironment, timeout: float = _SECONDS) -> Environment:
    """Return a located environment with its packages. Raises `SoothsayIndexError`."""
    with _index_errors():
        return _finder().read(located, timeout)


def fingerprint_of(environment: Environment) -> tuple[int, ...]:
    """Return numbers that differ from ``environment.fingerprint`` once its packages have changed."""
    with _index_errors():
        return _finder().fingerprint(environment.package_folders)


def logged(located: LocatedEnvironment) -> LocatedEnvironment:
    """Log why environments were passed over; return ``located``."""
    for refusal in located.refused:
        log.warning("%s", refusal)
    return located


def _finder() -> EnvironmentFinder:
    """Return the finder of the first language that has environments: an index holds the packages of one."""
    found = next((each.environments for each in languages() if each.environments is not None), None)
    if found is None:
        raise EnvironmentNotFoundError(
            "No language here has environments: only the workspace can be indexed."
        )
    return found()


@contextmanager
def _index_errors() -> Iterator[None]:
    try:
        yield
    except EnvironmentNotFoundError as error:
        raise SoothsayIndexError(str(error)) from None
