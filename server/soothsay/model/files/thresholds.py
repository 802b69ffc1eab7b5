"""Thresholds that were measured on this machine, for weights that the registry does not know: `thresholds.json`."""

from __future__ import annotations

from pathlib import Path

from soothsay.model.files.kept import read_kept, write_kept
from soothsay.model.files.registry import Thresholds, find_thresholds
from soothsay.paths import cache_folder


def needs_measuring(path: Path) -> bool:
    """Return whether nobody has measured the weights at ``path``, here or for the registry."""
    return find_thresholds("", str(path)) is None and _key(path) not in read_kept(_file())


def measured_here(path: Path) -> Thresholds | None:
    """Return what was measured here for the weights at ``path``; None for nothing, or where it told nothing."""
    kept = read_kept(_file()).get(_key(path))
    try:
        return Thresholds(float(kept["certainty"]), float(kept["confidence"])) if kept else None
    except (KeyError, TypeError, ValueError):
        return None


def keep_measured(path: Path, found: Thresholds | None, names: int) -> None:
    """Keep what was measured over so many ``names``; None for ``found``: they told nothing, and are not tried again."""
    kept = {} if found is None else {"certainty": found.certainty, "confidence": found.confidence}
    row = {**kept, "names": names} if kept else {}
    write_kept(_file(), {**read_kept(_file()), _key(path): row})


def _key(path: Path) -> str:
    try:
        return f"{path.name} {path.stat().st_size}"
    except OSError:
        return path.name


def _file() -> Path:
    return cache_folder() / "thresholds.json"
