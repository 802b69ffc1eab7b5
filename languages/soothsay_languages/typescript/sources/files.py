"""The workspace's files of TypeScript and JavaScript: a chunk for each definition, what is exported and imported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from soothsay_index.sources.base import FileFacts, Imports, IndexedFile, OwnerFacts
from soothsay_index.sources.outline import Outline
from soothsay_languages.base import Language
from soothsay_languages.syntax import parse
from soothsay_languages.typescript import JAVASCRIPT, TSX, TYPESCRIPT
from soothsay_languages.typescript.environment.specifiers import read_specifier
from soothsay_languages.typescript.imports import imports_of
from soothsay_languages.typescript.sources.definitions import symbols_of


class ScriptFiles:
    """Files of the three languages. Of packages that they import the index reads the declarations."""

    def __init__(self) -> None:
        self._outlines = [(each, Outline(each)) for each in (TYPESCRIPT, TSX, JAVASCRIPT)]

    @property
    def name(self) -> str:
        """What the kind is called in messages."""
        return "script"

    def handles(self, path: PurePath) -> bool:
        """Return whether a file of this name is written in one of the languages, and by people."""
        return any(outline.handles(path) for _, outline in self._outlines)

    def cut(self, text: str, place: IndexedFile) -> FileFacts | None:
        """Return the chunks of ``text``, what it exports and what it imports."""
        for language, outline in self._outlines:
            if outline.handles(PurePath(place.path)):
                symbols = tuple(symbols_of(text, place)) if language.can_parse(text) and place.module else ()
                owners = tuple(OwnerFacts(each) for each in dict.fromkeys(symbol.owner for symbol in symbols))
                facts = outline.cut(text, place)
                return replace(facts, symbols=symbols, owners=owners, imports=_imports(language, text))
        return None


def _imports(language: Language, text: str) -> Imports:
    grammar = language.tree_sitter
    if grammar is None or not language.can_parse(text):
        return Imports()
    root = parse(grammar, text.encode("utf-8", "replace")).root_node
    specifiers = (read_specifier(each.specifier) for each in imports_of(root))
    return Imports(modules=tuple(dict.fromkeys(each.owner for each in specifiers if each is not None)))
