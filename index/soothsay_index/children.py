"""How our Python child processes are started: isolated from the workspace. The caller gives them a folder of ours.

Python puts the current folder, or the folders of ``PYTHONPATH``, before the standard library: a project's own
``argparse.py`` or ``sitecustomize.py`` would run in every process that is started there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_PACKAGES = "soothsay", "soothsay_index"
# variables that make Python import, or run, what is not installed with it
_UNSAFE = ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONPLATLIBDIR")


def python_command(module: str, *arguments: str, python: str = sys.executable) -> list[str]:
    """Return the command that runs ``module`` without the current folder on the module search path."""
    return [python, "-P", "-m", module, *arguments]


def child_environment(environ: Mapping[str, str] | None = None, **changes: str) -> dict[str, str]:
    """Return ``environ`` (default: this process's) for a Python child of ours, with ``changes``.

    Folders of ``PYTHONPATH`` stay only where they hold our own packages.
    """
    environment = dict(os.environ if environ is None else environ)
    for name in _UNSAFE:
        environment.pop(name, None)
    kept = [folder for folder in environment.pop("PYTHONPATH", "").split(os.pathsep) if _is_ours(folder)]
    if kept:
        environment["PYTHONPATH"] = os.pathsep.join(kept)
    return {**environment, "PYTHONSAFEPATH": "1", **changes}


def _is_ours(folder: str) -> bool:
    return bool(folder) and any((Path(folder) / package / "__init__.py").is_file() for package in _PACKAGES)
