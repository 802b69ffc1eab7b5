"""The workspace's Python files."""

from __future__ import annotations

from pathlib import PurePath

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_languages.python.sources.chunking import cut_python


class PythonFiles:
    """Definitions as symbols, and each of them as a chunk."""

    @property
    def name(self) -> str:
        """Return ``python``."""
        return "python"

    def handles(self, path: PurePath) -> bool:
        """Return True for ``.py`` and ``.pyi`` files."""
        return path.suffix in {".py", ".pyi"}

    def cut(self, text: str, place: IndexedFile) -> FileFacts:
        """Return the definitions, chunks and imports of ``text``, as far as broken code can be read."""
        return cut_python(text, place.path, place.uri, place.module, place.package, place.is_package)
