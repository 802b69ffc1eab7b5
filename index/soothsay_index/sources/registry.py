"""Finding the sources: those of languages, and those that this and other distributions name as entry points.

:mod:`.base` shows how to write one. One that cannot be loaded is left out with a warning; the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pkgutil import resolve_name
from typing import Any

from soothsay_index.sources.base import FileSource, PackageSource
from soothsay_index.sources.outline import Outline
from soothsay_languages.environment import Environment
from soothsay_languages.registry import language_or_plain, languages

log = logging.getLogger(__name__)

PACKAGES = "soothsay_index.packages"
FILES = "soothsay_index.files"


def package_sources(environment: Environment) -> dict[str, PackageSource]:
    """Return the sources that find something in ``environment``, by name: those of its language, and of entry points.

    Those of the other environments of the same files come after them.
    """
    sources: dict[str, PackageSource] = {}
    for each in environment.all():
        language = language_or_plain(each.kind.language)
        factories = (*_load(PACKAGES), *_resolve(language.package_sources))
        made = (factory(each) for factory in factories)
        own = {source.name: source for source in made if source is not None}
        sources.update((name, source) for name, source in own.items() if name not in sources)
    return sources


@cache
def file_sources() -> tuple[FileSource, ...]:
    """Return the sources for files. The first that accepts a file cuts it: those that look closer come first."""
    factories = (*_load(FILES), *_resolve(name for each in languages() for name in each.file_sources))
    outlines = (Outline(language) for language in languages() if language.tags)
    return (*(factory() for factory in factories), *outlines)


def _load(group: str) -> Iterator[Any]:
    """Yield the loaded entry points of ``group``, by name; those of other distributions go before ours."""
    for point in sorted(entry_points(group=group), key=_order):
        try:
            yield point.load()
        except Exception as error:  # a plug-in that cannot be imported must not take the others with it
            log.warning("The source %s is left out, it cannot be loaded: %s", point.name, error)


def _resolve(names: Iterable[str]) -> Iterator[Any]:
    """Yield the objects that ``names`` (``module:object``) are the names of."""
    for name in names:
        try:
            yield resolve_name(name)
        except Exception as error:
            log.warning("The source %s is left out, it cannot be loaded: %s", name, error)


def _order(point: EntryPoint) -> tuple[bool, str]:
    return point.value.startswith("soothsay_index."), point.name
