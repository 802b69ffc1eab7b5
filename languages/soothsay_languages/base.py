"""What a language is: data, and small protocols for what data cannot say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from soothsay_languages.oracle import ServerSpec

if TYPE_CHECKING:  # the editor's process starts without a parser
    import tree_sitter


@dataclass(frozen=True)
class Lexis:
    """How the characters of a language group: comments, strings, brackets.

    ``strings`` are the delimiters, the longest first; those in ``multiline_strings`` may span lines. ``escape`` precedes
    a character of a string that does not end it. ``continuation`` before a line break joins the next line to the
    statement.
    """

    line_comment: str = ""
    strings: tuple[str, ...] = ()
    multiline_strings: tuple[str, ...] = ()
    brackets: Mapping[str, str] = field(default_factory=dict)  # opening to closing
    escape: str = "\\"
    continuation: str = ""


@dataclass(frozen=True)
class Blocks:
    """How a language groups statements. ``opener`` ends the line before an indented block; "" where there is none."""

    opener: str = ""


@dataclass(frozen=True)
class Language:
    """One language. ``id`` is its LSP language id, ``names`` are other ids that editors use for it.

    ``grammar`` loads its tree-sitter grammar; None where there is none. ``calls`` tells whether the names and arguments
    of calls can be checked: completions of other languages are unverified, and their documents have no hints.
    """

    id: str
    suffixes: frozenset[str]
    lexis: Lexis
    blocks: Blocks = field(default_factory=Blocks)
    names: frozenset[str] = frozenset()
    filenames: frozenset[str] = frozenset()
    keywords: frozenset[str] = frozenset()
    grammar: Callable[[], tree_sitter.Language] | None = None
    oracles: tuple[ServerSpec, ...] = ()  # its language servers, in the order in which they are asked
    calls: bool = False

    @cached_property
    def tree_sitter(self) -> tree_sitter.Language | None:
        """The loaded grammar."""
        return None if self.grammar is None else self.grammar()

    @property
    def suffix(self) -> str:
        """The suffix of a new file: the shortest of ``suffixes``."""
        return min(self.suffixes, key=lambda suffix: (len(suffix), suffix), default="")

    def handles(self, path: PurePath) -> bool:
        """Return whether a file of this name is written in the language."""
        return path.suffix.lower() in self.suffixes or path.name in self.filenames
