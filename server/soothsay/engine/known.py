"""What is known for certain of a receiver's members and a callable's parameters: by the oracle, else by the index."""

from __future__ import annotations

from collections.abc import Sequence

from soothsay.engine.site import Site
from soothsay.model.constraint import NameTrie
from soothsay.oracle.types import Oracle
from soothsay_index.types import Parameter


class Known:
    """Asked at a place in a file; answers are None unless they are the whole truth."""

    def __init__(self, site: Site, oracle: Oracle) -> None:
        self._site = site
        self._oracle = oracle

    def members_of(self, receiver: str) -> NameTrie | None:
        """Return the names that may follow ``receiver.``."""
        index = self._site.index
        owner = self._site.owner_of(receiver)
        closed = bool(owner) and index.is_closed(owner)
        # symbols without a place are names that a module merely imported
        indexed = [symbol for symbol in index.members(owner) if symbol.uri] if closed else []
        if indexed and indexed[0].origin == "service":
            return NameTrie(symbol.name for symbol in indexed)  # type stubs may be of another version
        text, offset = self._probe(f"{receiver}.")
        members = self._oracle.members(self._site.request.path, text, offset)
        if members is not None:
            return NameTrie(member.name for member in members) or None
        return NameTrie(symbol.name for symbol in indexed) or None

    def names(self) -> NameTrie | None:
        """Return the bare names that an argument may be made of."""
        text, offset = self._probe("(")
        names = self._oracle.names(self._site.request.path, text, offset)
        return None if names is None else NameTrie(name.name for name in names)

    def parameters_of(self, callee: str) -> Sequence[Parameter] | None:
        """Return the parameters of the callable written as ``callee``."""
        receiver, _, name = callee.rpartition(".")
        symbol = self._site.find(receiver, name).symbol
        if symbol is not None and symbol.origin in ("service", "workspace"):
            return symbol.parameters
        text, offset = self._probe(f"{callee}(")
        signatures = self._oracle.signature(self._site.request.path, text, offset)
        if signatures is None or len(signatures) != 1 or signatures[0].anything:
            return None  # an overloaded callable takes what one of its overloads takes
        return [Parameter(p.name, p.kind, p.required, p.annotation) for p in signatures[0].parameters]

    def _probe(self, expression: str) -> tuple[str, int]:
        """Return the document with ``expression`` in place of the current statement, and the offset of its end."""
        request = self._site.request
        start = request.offset - len(self._site.rule.before)
        indent = self._site.rule.before[: len(self._site.rule.before) - len(self._site.rule.before.lstrip())]
        closed = ")" if expression.endswith("(") else ""
        head = request.text[:start] + indent + expression
        return head + closed + "\n" + request.text[request.offset :].partition("\n")[2], len(head)
