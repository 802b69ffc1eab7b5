"""What the benchmark of compiled languages cuts and judges. Nothing here knows a language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

NO_SUCH_NAME = (
    "soothsayNoSuchName"  # a receiver that has this, too, is one of which the compiler knows nothing
)
ProblemKind = Literal["name", "argument", "syntax", "other"]


@dataclass(frozen=True, slots=True)
class Site:
    """One call ``prefix`` + ``name`` + ``arguments``, with the code that stands before it and behind it.

    ``prefix`` is its statement up to the receiver's operator (``const result = client.``).
    """

    package: str
    where: str
    setup: str
    prefix: str
    name: str
    arguments: str
    after: str = ""
    comment: str = ""  # the author's own, above the call

    def script(self, called: str) -> str:
        """Return the file with ``called`` behind the operator."""
        return f"{self.setup}\n{self.prefix}{called}\n{self.after}"

    @property
    def whole(self) -> str:
        """Return the file as its author wrote it."""
        return self.script(self.name + self.arguments)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of the compiler."""

    kind: ProblemKind
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CompiledLanguage:
    """A language of the benchmark."""

    id: str  # LSP's
    extension: str
    comment_mark: str
    statement: str  # one that means nothing: it is typed in another file before
    any_value: str  # what stands for the person's value at a tab stop; "": what is shown there
    workspace: Callable[[], Path]  # with the packages installed; made where it is missing
    sites: Callable[[Path], Iterable[Site]]
    descriptions: Callable[
        [Path], Mapping[tuple[str, str], str]
    ]  # by package and name: what its declaration says
    # the compiler's errors in files, by name
    check: Callable[[Path, Mapping[str, str]], Mapping[str, Sequence[Problem]]]
