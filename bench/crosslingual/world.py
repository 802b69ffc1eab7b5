"""The repositories, unpacked from their source distributions, each a workspace of its own."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

from bench.installed.world import pins, unpacked
from platformdirs import user_cache_path

HERE = Path(__file__).resolve().parent
CACHE = user_cache_path("soothsay-bench") / "crosslingual"
REPOSITORIES = HERE / "repositories.txt"
DEVELOPMENT = HERE / "development.txt"


def interpreter() -> Path:
    """The Python that the repositories are read with: nothing is installed in it."""
    folder = CACHE / "venv"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=False)
    return python


def names(listed: Path = REPOSITORIES) -> list[str]:
    """The repositories of a list."""
    return [pin.partition("==")[0] for pin in pins(listed)]


def workspace(name: str) -> Path:
    """The folder of a repository, unpacked where it is missing."""
    every = [*pins(REPOSITORIES), *pins(DEVELOPMENT)]
    pin = next(pin for pin in every if pin.startswith(f"{name}=="))
    return unpacked(pin, CACHE / "sdists", CACHE / "workspaces")
