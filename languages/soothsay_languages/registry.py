"""Find a language by its id, by an editor's name for it, or by a file's name."""

from __future__ import annotations

import logging
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import PurePath

from soothsay_languages.base import Language, Lexis

log = logging.getLogger(__name__)

GROUP = "soothsay.languages"
PLAIN_TEXT = Language("plaintext", frozenset({".txt"}), Lexis())


@lru_cache(maxsize=1)
def languages() -> tuple[Language, ...]:
    """Return all languages that are installed, in the order of their ids. One that cannot be loaded is left out."""
    found: dict[str, Language] = {}
    for entry in entry_points(group=GROUP):
        try:
            language = entry.load()
        except Exception as error:
            log.warning("The language %s cannot be loaded: %s", entry.name, error)
            continue
        if isinstance(language, Language):
            found.setdefault(language.id, language)
        else:
            log.warning("The entry point %s names no language", entry.value)
    return tuple(found[each] for each in sorted(found))


def language_of_id(name: str) -> Language | None:
    """Return the language that editors call ``name``; None for one that is unknown."""
    return next((each for each in languages() if name == each.id or name in each.names), None)


def language_of_file(path: PurePath) -> Language | None:
    """Return the language of a file, by its name alone; None for one that is unknown."""
    return next((each for each in languages() if each.handles(path)), None)


def may_use(path: PurePath, other: PurePath) -> bool:
    """Return whether code in the file ``other`` may be of use in the file ``path``, by the families of their languages."""
    families = {_family(path.name), _family(other.name)} - {""}
    return len(families) < 2


@lru_cache(maxsize=4096)
def _family(name: str) -> str:
    """Return the family of the language of a file called ``name``, "" for none."""
    language = language_of_file(PurePath(name))
    return "" if language is None else language.family


def language_or_plain(name: str) -> Language:
    """Return the language that editors call ``name``, `PLAIN_TEXT` for one that is unknown."""
    return language_of_id(name) or PLAIN_TEXT
