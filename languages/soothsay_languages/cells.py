"""What the cells of a notebook hold: code, and commands of the notebook's own that are no code of the language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of a text, from ``start`` to ``end`` (code points), and what stands in its place."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class CellCode:
    """A cell as plain code: ``text`` is the cell with ``edits``, which are in order and keep its lines."""

    text: str
    edits: tuple[Edit, ...] = ()

    def offset(self, offset: int) -> int:
        """Return where ``offset`` of the cell is in ``text``; inside of what was replaced, behind its replacement."""
        moved = 0
        for edit in self.edits:
            if edit.start > offset or (edit.start == offset and edit.end > offset):
                break
            moved += len(edit.text) - (min(edit.end, offset) - edit.start)
        return offset + moved


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` with ``edits``, which are in order and do not overlap."""
    pieces: list[str] = []
    done = 0
    for edit in edits:
        pieces += text[done : edit.start], edit.text
        done = edit.end
    return "".join((*pieces, text[done:]))


class CellSyntax(Protocol):
    """Reads the cells of notebooks in one language."""

    def code(self, cell: str) -> CellCode | None:
        """Return ``cell`` as plain code; None when the notebook takes it for something else."""
        ...

    def context(self, cells: Sequence[str]) -> str:
        """Return what ``cells``, run one after the other, define for the next one; "" or ending in a blank line.

        Each cell runs on its own: what ends one does not keep the next from running.
        """
        ...
