"""Commands in Makefiles: the lines of recipes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from soothsay_languages.commands import UNKNOWN, ShellPart

_PREFIX = re.compile(r"\t[ \t@+-]*")
_OPENED = re.compile(r"[(){}]")
_CLOSERS = {"(": ")", "{": "}"}


def shell_parts(text: str) -> Iterator[ShellPart]:
    """Yield each line of a recipe, with those that continue it; what make puts in is not known."""
    start, lines = 0, list[str]()
    at = 0
    for line in text.split("\n"):
        if lines or line.startswith("\t"):
            start = start if lines else at
            lines.append(line)
            if not line.endswith("\\"):
                yield ShellPart(start, _as_run("\n".join(lines)))
                lines = []
        at += len(line) + 1
    if lines:
        yield ShellPart(start, _as_run("\n".join(lines)))


def _as_run(recipe: str) -> str:
    """Return the line of a recipe as the shell gets it."""
    prefix = _PREFIX.match(recipe)
    begin = prefix.end() if prefix is not None else 0
    pieces, at = [" " * begin], begin
    while (dollar := recipe.find("$", at)) >= 0:
        pieces.append(recipe[at:dollar])
        if recipe.startswith("$$", dollar):
            pieces.append(f"{UNKNOWN}$")
            at = dollar + 2
        else:
            at = _end_of_reference(recipe, dollar)
            pieces.append(UNKNOWN * (at - dollar))
    return "".join((*pieces, recipe[at:]))


def _end_of_reference(recipe: str, dollar: int) -> int:
    """Return where the reference that begins at ``dollar`` ends; the end of the recipe where it is not closed."""
    opener = recipe[dollar + 1 : dollar + 2]
    closer, depth = _CLOSERS.get(opener), 0
    if closer is None:
        return min(dollar + 2, len(recipe))
    for bracket in _OPENED.finditer(recipe, dollar + 1):
        depth += (bracket[0] == opener) - (bracket[0] == closer)
        if not depth:
            return bracket.end()
    return len(recipe)
