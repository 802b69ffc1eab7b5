"""Where names come from: written in a source file, or made by a class or module while it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from soothsay.oracle.connection import ServerConnection
from soothsay.oracle.conversion import identifier
from soothsay.oracle.findings import PROBE
from soothsay.oracle.locations import Location
from soothsay_languages.lines import LineTable
from soothsay_languages.oracle import ANY_NAME, ReadsOrigins

_HOOK_LINES = 60
_MOST_ORIGINS = 24  # classes and modules that are read to tell whether one makes names


class NameOrigins:
    """Reads the sources of definitions that one server finds. Methods that ask it raise `NoAnswer`."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._spec = connection.spec

    def is_made(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether the name at ``offset`` is one that its receiver makes; None when that cannot be told."""
        if self._spec.origins is None:
            return None
        reader = self._spec.origins()
        start, end = identifier(text, offset)
        receiver = reader.receiver(text, start)
        if receiver is None:
            return None
        places = self._types(path, text, receiver)
        if not places:
            return None
        name = text[start:end]
        return any(re.fullmatch(each, name) for each in self._patterns(reader, places, path, text))

    def has_source(self, path: Path, text: str, start: int, end: int) -> bool:
        """Return whether the name at ``start``, which has a type, is one that is written somewhere.

        A class or a module may answer to any name, and its answer have a type.
        """
        if self._spec.hooks is None:
            return True
        if self.is_member(text, start):
            defined = self._other_member(path, text, start, end)
            return not defined(self._spec.hooks().name) or defined(text[start:end]) != defined(PROBE)
        places = self._connection.definition(path, text, start)
        if not places or any(place.path != path.absolute() for place in places):
            return True
        return any(self._is_defined_at(path, text, place.line, text[start:end]) for place in places)

    def is_called_data(self, path: Path, text: str, start: int, end: int) -> bool:
        """Return whether the name at ``start`` is called, and its class answers to it only with its own data."""
        if self._spec.hooks is None or not self.is_member(text, start) or not is_called(text, end):
            return False
        hooks = self._spec.hooks()
        defined = self._other_member(path, text, start, end)
        places = defined(hooks.name)
        if len(places) != 1:
            return False
        if not hooks.gives_items_only(places[0].lines_shown(_HOOK_LINES, path, text)):
            return False
        is_declared = defined(text[start:end]) != defined(PROBE)
        return not (is_declared or defined(hooks.mapping_member))

    def is_member(self, text: str, start: int) -> bool:
        """Return whether the name at ``start`` is written as the member of a receiver."""
        return text[:start].rstrip().endswith(self._spec.member_operators)

    def _patterns(
        self, reader: ReadsOrigins, places: Sequence[Location], path: Path, text: str
    ) -> Iterator[str]:
        """Yield patterns of the names that ``places``, or what they are made by, make. ``text`` is that of ``path``, not saved."""
        seen: set[Location] = set()
        todo = list(places)
        while todo and len(seen) < _MOST_ORIGINS:
            place = todo.pop()
            if place in seen:
                continue
            seen.add(place)
            if place.path.suffix in self._spec.declarations:
                continue  # what declares names, and makes none
            source = text if place.path == path.absolute() else place.source
            if source is None:
                yield ANY_NAME
                continue
            origin = reader.read(source, place.line, place.whole)
            yield from origin.made
            for each in origin.made_by:
                todo += self._types(place.path, source, each)
        if todo:
            yield ANY_NAME

    def _types(self, path: Path, text: str, offset: int) -> list[Location]:
        return self._connection.locations("textDocument/typeDefinition", path, text, offset)

    def _is_defined_at(self, path: Path, text: str, line: int, name: str) -> bool:
        """Return whether ``name`` is defined at ``line`` of ``text``; an import of a name that is written nowhere defines nothing."""
        lines = LineTable(text)
        begin = lines.offset(line, 0)
        hooks = self._spec.hooks() if self._spec.hooks is not None else None
        at = hooks.bound(text[begin : lines.offset(line + 1, 0)], name) if hooks is not None else None
        return at is None or bool(self._connection.definition(path, text, begin + at))

    def _other_member(
        self, path: Path, text: str, start: int, end: int
    ) -> Callable[[str], Sequence[Location]]:
        """Return a function from the name of a member of the same receiver to where that member is defined."""
        return lambda name: self._connection.definition(path, text[:start] + name + text[end:], start)


def is_called(text: str, end: int) -> bool:
    """Return whether the name that ends at ``end`` is called."""
    return text[end:].lstrip(" ").startswith("(")
