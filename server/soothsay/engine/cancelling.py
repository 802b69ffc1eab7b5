"""An index that a cancelled request does not ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

from soothsay.errors import Cancelled
from soothsay_index.types import Hit, Index, Query, Symbol


def raise_if_set(cancel: Event | None) -> None:
    """Raises `Cancelled` once ``cancel`` is set."""
    if cancel is not None and cancel.is_set():
        raise Cancelled


@dataclass(frozen=True, slots=True)
class CancellableIndex:
    """``index`` until ``cancel`` is set; every question raises `Cancelled` from then on.

    Each takes milliseconds, but a file with fifty imports is fifty of them.
    """

    index: Index
    cancel: Event | None

    def members(self, owner: str) -> Sequence[Symbol]:
        raise_if_set(self.cancel)
        return self.index.members(owner)

    def is_closed(self, owner: str) -> bool:
        raise_if_set(self.cancel)
        return self.index.is_closed(owner)

    def lookup(self, qualified: str) -> Symbol | None:
        raise_if_set(self.cancel)
        return self.index.lookup(qualified)

    def has_name(self, name: str) -> bool:
        raise_if_set(self.cancel)
        return self.index.has_name(name)

    def search(self, query: Query, cancel: Event | None = None) -> Sequence[Hit]:
        raise_if_set(self.cancel)
        return self.index.search(query, cancel or self.cancel)
