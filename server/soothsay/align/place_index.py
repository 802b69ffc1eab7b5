"""The index as a place sees it whose documentation has just been read: the workspace's index need not have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Hit, Index, PackageState, Query, Symbol


@dataclass(frozen=True, slots=True)
class IndexWithMembers:
    """``index``, and the ``found`` members of ``owner``, all of them where it is ``closed``."""

    index: Index
    owner: str
    found: tuple[Symbol, ...]
    closed: bool

    def members(self, owner: str) -> Sequence[Symbol]:
        """Return the members of ``owner``."""
        return self.found if owner == self.owner else self.index.members(owner)

    def is_closed(self, owner: str) -> bool:
        """Return whether all members of ``owner`` are known."""
        return self.closed if owner == self.owner else self.index.is_closed(owner)

    def lookup(self, qualified: str) -> Symbol | None:
        """Return the symbol at ``owner + "." + name``."""
        owner, _, name = qualified.rpartition(".")
        if owner != self.owner:
            return self.index.lookup(qualified)
        return next((each for each in self.found if each.name == name), None)

    def has_name(self, name: str) -> bool:
        """Return whether some symbol has this name."""
        return any(each.name == name for each in self.found) or self.index.has_name(name)

    def package_state(self, owner: str) -> PackageState:
        """Return what is known of the package of ``owner``."""
        return "indexed" if owner == self.owner else self.index.package_state(owner)

    def search(self, query: Query) -> Sequence[Hit]:
        """Return what the index finds."""
        return self.index.search(query)

    def until(self, cancel: Cancellation | None) -> Index:
        """Return this index for one request."""
        return IndexWithMembers(self.index.until(cancel), self.owner, self.found, self.closed)
