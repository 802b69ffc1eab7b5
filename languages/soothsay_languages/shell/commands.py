"""Commands in shell scripts."""

from __future__ import annotations

from collections.abc import Iterator

from soothsay_languages.commands import ShellPart


def shell_parts(text: str) -> Iterator[ShellPart]:
    """Yield all of ``text``."""
    yield ShellPart(0, text)
