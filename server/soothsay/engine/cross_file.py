"""What a file can use of its workspace: signatures of what it imports, and names that files of other languages share, for the
head of a prompt that is read ahead.

A retrieved document answers a guess; these are there before anything is guessed, and nobody waits for them to be read.
Signatures alone: with what each is for, the model did no better than without them (`bench/repo`, development split).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from soothsay.engine.ground import signature_line
from soothsay.engine.site import Site
from soothsay_index.types import Symbol
from soothsay_languages.base import SharedKind
from soothsay_languages.shared_names import owner_of_shared

_CALLED: Mapping[SharedKind, str] = {
    "target": "make targets",
    "script": "npm scripts",
    "service": "compose services",
    "stage": "build stages",
    "command": "commands",
    "option": "options",
    "variable": "environment variables",
}
_OF_A_KIND = 3  # of all tokens, one in so many goes to the names of one kind


def cross_file(site: Site, max_tokens: int, count_tokens: Callable[[str], int]) -> str:
    """Return comment lines of at most ``max_tokens``; "" when the file imports nothing of its workspace."""
    text = ""
    comment = site.language.lexis.line_comment
    left = max_tokens
    usable = (signature_line(symbol, name) for name, symbol in _usable(site))
    for said in chain(usable, _shared(site, max_tokens, count_tokens) if comment else ()):
        line = f"{comment} {said}\n"
        left -= count_tokens(line)
        if left < 0:
            break
        text += line
    return text


def _usable(site: Site) -> Iterator[tuple[str, Symbol]]:
    """Yield what can be called, as this file would write it: first what it imports by name, then members of those."""
    owners: list[tuple[str, str]] = []
    for local, target in site.imports.items():
        symbol = site.index.lookup(target) if "." in target else None
        if symbol is not None and symbol.parameters is not None and symbol.origin == "workspace":
            yield local, symbol
        if symbol is None or symbol.kind in ("class", "module"):
            owners.append((local, target))
    for local, owner in owners:
        for symbol in site.index.members(owner):
            if symbol.origin != "workspace":
                break  # of a package, as all of its members are
            public = symbol.uri and not symbol.name.startswith("_")
            if public and symbol.parameters is not None:
                yield f"{local}.{symbol.name}", symbol


def _shared(site: Site, max_tokens: int, count_tokens: Callable[[str], int]) -> Iterator[str]:
    """Yield a line for each kind of names that the file may write, with those that other files define."""
    for kind in site.language.writes:
        left, names = max_tokens // _OF_A_KIND, list[str]()
        for name in _others(site, kind):
            left -= count_tokens(f" {name},")
            if left < 0:
                break
            names.append(name)
        if names:
            yield f"{_CALLED[kind]}: {', '.join(names)}"


def _others(site: Site, kind: SharedKind) -> Iterator[str]:
    """Yield the names of a kind that other files define, each once, in the order of their files and lines."""
    own = site.request.path.as_uri()
    found = [each for each in site.index.members(owner_of_shared(kind)) if each.uri and each.uri != own]
    found.sort(key=lambda each: (each.summary.count("/"), each.summary, each.line))
    yield from dict.fromkeys(each.name.removeprefix(f"{kind} ") for each in found)
