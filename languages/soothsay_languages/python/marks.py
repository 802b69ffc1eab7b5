"""Marks in a piece of Python code that stand outside of its brackets and strings."""

from __future__ import annotations

from collections.abc import Iterator


def outer_marks(text: str, mark: str) -> Iterator[int]:
    """Yield where the character ``mark`` stands in ``text`` outside of brackets and strings."""
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == mark and not depth:
            yield at


def outer_parts(text: str, mark: str) -> list[str]:
    """Return what of ``text`` is between such marks, stripped: the members of a union, say."""
    parts, begin = [], 0
    for at in outer_marks(text, mark):
        parts.append(text[begin:at].strip())
        begin = at + 1
    return [*parts, text[begin:].strip()]
