"""What a resolver of names asks of an index, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tree_sitter import Node

from soothsay_languages.scopes import ModuleName, Names


class Definition(Protocol):
    """What is known of one documented name: as `soothsay_index.types.Symbol`."""

    @property
    def name(self) -> str:
        """Its bare name."""
        ...

    @property
    def owner(self) -> str:
        """The dotted path that it is a member of."""
        ...

    @property
    def kind(self) -> str:
        """``function``, ``class`` and the like."""
        ...

    @property
    def returns(self) -> str:
        """The type that a call returns, as written."""
        ...


D = TypeVar("D", bound=Definition)
D_co = TypeVar("D_co", bound=Definition, covariant=True)


class Definitions(Protocol[D_co]):
    """Where definitions are looked up: as `soothsay_index.types.Index`."""

    def members(self, owner: str) -> Sequence[D_co]:
        """Return all members of ``owner``; none when it is not known."""
        ...

    def is_closed(self, owner: str) -> bool:
        """Return whether a name that is not among the members of ``owner`` does not exist."""
        ...

    def lookup(self, qualified: str) -> D_co | None:
        """Return the definition at ``owner + "." + name``."""
        ...


@dataclass(frozen=True, slots=True)
class Resolution(Generic[D_co]):
    """What is known of a called name.

    ``owner`` is where it should be a member ("" when unknown). ``exists`` is True or False when that is
    certain, None when it cannot be told.
    """

    owner: str
    symbol: D_co | None
    exists: bool | None


class Resolver(Protocol):
    """Finds out what expressions stand for. An expression is a node of the tree, or its text."""

    def owner_of(
        self, expression: Node | str, names: Names, module: ModuleName, index: Definitions[D]
    ) -> str:
        """Return the owner whose members may follow ``expression``, "" when unknown."""
        ...

    def makes_client(self, call: Node) -> bool:
        """Return whether ``call`` makes a client whose members only a service model lists."""
        ...

    def resolve(
        self, receiver: Node | str, name: str, names: Names, module: ModuleName, index: Definitions[D]
    ) -> Resolution[D]:
        """Return what the index knows of ``receiver.name``, or of the plain ``name`` for the receiver ""."""
        ...
