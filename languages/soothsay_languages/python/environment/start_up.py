"""What an interpreter imports from beside its own packages: folders that they name, such as those of editable installs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_LONGEST = 256_000  # bytes of a file that is read
_FILES = ("*.pth", "*.egg-link", "__editable__*.py")
_PACKAGES = (
    "lib*/python3*/site-packages",
    "lib*/python3*/dist-packages",
    "lib/python3/dist-packages",
    "Lib/site-packages",
)
_QUOTED = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"")


def start_up_paths(interpreter: Path) -> Iterator[Path]:
    """Yield the absolute paths in the files that ``interpreter`` reads when it starts. Nothing is run."""
    prefixes = {place.parent.parent for place in (interpreter, interpreter.resolve())}
    for prefix in (*prefixes, *(each / "local" for each in prefixes)):
        for packages in _PACKAGES:
            for pattern in _FILES:
                for file in prefix.glob(f"{packages}/{pattern}"):
                    yield from _paths_in(file)


def _paths_in(file: Path) -> Iterator[Path]:
    """Yield the absolute paths that are lines of ``file``, or strings in it."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_LONGEST).decode("utf-8", "replace")
    except OSError:
        return
    strings = (found[1] or found[2] or "" for found in _QUOTED.finditer(text))
    for each in (*text.splitlines(), *strings):
        if each and "\0" not in each and Path(each).is_absolute():
            yield Path(each)
