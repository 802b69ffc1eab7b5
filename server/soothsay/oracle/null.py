"""The oracle where there is no language server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from soothsay.oracle.locations import Location
from soothsay.oracle.types import Finding, Member, Question, Signature


class NullOracle:
    """Implements `Oracle` without an answer to any question: completions are unverified."""

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        """Return None."""
        return None

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        """Return None."""
        return None

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        """Return None."""
        return None

    def keys(self, path: Path, text: str, offset: int, first: int) -> Sequence[Member] | None:
        """Return None."""
        return None

    def details(self, member: Member) -> Member | None:
        """Return None."""
        return None

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        """Return None."""
        return None

    def makes_names(self, path: Path, text: str, offset: int) -> bool | None:
        """Return None."""
        return None

    def looks_at(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool | None:
        """Return None."""
        return None

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        """Return None."""
        return None

    def hover(self, path: Path, text: str, offset: int) -> str | None:
        """Return None."""
        return None

    def definition(self, path: Path, text: str, offset: int) -> Sequence[Location] | None:
        """Return None."""
        return None

    def mirror(self, path: Path, text: str) -> None:
        """Do nothing."""

    def forget(self, path: Path) -> None:
        """Do nothing."""

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Do nothing."""

    @contextmanager
    def asking(self, cancel: Event | None = None) -> Iterator[list[Question]]:
        """Collect no questions."""
        yield []

    def start(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
