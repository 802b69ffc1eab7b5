"""Small stand-ins for the engine's protocols: a model that says what it is told to, an index in a dict."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from soothsay.errors import SoothsayError, raise_if_cancelled
from soothsay.model.constraint import Constraint, Grammar
from soothsay.model.fim import Prompt
from soothsay.model.types import Capabilities, Token
from soothsay.oracle.null import NullOracle
from soothsay.oracle.types import Finding, Member
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Hit, Index, Origin, PackageState, Parameter, Query, Symbol
from soothsay_languages.oracle import DiagnosticKind

ALL = Capabilities(*[True] * len(fields(Capabilities)))


class FakeModel:
    """Says ``plain`` until the prompt holds documentation with ``needle``, then ``grounded``.

    Scripts are lists of (text, probability). As the real model does, it spells what was typed first. ``prompts`` are those
    that were continued, ``prepared`` those that were read ahead.
    """

    def __init__(
        self,
        plain: Sequence[tuple[str, float]],
        grounded: Sequence[tuple[str, float]] = (),
        needle: str = "(",
        capabilities: Capabilities = ALL,
    ) -> None:
        self.scripts = {False: plain, True: grounded or plain}
        self.needle = needle
        self.capabilities = capabilities
        self.opened: list[Prompt] = []
        self.prompts: list[Prompt] = []
        self.prepared: list[Prompt] = []
        self.constraints: list[Constraint | None] = []

    def open(self, prompt: Prompt) -> FakePrompt:
        self.opened.append(prompt)
        return FakePrompt(self, prompt)

    def script(self, prompt: Prompt, constraint: Constraint | None) -> Sequence[tuple[str, float]]:
        return self.scripts[f"# {self.needle}" in prompt.middle]

    def count_tokens(self, text: str) -> int:
        return len(text.split())


class FakePrompt:
    """A prompt of a `FakeModel`, whose cache holds what was read."""

    def __init__(self, model: FakeModel, prompt: Prompt) -> None:
        self.prompt = prompt
        self.evaluated = 0
        self._model = model

    @property
    def unread(self) -> int:
        """Words around the cursor, unless they were read ahead."""
        around = self.prompt.prefix, self.prompt.suffix
        if any((known.prefix, known.suffix) == around for known in self._model.prepared):
            return 0
        return self._model.count_tokens(self.prompt.prefix + self.prompt.suffix)

    def read(self, cancel: Cancellation | None = None) -> None:
        raise_if_cancelled(cancel)
        self.evaluated = self.unread
        self._model.prepared.append(self.prompt)

    def stream(
        self,
        cancel: Cancellation | None = None,
        constraint: Constraint | None = None,
        deadline: float = math.inf,
    ) -> Iterator[Token]:
        if isinstance(constraint, Grammar) and not self._model.capabilities.grammars:
            raise SoothsayError("a fake reads no grammar")
        self.evaluated = self.unread
        self._model.prompts.append(self.prompt)
        self._model.constraints.append(constraint)
        script = [(self.prompt.forced, 1.0)] if self.prompt.forced else []
        for text, probability in (*script, *self._model.script(self.prompt, constraint)):
            raise_if_cancelled(cancel)
            if time.monotonic() > deadline:
                return
            yield Token(text.encode(), probability, entropy=-math.log(probability))


class FakeIndex:
    """Members by owner; all of an owner's are known, unless it is in `open_owners`.

    A search gives the members of the owners that are asked for, else of all, in order. ``states`` are those of packages
    by their first name; all others are indexed.
    """

    def __init__(self, **owners: Sequence[Symbol]) -> None:
        self.owners = owners
        self.open_owners: dict[str, Sequence[Symbol]] = {}
        self.states: dict[str, PackageState] = {}
        self.queries: list[Query] = []

    def members(self, owner: str) -> Sequence[Symbol]:
        return self.owners.get(owner) or self.open_owners.get(owner, ())

    def is_closed(self, owner: str) -> bool:
        return owner in self.owners

    def lookup(self, qualified: str) -> Symbol | None:
        owner, _, name = qualified.rpartition(".")
        return next((s for s in self.members(owner) if s.name == name), None)

    def has_name(self, name: str) -> bool:
        return any(symbol.name == name for owner in self._all() for symbol in self.members(owner))

    def package_state(self, owner: str) -> PackageState:
        return self.states.get(owner.partition(".")[0], "indexed")

    def search(self, query: Query) -> Sequence[Hit]:
        self.queries.append(query)
        if query.limit <= 0 or not (query.text.strip() or query.owners):
            return []
        owners = dict.fromkeys(query.owners or self._all())
        found = [symbol for owner in owners for symbol in self.members(owner)]
        return [Hit("symbol", 1.0, symbol) for symbol in found if not _is_of(symbol, query.path)][
            : query.limit
        ]

    def until(self, cancel: Cancellation | None) -> FakeIndex:
        return self

    def _all(self) -> tuple[str, ...]:
        return (*self.owners, *self.open_owners)


def _is_of(symbol: Symbol, path: str) -> bool:
    """Return whether the file ``path`` of the workspace defines ``symbol``."""
    return symbol.origin == "workspace" and bool(path) and symbol.uri.endswith(f"/{path}")


class RecordingIndex:
    """Another index, whose searches are kept in ``queries``."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.queries: list[Query] = []

    def members(self, owner: str) -> Sequence[Symbol]:
        return self._index.members(owner)

    def is_closed(self, owner: str) -> bool:
        return self._index.is_closed(owner)

    def lookup(self, qualified: str) -> Symbol | None:
        return self._index.lookup(qualified)

    def has_name(self, name: str) -> bool:
        return self._index.has_name(name)

    def package_state(self, owner: str) -> PackageState:
        return self._index.package_state(owner)

    def search(self, query: Query) -> Sequence[Hit]:
        self.queries.append(query)
        return self._index.search(query)

    def until(self, cancel: Cancellation | None) -> RecordingIndex:
        return self


class FakeOracle(NullOracle):
    """Refuses the names it is told to, and resolves all others. ``texts`` are the shadows it was shown, and nothing is
    in scope."""

    def __init__(self, *refused: str, kind: DiagnosticKind = "not_a_member") -> None:
        self.refused = refused
        self.kind: DiagnosticKind = kind
        self.texts: list[str] = []

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        self.texts.append(text)
        return [
            Finding(self.kind, match.start(), match.end(), f"no {name}", "code")
            for name in self.refused
            for match in re.finditer(rf"\b{name}(?!\w)", text)
        ]

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        return ()

    def looks_at(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool | None:
        return True

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        if self.kind in ("no_overload", "wrong_type"):  # what is there
            return True
        return not any(m.start() <= offset < m.end() for n in self.refused for m in re.finditer(n, text))


# the package and version of a symbol, by its origin: those of `tiny_index`
_RELEASES: dict[Origin, tuple[str, str]] = {
    "workspace": ("till", ""), "package": ("lib", "1.0"), "service": ("botocore", "9.9")
}  # fmt: skip


def function(qualified: str, *parameters: str, origin: Origin = "workspace") -> Symbol:
    """A function; a parameter that ends in ``=`` is optional, one after ``*`` is keyword-only."""
    owner, _, name = qualified.rpartition(".")
    keyword_only = False
    found: list[Parameter] = []
    for parameter in parameters:
        if parameter == "*":
            keyword_only = True
            continue
        kind = "keyword_only" if keyword_only else "positional_or_keyword"
        found.append(Parameter(parameter.rstrip("="), kind, required=not parameter.endswith("=")))
    package, version = _RELEASES[origin]
    uri = f"file:///w/{owner.partition('.')[0]}.py"
    shown = qualified.removeprefix("botocore:")  # as the index writes the names of services
    return Symbol(shown, name, owner, "function", origin, package, version, uri, 1, tuple(found))
