"""Small stand-ins for the engine's protocols: a model that says what it is told to, an index in a dict."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

from soothsay.errors import Cancelled
from soothsay.model.constraint import Constraint
from soothsay.model.fim import Prompt
from soothsay.model.types import Token
from soothsay.oracle.null import NullOracle
from soothsay.oracle.types import Finding, Member
from soothsay_index.types import Hit, Origin, Parameter, Query, Symbol
from soothsay_languages.oracle import DiagnosticKind


class FakeModel:
    """Says ``plain`` until the prompt holds documentation with ``needle``, then ``grounded``.

    Scripts are lists of (text, probability). As the real model does, it spells what was typed first.
    """

    fim = True
    evaluated = 1

    def __init__(self, plain: Sequence[tuple[str, float]], grounded: Sequence[tuple[str, float]] = (), needle: str = "(") -> None:  # fmt: skip
        self.scripts = {False: plain, True: grounded or plain}
        self.needle = needle
        self.prompts: list[Prompt] = []
        self.prepared: list[Prompt] = []

    def stream(
        self,
        prompt: Prompt,
        cancel: Event | None = None,
        constraint: Constraint | None = None,
        deadline: float = 0.0,
    ) -> Iterator[Token]:
        self.prompts.append(prompt)
        if prompt.forced:
            yield Token(prompt.forced.encode(), 1.0)
        for text, probability in self.script(prompt, constraint):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            yield Token(text.encode(), probability, entropy=-math.log(probability))

    def script(self, prompt: Prompt, constraint: Constraint | None) -> Sequence[tuple[str, float]]:
        return self.scripts[f"# {self.needle}" in prompt.middle]

    def prepare(self, prompt: Prompt, cancel: Event | None = None) -> None:
        self.prepared.append(prompt)

    def unread(self, prompt: Prompt) -> int:
        """Words around the cursor, unless they were prepared."""
        same = any((known.prefix, known.suffix) == (prompt.prefix, prompt.suffix) for known in self.prepared)
        return 0 if same else self.count_tokens(prompt.prefix + prompt.suffix)

    def count_tokens(self, text: str) -> int:
        return len(text.split())


class FakeIndex:
    """Members by owner; every owner that it has is closed. A search returns all members, in order."""

    def __init__(self, **owners: Sequence[Symbol]) -> None:
        self.owners = owners
        self.queries: list[Query] = []

    def members(self, owner: str) -> Sequence[Symbol]:
        return self.owners.get(owner, ())

    def is_closed(self, owner: str) -> bool:
        return owner in self.owners

    def lookup(self, qualified: str) -> Symbol | None:
        owner, _, name = qualified.rpartition(".")
        return next((s for s in self.members(owner) if s.name == name), None)

    def has_name(self, name: str) -> bool:
        return any(symbol.name == name for members in self.owners.values() for symbol in members)

    def search(self, query: Query) -> Sequence[Hit]:
        self.queries.append(query)
        owners = query.owners or tuple(self.owners)
        return [Hit("symbol", 1.0, symbol) for o in owners for symbol in self.members(o)][: query.limit]

    def until(self, cancel: Event | None) -> FakeIndex:
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
            for match in re.finditer(rf"\b{name}\b", text)
        ]

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        return ()

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        return not any(m.start() <= offset < m.end() for n in self.refused for m in re.finditer(n, text))


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
    return Symbol(
        qualified, name, owner, "function", origin, "shop", "1.0", "file:///shop.py", 1, tuple(found)
    )
