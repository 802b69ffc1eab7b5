"""URIs of files, and the source that an LSP location points at."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; ``line`` counts from 0. ``whole``: the file itself is meant."""

    path: Path
    line: int
    whole: bool = False

    def lines(self, count: int) -> Sequence[str]:
        """Return ``count`` lines of the file from here on; none when it cannot be read."""
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                return list(islice(file, self.line, self.line + count))
        except OSError:
            return []

    def lines_shown(self, count: int, shown: Path, text: str) -> Sequence[str]:
        """Return ``count`` lines from here on, where the file ``shown`` holds ``text``, which need not be on disk."""
        if self.path != shown.absolute():
            return self.lines(count)
        return text.split("\n")[self.line : self.line + count]

    @property
    def source(self) -> str | None:
        """The text of the file; None when it cannot be read."""
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None


def path_of(uri: str) -> Path:
    """Return the path in a ``file:`` URI."""
    path = unquote(urlsplit(uri).path)
    return Path(path[1:] if os.name == "nt" and path.startswith("/") else path)


def read_locations(answer: Any) -> list[Location]:
    """Return the places of an LSP definition answer (``Location``, ``LocationLink``, or a list of either) in files."""
    places = answer if isinstance(answer, list) else [answer]
    found: list[Location] = []
    for place in places:
        if not isinstance(place, Mapping):
            continue
        uri = place.get("targetUri") or place.get("uri") or ""
        span = place.get("targetSelectionRange") or place.get("range")
        if uri.startswith("file:") and span:
            start = span["start"]
            whole = start["line"] == start["character"] == 0
            found.append(Location(path_of(uri), start["line"], whole))
    return found
