"""Completions with tab stops as LSP snippets, for clients that take them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from soothsay.engine.types import Completion

_SPECIAL = re.compile(r"[$}\\]")


def escape(text: str) -> str:
    """Return ``text`` as it is written in a snippet."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def to_snippet(completion: Completion) -> str:
    """Return ``completion`` as a snippet: its tab stops are numbered in their order, and the last one is the end."""
    return "".join(_parts(completion))


def _parts(completion: Completion) -> Iterator[str]:
    text, end = completion.text, 0
    for number, stop in enumerate(completion.tab_stops, 1):
        yield escape(text[end : stop.start])
        shown = stop.label or text[stop.start : stop.end]
        yield f"${{{number}:{escape(shown)}}}" if shown else f"${{{number}}}"
        end = stop.end
    yield escape(text[end:]) + "$0"


def outdent(snippet: str, indent: str) -> str | None:
    """Return ``snippet`` without ``indent`` before its further lines, for clients that add it; None if a line lacks it."""
    first, *further = snippet.split("\n")
    if any(line.strip() and not line.startswith(indent) for line in further):
        return None
    return "\n".join((first, *(line.removeprefix(indent) for line in further)))
