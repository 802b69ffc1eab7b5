"""Tasks of which some end the process that does them. A module of its own: each process imports it."""

from __future__ import annotations

import os
from pathlib import Path

from soothsay_index.build.reading import FileRows, file_rows
from soothsay_index.store.releases import ReleaseTables, harvest_releases


def square(number: int) -> int:
    if number == 3:
        os._exit(9)
    if number == 4:
        raise KeyError(number)
    return number * number


def fragile_file_rows(root: Path, docs, names, known) -> FileRows:
    if "deadly.py" in names:
        os._exit(9)
    return file_rows(root, docs, names, known)


def fragile_harvest(environment, releases) -> ReleaseTables:
    if any(release.part == "shapes" for release in releases):
        os._exit(9)
    return harvest_releases(environment, releases)
