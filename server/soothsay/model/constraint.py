"""Decoding only what may stand there: the door through which the engine tells the decode loop what is possible.

Monitor-guided decoding (Agrawal et al., NeurIPS 2023) masks the tokens that cannot extend a valid name. A mask over
150,000 tokens is not needed for a greedy choice: the best token is checked, then the next best, and only where a few
of them are impossible are the possible ones listed.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from typing import Protocol


class Constraint(Protocol):
    """Says what may follow. ``written`` is what has been generated so far, what was typed included."""

    def accepts(self, written: bytes, piece: bytes) -> bool:
        """Whether a token of these bytes may come next."""
        ...

    def possible(self, written: bytes) -> Sequence[bytes]:
        """Texts that may come next, where they can be listed: each token must be a beginning of one of them."""
        ...


class NameTrie:
    """Names that may be written, cut into tokens in any way.

    A sorted list is a trie for our purposes: the names that begin with a prefix stand side by side.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = sorted({name.encode("utf-8") for name in names})

    def __contains__(self, name: bytes) -> bool:
        at = bisect.bisect_left(self._names, name)
        return at < len(self._names) and self._names[at] == name

    def __bool__(self) -> bool:
        return bool(self._names)

    def has_prefix(self, prefix: bytes) -> bool:
        """Whether some name begins with ``prefix``."""
        at = bisect.bisect_left(self._names, prefix)
        return at < len(self._names) and self._names[at].startswith(prefix)

    def endings(self, prefix: bytes) -> list[bytes]:
        """What is left of each name that begins with ``prefix``."""
        at = bisect.bisect_left(self._names, prefix)
        found: list[bytes] = []
        while at < len(self._names) and self._names[at].startswith(prefix):
            found.append(self._names[at][len(prefix) :])
            at += 1
        return found
