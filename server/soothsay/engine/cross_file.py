"""What a file can use of its workspace: signatures of what it imports, and names that files of other languages share, for the
head of a prompt that is read ahead.

A retrieved document answers a guess; these are there before anything is guessed, and nobody waits for them to be read.
Signatures alone: with what each is for, the model did no better than without them (`bench/repo`, development split).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import log

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
    "file": "files",
    "command": "commands",
    "option": "options",
    "variable": "environment variables",
}
_WORD = re.compile(r"[^\W_]+")
_OF_A_KIND = 3  # of all tokens, one in so many goes to the names of one kind


def cross_file(site: Site, max_tokens: int, count_tokens: Callable[[str], int]) -> str:
    """Return comment lines of at most ``max_tokens``; "" when the file imports nothing of its workspace."""
    comment = site.language.lexis.line_comment
    lines, left = list[str](), max_tokens
    for name, symbol in _usable(site):
        line = f"{comment} {signature_line(symbol, name)}\n"
        left -= count_tokens(line)
        if left < 0:
            return "".join(lines)
        lines.append(line)
    for kind in site.language.writes if comment else ():
        head = f"{comment} {_CALLED[kind]}: "
        room = left - count_tokens(head)
        # files are many, and the last kind: they have what the others leave
        most = room if kind == "file" else min(room, max_tokens // _OF_A_KIND)
        names = _names_within(_others(site, kind), most, count_tokens)
        if names:
            left = room - sum(count_tokens(f" {name},") for name in names)
            lines.append(f"{head}{', '.join(names)}\n")
    return "".join(lines)


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


def _names_within(names: Iterable[str], max_tokens: int, count_tokens: Callable[[str], int]) -> list[str]:
    """Return as many of the first ``names`` as have room."""
    found, left = list[str](), max_tokens
    for name in names:
        left -= count_tokens(f" {name},")
        if left < 0:
            break
        found.append(name)
    return found


def by_words(paths: Sequence[str], text: str) -> list[str]:
    """Return those of ``paths`` that ``text`` does not write yet, the ones first whose names are made of rare words of it.

    Files in a folder of which it writes others, and of an ending that it writes, count twice as much each.
    """
    words = {path: _words(path.rpartition("/")[2].partition(".")[0]) for path in paths}
    said, known = set(_words(text)), Counter(word for each in words.values() for word in set(each))

    def weight(path: str) -> float:
        found = [word for word in words[path] if word in said]
        rare = sum(log(len(paths) / known[word]) for word in found) * len(found) / max(1, len(words[path]))
        folder, _, name = path.rpartition("/")
        ending = name.rpartition(".")[2]
        return rare * (1 + (f"{folder}/" in text)) * (1 + (f".{ending}" in text))

    new = (path for path in paths if path not in text)
    return sorted(new, key=lambda path: (-weight(path), path.count("/"), path))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _others(site: Site, kind: SharedKind) -> Sequence[str]:
    """Return the names of a kind that other files define: paths by their words, others in the order of their files and lines."""
    names = list(shared_by_others(site, kind))
    return by_words(names, site.request.text) if kind == "file" else names


def shared_by_others(site: Site, kind: SharedKind) -> Mapping[str, Symbol]:
    """Return the names of a kind that other files define, in the order of those and of their lines, each where it is defined first."""
    own = site.request.path.as_uri()
    found = [each for each in site.index.members(owner_of_shared(kind)) if each.uri and each.uri != own]
    found.sort(key=lambda each: (each.summary.count("/"), each.summary, each.line))
    names: dict[str, Symbol] = {}
    for each in found:
        names.setdefault(each.name.removeprefix(f"{kind} "), each)
    return names
