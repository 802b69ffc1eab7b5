"""What the benchmark of compiled languages cuts and judges. Nothing here knows a language."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tree_sitter
from bench.installed.sites import instruction
from platformdirs import user_cache_path

CACHE = user_cache_path("soothsay-bench") / "compiled"
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
    any_value: str  # what stands for the person's value at a tab stop
    any_setup: str  # a line above the file that this needs; "" for none
    uses: str  # a pattern of lines by which a file uses a package whose documents are read from a folder of packages; "" for none
    workspace: Callable[[], Path]  # with the packages installed; made where it is missing
    sites: Callable[[Path], Iterable[Site]]
    descriptions: Callable[
        [Path], Mapping[tuple[str, str], str]
    ]  # by package and name: what its declaration says
    # the compiler's errors in files, by name
    check: Callable[[Path, Mapping[str, str]], Mapping[str, Sequence[Problem]]]


def calls_outside(functions: Collection[str], statement: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yield the calls of a statement, in source order, that are in none of its nodes of the types ``functions``."""
    todo = [statement]
    while todo:
        each = todo.pop()
        if each.type in functions:
            continue
        if each.type == "call_expression":
            yield each
        todo += reversed(each.named_children)


def instruction_in(comment: str, name: str) -> str:
    """Return what a comment (``// …``, ``/* … */``) says is done, and not the name of what does it; "" for any other."""
    return instruction(re.sub(r"^(//+|/\*+)\s*|\s*\*/$", "", comment), name)


def said_once(found: Mapping[tuple[str, str], Set[str]]) -> dict[tuple[str, str], str]:
    """Return the descriptions of the names of which one thing alone is said."""
    return {key: next(iter(said)) for key, said in found.items() if len(said) == 1}
