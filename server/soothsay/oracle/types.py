"""What an oracle can be asked, and what it answers. Offsets are code points into the text given."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal, Protocol

from soothsay_index.types import Parameter

FindingKind = Literal[
    "unknown_name",  # a bare name that nothing defines
    "not_a_member",  # the receiver's type is known and has no such member; also `from module import no_such`
    "unknown_argument",  # too many arguments, or a keyword that no parameter takes
    "missing_argument",
    "wrong_type",
    "no_overload",  # no overload fits; whether by name, number or type its signatures can often tell
    "unresolved_import",
    "syntax",
    "other",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnostic. For a name that does not exist, the range is that name alone, without its receiver."""

    kind: FindingKind
    start: int
    end: int
    message: str  # its first line
    code: str  # the server's own name for it


@dataclass(frozen=True, slots=True)
class Member:
    """Something that may follow a receiver and a dot."""

    name: str
    kind: str  # "method", "function", "class", "module", "value", …
    detail: str  # its type or signature, as the server writes it


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a callable. ``anything``: it takes whatever it is given, or nobody knows what it takes."""

    label: str
    parameters: tuple[Parameter, ...]
    anything: bool = False
    active: int | None = None  # index of the parameter that the offset is at


@dataclass(frozen=True, slots=True)
class Question:
    """One question that was asked, for `soothsay explain`."""

    what: str  # "findings", "members of client", …
    ms: float
    answered: bool


class Oracle(Protocol):
    """A judge of code that is not saved, perhaps not even shown. None always means: no answer, nothing is certain.

    No method raises for anything the language server does. All may be called from any thread; `mirror`,
    `forget` and `files_changed` return at once, the questions block until answered or out of time.
    """

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        """What is wrong with ``text`` as the content of ``path``; None, too, for a file that is not looked at."""
        ...

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        """All that may stand at ``offset`` after a receiver's dot or in ``from module import``.

        The name begun or written at ``offset`` is ignored. None when the receiver could have other members.
        """
        ...

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        """The bare names that are visible at ``offset``, where an expression may stand; builtins are among them."""
        ...

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        """Whether the identifier at ``offset`` is something real. None: its type, or its receiver's, is unknown."""
        ...

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        """The ways to call (its overloads) what is being called at ``offset``, somewhere between its brackets."""
        ...

    def mirror(self, path: Path, text: str) -> None:
        """The editor shows ``text`` for ``path``: other files see it so from now on, saved or not."""
        ...

    def forget(self, path: Path) -> None:
        """The editor has closed ``path``: what is on disk counts."""
        ...

    def files_changed(self, paths: Sequence[Path]) -> None:
        """These files were written, made or deleted on disk."""
        ...

    def asking(self, cancel: Event | None = None) -> AbstractContextManager[list[Question]]:
        """Collects the questions that this thread asks inside the ``with`` block; once ``cancel`` is set, their answers
        are not waited for."""
        ...

    def start(self) -> None:
        """Get ready ahead of the first question; returns at once."""
        ...

    def close(self) -> None:
        """Give everything back. Questions asked later are not answered. Calling it twice is harmless."""
        ...
