"""What a server should take for the content of files: what the editor shows, and what has changed on disk."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from soothsay_languages.oracle import ServerSpec


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state in which one document holds a text. ``world`` changes with anything but that document."""

    texts: dict[Path, str]  # of the documents that are open; the one that is asked about comes last
    changed: Sequence[Path]  # files that were written, made or deleted since the last snapshot
    world: int


class Documents:
    """The documents of one server. Thread-safe; all methods return at once."""

    def __init__(self, spec: ServerSpec) -> None:
        self._spec = spec
        self._lock = threading.Lock()
        self._shown: dict[Path, str] = {}
        self._changed: list[Path] = []
        self._edits: Counter[Path | None] = Counter()  # of the shown files; None: everything else
        self._configured = 0

    @property
    def configured(self) -> int:
        """How often the files that configure the server have changed."""
        return self._configured

    def show(self, path: Path, text: str) -> bool:
        """Note that the editor shows ``text`` for ``path``; return whether it did not show that file before."""
        with self._lock:
            is_new = path not in self._shown
            if self._shown.get(path) != text:
                self._shown[path] = text
                self._edits[path] += 1
            return is_new

    @property
    def shown(self) -> dict[Path, str]:
        """What the editor shows."""
        with self._lock:
            return dict(self._shown)

    def close(self, path: Path) -> None:
        """Note that the editor has closed ``path``."""
        with self._lock:
            if self._shown.pop(path, None) is not None:
                self._edits[path] += 1

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Note that files were written, made or deleted; those that do not concern the server are left out."""
        spec = self._spec
        ours = [p.absolute() for p in paths if spec.language_id(p) or p.name in spec.project_files]
        if ours:
            with self._lock:
                self._changed += ours
                self._edits[None] += 1
                self._configured += any(path.name in spec.project_files for path in ours)

    def server_started(self) -> None:
        """Note that a new server is there: what an earlier one has answered does not count any more."""
        with self._lock:
            self._edits[None] += 1

    def snapshot(self, path: Path, text: str) -> Snapshot:
        """Return the state in which ``path`` holds ``text``; the changed files are forgotten."""
        with self._lock:
            others = {other: shown for other, shown in self._shown.items() if other != path}
            changed, self._changed = self._changed, []
            return Snapshot({**others, path: text}, changed, self._count(path))

    def world(self, path: Path) -> int:
        """Return a number that changes with anything but ``path`` itself."""
        with self._lock:
            return self._count(path)

    def is_unsaved_module(self, written: str) -> bool:
        """Return whether an import, as it is written, may mean a file that only the editor has."""
        with self._lock:
            paths = list(self._shown)
        return any(self._spec.may_import(written, path) and not path.exists() for path in paths)

    def _count(self, path: Path) -> int:
        return self._edits.total() - self._edits[path]
