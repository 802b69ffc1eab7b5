"""The analyses of the documents that are being worked on: after a key, only what changed is read."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from cachetools import FIFOCache

from soothsay_languages.analysis import DocumentAnalysis, analyse
from soothsay_languages.base import Language
from soothsay_languages.scopes import ModuleName

_NO_MODULE = ModuleName()
_KEPT = 8  # documents; a tree takes some ten times as much as its source


class Analyses:
    """The last analysis of each of the last documents, for all threads that ask about them."""

    def __init__(self) -> None:
        self._last: FIFOCache[Path, DocumentAnalysis] = FIFOCache(_KEPT)
        self._lock = Lock()

    def of(
        self, path: Path, text: str, language: Language, module: ModuleName = _NO_MODULE
    ) -> DocumentAnalysis:
        """Return the analysis of ``text``, the content of ``path`` at this moment; ``module`` is its name."""
        with self._lock:
            before = self._last.get(path)
            same = before is not None and (before.language, before.module) == (language, module)
            if before is not None and same and before.text == text:
                return before
            analysis = self._last[path] = analyse(text, language, before, module)
            return analysis
