"""What a model may write: as data, or as a callback that is asked token by token.

Monitor-guided decoding (Agrawal et al., NeurIPS 2023) masks the tokens that cannot extend a valid name. A mask over
150,000 tokens is not needed for a greedy choice: the best token is checked, then the next best, and only where a few
of them are impossible are the possible ones listed.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from soothsay.errors import SoothsayError

_WORD = re.compile(r"[\w\ufffd]")  # half a character is taken for one of a word


class TokenConstraint(Protocol):
    """Says what may follow. ``written`` is what has been generated so far, what was typed included."""

    def accepts(self, written: bytes, piece: bytes) -> bool:
        """Return whether a token of these bytes may come next; ``piece`` is empty for the end of the text."""
        ...

    def possible(self, written: bytes) -> Sequence[bytes]:
        """Return texts that may come next, where they can be listed: each token must be a beginning of one of them."""
        ...

    def forced(self, written: bytes) -> bytes:
        """Return the text that must come next because nothing else may; empty where there is a choice."""
        ...


@dataclass(frozen=True, slots=True)
class AllowedNames:
    """The text begins with ``typed``, then one of ``names``; what follows the name is free, but for a word character and ``joints``.

    ``joints`` are the characters that join words to a name: a path goes on behind ``/``, an option behind ``-``.
    """

    names: frozenset[str]
    typed: str = ""
    joints: str = ""


@dataclass(frozen=True, slots=True)
class Grammar:
    """The text is of this grammar, in llama.cpp's notation (GBNF)."""

    text: str


Constraint = TokenConstraint | AllowedNames | Grammar


def token_constraint(constraint: Constraint) -> TokenConstraint:
    """Return ``constraint`` as a callback. Raises `SoothsayError` for a grammar."""
    match constraint:
        case AllowedNames():
            return _NameConstraint(constraint)
        case Grammar():
            raise SoothsayError(
                "this model is run by llama.cpp without grammars: give the names that are allowed"
            )
        case _:
            return constraint


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
        """Return whether some name begins with ``prefix``."""
        at = bisect.bisect_left(self._names, prefix)
        return at < len(self._names) and self._names[at].startswith(prefix)

    def endings(self, prefix: bytes) -> list[bytes]:
        """Return what is left of each name that begins with ``prefix``."""
        at = bisect.bisect_left(self._names, prefix)
        found: list[bytes] = []
        while at < len(self._names) and self._names[at].startswith(prefix):
            found.append(self._names[at][len(prefix) :])
            at += 1
        return found

    def rest(self, prefix: bytes) -> bytes:
        """Return what is left of the only name that begins with ``prefix``; empty where there are several, or none."""
        at = bisect.bisect_left(self._names, prefix)
        if at == len(self._names) or not self._names[at].startswith(prefix):
            return b""
        is_only = at + 1 == len(self._names) or not self._names[at + 1].startswith(prefix)
        return self._names[at][len(prefix) :] if is_only else b""


class _NameConstraint:
    """`AllowedNames` as a callback."""

    def __init__(self, allowed: AllowedNames) -> None:
        self._texts = NameTrie(allowed.typed + name for name in allowed.names)
        self._joints = allowed.joints

    def accepts(self, written: bytes, piece: bytes) -> bool:
        text = written + piece
        if not piece:
            return self._is_complete(text)
        return self._texts.has_prefix(text) or self._is_complete(text)

    def possible(self, written: bytes) -> Sequence[bytes]:
        return [ending for ending in self._texts.endings(written) if ending]

    def forced(self, written: bytes) -> bytes:
        return self._texts.rest(written)

    def _is_complete(self, data: bytes) -> bool:
        """Return whether a name is written and ended."""
        text = data.decode("utf-8", errors="replace")
        return any(
            text[:end].encode() in self._texts and (end == len(text) or self._ends(text[end]))
            for end in range(1, len(text) + 1)
        )

    def _ends(self, following: str) -> bool:
        """Return whether a name ends before the character ``following``."""
        return following not in self._joints and not _WORD.match(following)
