"""Executables on ``PATH``, without those that a workspace could have put there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from soothsay_index.runtime.boundaries import Boundaries

_SUFFIX = ".exe" if sys.platform == "win32" else ""


def executables(name: str, environ: Mapping[str, str], boundaries: Boundaries) -> Iterator[Path]:
    """Yield the executables called ``name``, in the order of ``PATH``.

    Folders that are relative or empty mean the current one, and are left out like those of the workspace.
    """
    for entry in environ.get("PATH", "").split(os.pathsep):
        if not entry or not Path(entry).is_absolute():
            continue
        path = Path(entry) / f"{name}{_SUFFIX}"
        if path.is_file() and os.access(path, os.X_OK) and not boundaries.contain(path):
            yield path
