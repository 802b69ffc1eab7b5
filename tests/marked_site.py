"""Places in files, marked by a bar: for tests."""

from __future__ import annotations

from pathlib import Path

from soothsay.backend.session import NoIndex
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay_languages.registry import language_of_file


def site_of(folder: Path, marked: str, name: str) -> Site:
    """Return the place of the cursor ``|`` in the file ``name`` of ``folder``; nothing is indexed."""
    at, path = marked.index("|"), folder / name
    language = language_of_file(path)
    assert language is not None
    return Site(CompletionRequest(path, marked.replace("|", "", 1), at, folder, language.id), NoIndex())
