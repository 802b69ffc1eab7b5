"""Commands and environments for Python child processes that are isolated from the workspace.

Python puts the current folder, or the folders of ``PYTHONPATH``, before the standard library: a project's own
``argparse.py`` or ``sitecustomize.py`` would run in every process that is started there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# variables that make Python import, or run, what is not installed with it
_UNSAFE = ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONPLATLIBDIR")


def python_command(module: str, *arguments: str, executable: str = sys.executable) -> list[str]:
    """Return the command that runs ``module`` without the current folder on the module search path."""
    return [executable, "-P", "-m", module, *arguments]


def child_environment(environ: Mapping[str, str] | None = None, **changes: str) -> dict[str, str]:
    """Return ``environ`` (default: this process's) for a Python child of ours, with ``changes``.

    Folders of ``PYTHONPATH`` stay only where our own packages are imported from.
    """
    environment = dict(os.environ if environ is None else environ)
    for name in _UNSAFE:
        environment.pop(name, None)
    folders = environment.pop("PYTHONPATH", "").split(os.pathsep)
    kept = [
        str(Path(folder).resolve()) for folder in folders if _is_ours(folder)
    ]  # the child starts elsewhere
    if kept:
        environment["PYTHONPATH"] = os.pathsep.join(kept)
    return {**environment, "PYTHONSAFEPATH": "1", **changes}


def _is_ours(folder: str) -> bool:
    """Return whether ``folder`` is one that our own packages are imported from."""
    return bool(folder) and Path(folder).resolve() in _own_folders()


@cache
def _own_folders() -> frozenset[Path]:
    specs = map(find_spec, ("soothsay_common", "soothsay_languages", "soothsay_index", "soothsay"))
    return frozenset(Path(spec.origin).resolve().parents[1] for spec in specs if spec and spec.origin)
