"""A file that is being fetched: it grows at the end, and its length is all there is to know for going on later.

Whatever the source, byte n of a model is the same byte, so a pull that was stopped goes on with either source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from soothsay.errors import raise_if_cancelled
from soothsay.model.files.registry import ModelFile

Report = Callable[[str, int], None]
"""Told what is being done, and how many bytes have come that are not yet in a partial file."""


class SourceUnavailableError(Exception):
    """This source cannot give the model; another one may. The message is one line."""


@dataclass(frozen=True, slots=True)
class PartialFile:
    """The part of ``file`` that has come so far, from its first byte on, in ``path``."""

    file: ModelFile
    path: Path

    @property
    def length(self) -> int:
        """Return how many bytes have come, 0 when there is no file yet."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def complete(self) -> bool:
        """Return whether all bytes have come; they are not hashed."""
        return self.length >= self.file.size

    def append(self, blocks: Iterable[bytes], cancel: Event, report: Callable[[], None]) -> None:
        """Add ``blocks`` at the end as they come; what has come stays if something stops it half-way."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab", buffering=0) as out:
            for block in blocks:
                out.write(block)
                report()
                raise_if_cancelled(cancel)

    def restart(self) -> None:
        """Delete what has come."""
        self.path.unlink(missing_ok=True)
