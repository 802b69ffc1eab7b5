"""What every source gives: releases that can be harvested for symbols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..types import Origin, Symbol


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """The unit of package documentation that is built once and shared: a part of a package at a version.

    ``part`` is the import name (``numpy``) or the service (``bedrock``).
    """

    package: str
    version: str
    part: str
    origin: Origin = "package"

    @property
    def key(self) -> str:
        """The name of the release in the manifest and in the tables."""
        return f"{self.package}@{self.version}/{self.part}"


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """What is known of an owner beside its symbols.

    ``hidden`` are names that exist there but are not worth documenting: private ones, and names that were
    only imported. Without them a closed owner would deny what exists.
    """

    owner: str
    closed: bool = False
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Harvest:
    """The symbols of a release, and what is known of their owners."""

    symbols: tuple[Symbol, ...] = ()
    owners: tuple[OwnerFacts, ...] = ()


class Source(Protocol):
    """Something that can be indexed."""

    def releases(self) -> Sequence[Release]:
        """What there is to harvest, cheaply."""
        ...

    def harvest(self, release: Release) -> Harvest:
        """Read one release. May take seconds."""
        ...
