"""What is new in each version of a package, gathered from the docstrings of its symbols.

Wheels hardly ever ship their release notes (NumPy's are on its website only), but ``.. versionadded:: 2.1.0`` is in the
docstring of ``numpy.unstack``. Gathered by version, such notes answer "what is new in NumPy 2.1".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from soothsay_index.sources.base import Release
from soothsay_index.types import Chunk
from soothsay_languages.python.sources.docstrings import Note

_MOST_VERSIONS = 12
_MOST = 3_000
_ORDER = ("new", "removed", "deprecated", "changed")
_NUMBER = re.compile(r"^v?(\d+(?:\.\d+)*)")


def news_of(release: Release, uri: str, notes: Mapping[str, Iterable[Note]]) -> Iterator[Chunk]:
    """Yield one chunk for each of the newest versions; ``notes`` are those of each symbol, by its name."""
    by_version: dict[tuple[int, ...], list[tuple[int, str]]] = {}
    for name, said in sorted(notes.items()):
        for note in said:
            number = _NUMBER.match(note.version)
            if number:
                version = tuple(int(part) for part in number[1].split("."))
                line = f"{note.kind} {name}: {note.text}" if note.text else f"{note.kind} {name}"
                by_version.setdefault(_trimmed(version), []).append((_ORDER.index(note.kind), line))
    for version in sorted(by_version, reverse=True)[:_MOST_VERSIONS]:
        title = f"{release.package} {'.'.join(map(str, version))}"
        lines = (line for _, line in sorted(by_version[version]))
        text = "\n".join([f"What is new in {title}", *lines])[:_MOST]
        path = f"{release.part} (docstrings)"
        yield Chunk(path, uri, 1, 1, text, title=title, kind="prose")


def _trimmed(version: tuple[int, ...]) -> tuple[int, ...]:
    """2.1.0 and 2.1 are the same version, but 2 is written 2.0."""
    while len(version) > 2 and version[-1] == 0:
        version = version[:-1]
    return version if len(version) > 1 else (*version, 0)
