"""Files that the setting ``completion.exclude`` leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from pathspec import GitIgnoreSpec

from soothsay_index.sources.gitignore import is_pattern, read_patterns


def is_excluded(file: Path | None, workspace: Path | None, patterns: Sequence[str]) -> bool:
    """Return whether one of ``patterns``, as a `.gitignore` in ``workspace`` holds them, matches ``file``.

    A file outside the workspace is matched by its whole path. An unsaved document (None) is never excluded.
    """
    if file is None or not patterns:
        return False
    inside = workspace is not None and file.is_relative_to(workspace)
    path = file.relative_to(workspace) if workspace is not None and inside else file.relative_to(file.anchor)
    return _spec(tuple(patterns)).match_file(path.as_posix())


def unusable(patterns: Sequence[str]) -> list[str]:
    """Return the patterns that say nothing: they are not valid in a `.gitignore`."""
    return [pattern for pattern in patterns if not is_pattern(pattern)]


@lru_cache(maxsize=8)
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    return read_patterns(patterns)
