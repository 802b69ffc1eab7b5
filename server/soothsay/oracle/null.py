"""The oracle of those who have none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from soothsay.oracle.types import Finding, Member, Question, Signature


class NoOracle:
    """Answers nothing: it is switched off, or its language server is not installed."""

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        return None

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        return None

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        return None

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        return None

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        return None

    def mirror(self, path: Path, text: str) -> None:
        pass

    def forget(self, path: Path) -> None:
        pass

    def files_changed(self, paths: Sequence[Path]) -> None:
        pass

    @contextmanager
    def asking(self, cancel: Event | None = None) -> Iterator[list[Question]]:
        yield []

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass
