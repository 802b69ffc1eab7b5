"""Polling for changes of files that no editor reports: by git, pip and other programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from soothsay_index.runtime.file_times import changed_at
from soothsay_index.sources.workspace import Workspace

_SizeAndTime = tuple[int, int]  # size, time of change in nanoseconds


@dataclass(frozen=True, slots=True)
class FileChanges:
    """New or changed files, and removed files."""

    updated: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()


@dataclass(slots=True)
class _Snapshot:
    folders: dict[Path, int] = field(default_factory=dict)
    files: dict[Path, _SizeAndTime] = field(default_factory=dict)


class FileWatcher:
    """Compare the workspace with its last state. A poll costs one ``stat`` per file and lists only changed folders."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._last: _Snapshot | None = None

    def poll(self) -> FileChanges:
        """Return the changes since the last poll; none at the first one."""
        before = self._last
        if before is None:
            self._last = self._walk()
            return FileChanges()
        if any(changed_at(folder) != time for folder, time in before.folders.items()):
            now = self._walk()  # a file was added or removed, or ignore rules changed
        else:
            now = _Snapshot(before.folders, {path: seen for path in before.files if (seen := _stat(path))})
        self._last = now
        return FileChanges(
            tuple(path for path, seen in now.files.items() if before.files.get(path) != seen),
            tuple(path for path in before.files if path not in now.files),
        )

    def _walk(self) -> _Snapshot:
        found = _Snapshot()
        for folder in self._workspace.folders():
            found.folders[folder.path] = changed_at(folder.path)
            found.folders[folder.path / ".gitignore"] = changed_at(folder.path / ".gitignore")
            found.files.update({path: seen for path in folder.files if (seen := _stat(path))})
        return found


def _stat(path: Path) -> _SizeAndTime | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_size, seen.st_mtime_ns
