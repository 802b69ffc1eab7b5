"""What a file can use of its workspace: signatures of what it imports, for the head of a prompt that is read ahead.

A retrieved document answers a guess; these are there before anything is guessed, and nobody waits for them to be read.
Signatures alone: with what each is for, the model did no better than without them (`bench/repo`, development split).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from soothsay.engine.ground import signature_line
from soothsay.engine.site import Site
from soothsay_index.types import Symbol


def cross_file(site: Site, max_tokens: int, count_tokens: Callable[[str], int]) -> str:
    """Return comment lines of at most ``max_tokens``; "" when the file imports nothing of its workspace."""
    text = ""
    comment = site.language.lexis.line_comment
    left = max_tokens
    for name, symbol in _usable(site):
        line = f"{comment} {signature_line(symbol, name)}\n"
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
