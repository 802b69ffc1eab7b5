"""What an oracle can be asked, and what it answers. Offsets are code points into the text given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from soothsay.oracle.locations import Location
from soothsay_languages.oracle import DiagnosticKind
from soothsay_languages.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnostic. For a name that does not exist, the range is that name alone, without its receiver."""

    kind: DiagnosticKind
    start: int
    end: int
    message: str  # its first line
    code: str  # the server's own name for it
    source: str = ""  # the server's name


@dataclass(frozen=True, slots=True)
class Member:
    """Something that may follow a receiver and a dot."""

    name: str
    kind: str  # "method", "function", "class", "module", "value", …
    detail: str  # its type or signature, as the server writes it
    documentation: str = ""
    parameters: tuple[Parameter, ...] | None = None  # None: what is listed does not say them
    source: str = ""  # the server's name
    item: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)  # the server's own


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a callable. ``anything``: it takes any arguments, or what it takes is not known."""

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
    """Judges code that is not saved, perhaps not even shown. None always means: no answer, nothing is certain.

    No method raises for anything the language server does. All may be called from any thread; `mirror`,
    `forget`, `files_changed` and `start` return at once, the questions block until answered or out of time.
    """

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        """Return what is wrong with ``text`` as the content of ``path``; None, too, for a file that is not looked at."""
        ...

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        """Return all that may stand at ``offset`` after a receiver's dot or in ``from module import``.

        The name begun or written at ``offset`` is ignored. None when the receiver could have other members.
        ``dunders``: names between double underscores, too.
        """
        ...

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        """Return the bare names that are visible at ``offset``, where an expression may stand, builtins among them.

        In a file that a schema describes, the keys and values that it names.
        """
        ...

    def keys(self, path: Path, text: str, offset: int, first: int) -> Sequence[Member] | None:
        """Return the keys that may still be written at ``offset``, of an object, an element, or what a schema describes; None where it may take others.

        ``first`` is where the first of its keys may stand.
        """
        ...

    def details(self, member: Member) -> Member | None:
        """Return ``member``, which `members` or `names` has listed, with its detail and its documentation."""
        ...

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether the identifier at ``offset`` exists. None: its type, or its receiver's, is unknown."""
        ...

    def makes_names(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether what the name at ``offset`` is a member of makes names while the program runs.

        Then it may have members that `findings` denies. None when that cannot be told.
        """
        ...

    def looks_at(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool | None:
        """Return whether what is wrong at ``spans`` (start and end of expressions) would be found.

        False for code that is taken for unreachable: there silence tells nothing.
        """
        ...

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        """Return the ways to call (overloads) what is being called at ``offset``, somewhere between its brackets."""
        ...

    def hover(self, path: Path, text: str, offset: int) -> str | None:
        """Return what the server shows about ``offset``, as plain text: a type or declaration, and documentation."""
        ...

    def definition(self, path: Path, text: str, offset: int) -> Sequence[Location] | None:
        """Return where the identifier at ``offset`` is defined; None when that is not known."""
        ...

    def mirror(self, path: Path, text: str) -> None:
        """Note that the editor shows ``text`` for ``path``: other files see it from now on, saved or not."""
        ...

    def forget(self, path: Path) -> None:
        """Note that the editor has closed ``path``: what is on disk counts."""
        ...

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Note that these files were written, made or deleted on disk."""
        ...

    def asking(self, cancel: Event | None = None) -> AbstractContextManager[list[Question]]:
        """Collect the questions that this thread asks inside the ``with`` block.

        Once ``cancel`` is set, their answers are not waited for.
        """
        ...

    def start(self) -> None:
        """Start the server ahead of the first question; returns at once."""
        ...

    def close(self) -> None:
        """End the server. Questions asked later are not answered. Calling it twice is harmless."""
        ...
