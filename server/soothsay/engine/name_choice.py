"""A name that a draft writes and that is to be another one: the place, and the names that may be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from soothsay_index.types import Symbol

JOINTS = "-/."
"""What joins words to a name: a path, an option."""


@dataclass(frozen=True, slots=True)
class NameChoice:
    """The names that may be written instead of ``drafted``, from ``start`` of the draft on, best first.

    ``typed`` is what stands before the cursor of each of them; ``is_invented`` whether the drafted name does not exist.
    """

    drafted: str
    start: int
    typed: str
    names: Mapping[str, Symbol]
    is_invented: bool

    @property
    def endings(self) -> Mapping[str, Symbol]:
        """What is to be written of each name."""
        return {name[len(self.typed) :]: symbol for name, symbol in self.names.items()}


@dataclass(frozen=True, slots=True)
class Around:
    """The place: ``text`` of the file ``path`` (from the root, with slashes), and the ``offset`` of the cursor in it.

    ``exists`` tells of a path, from the root, whether there is a file or a folder.
    """

    text: str
    offset: int
    path: str
    exists: Callable[[str], bool] = lambda _: False

    @property
    def folder(self) -> str:
        """The folder of the file, "" for the root."""
        return self.path.rpartition("/")[0]

    @property
    def line(self) -> str:
        """The line up to the cursor."""
        return self.text[self.text.rfind("\n", 0, self.offset) + 1 : self.offset]

    def before(self, characters: int) -> str:
        """Return the last ``characters`` of the text up to the cursor."""
        return self.text[max(0, self.offset - characters) : self.offset]

    @property
    def following(self) -> str:
        """The character right of the cursor, "" at the end."""
        return self.text[self.offset : self.offset + 1]
