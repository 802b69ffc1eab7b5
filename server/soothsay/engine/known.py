"""What is known for certain of a receiver's members and a callable's parameters: by the oracle, else by the index."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from cachetools import cachedmethod

from soothsay.engine.arguments import only_way, plain
from soothsay.engine.site import Site
from soothsay.model.constraint import NameTrie
from soothsay.oracle.types import Member, Oracle
from soothsay_index.types import Parameter
from soothsay_languages.base import Blank
from soothsay_languages.keys import KeyPlace


def _found(known: Known) -> MutableMapping[Hashable, Any]:
    return known.found


def _key(question: str) -> Callable[..., Hashable]:
    return lambda _known, *asked: (question, *asked)


class Known:
    """Asked at a place in a file; answers are None unless they are the whole truth. Each is found once.

    Of a language whose calls are not read, keys alone are known.
    """

    def __init__(self, site: Site, oracle: Oracle) -> None:
        self._site = site
        self._oracle = oracle
        self.found: dict[Hashable, Any] = {}

    @cachedmethod(_found, key=_key("members_of"))
    def members_of(self, access: str) -> NameTrie | None:
        """Return the names that may follow ``access``: a receiver, and what stands between it and a member."""
        index = self._site.index
        operator = max((each for each in self._site.language.accesses if access.endswith(each)), key=len)
        owner = self._site.owner_of(access.removesuffix(operator))
        closed = bool(owner) and index.is_closed(owner)
        # symbols without a place are names that a module merely imported
        indexed = [symbol for symbol in index.members(owner) if symbol.uri] if closed else []
        if indexed and indexed[0].origin == "service":
            return NameTrie(symbol.name for symbol in indexed)  # type stubs may be of another version
        members = self.listed(access)
        if members is not None:
            return NameTrie(member.name for member in members) or None
        return NameTrie(symbol.name for symbol in indexed) or None

    @cachedmethod(_found, key=_key("listed"))
    def listed(self, access: str) -> Sequence[Member] | None:
        """Return what the type checker lists behind ``access``."""
        if self._site.language.calls is None:
            return None
        text, offset = self._probe(access)
        return self._oracle.members(self._site.request.path, text, offset)

    def details(self, member: Member) -> Member | None:
        """Return a listed member with its detail and its documentation."""
        return self._oracle.details(member)

    @cachedmethod(_found, key=_key("names"))
    def names(self) -> NameTrie | None:
        """Return the bare names that an argument may be made of."""
        if self._site.language.calls is None:
            return None
        text, offset = self._probe("(")
        names = self._oracle.names(self._site.request.path, text, offset)
        return None if names is None else NameTrie(name.name for name in names)

    def is_defined(self, name: str) -> bool:
        """Return whether an argument may be ``name``; where that is not known it may."""
        names = self.names()
        return names is None or name.encode() in names

    @cachedmethod(_found, key=_key("keys_of"))
    def keys_of(self, place: KeyPlace) -> NameTrie | None:
        """Return the keys that may be written at ``place`` of the statement."""
        request, rule = self._site.request, self._site.rule
        text, offset = self._with_statement(place.head, place.tail)
        first, after = offset - len(place.head) + place.first, rule.place.after
        # perhaps with other keys; where nothing is open, those stand in lines of their own
        goes_on = place.tail and place.first <= len(rule.before) and after.strip()
        if goes_on and self._site.language.is_whole(f"{place.head} {after}"):
            text = f"{text[:offset]} {request.text[request.offset :]}"
        keys = self._oracle.keys(request.path, text, offset, first)
        return None if keys is None else NameTrie(each.name for each in keys)

    @cachedmethod(_found, key=_key("parameters_of"))
    def parameters_of(self, callee: str) -> Sequence[Parameter] | None:
        """Return the parameters of the callable written as ``callee``; None where it is overloaded."""
        return only_way(self.ways_of(callee))

    @cachedmethod(_found, key=_key("ways_of"))
    def ways_of(self, callee: str) -> Sequence[Sequence[Parameter]]:
        """Return the parameters of each overload of the callable written as ``callee``."""
        receiver, _, name = callee.rpartition(".")
        symbol = self._site.find(receiver, name).symbol
        if symbol is not None and symbol.origin in ("service", "workspace"):
            return () if symbol.parameters is None else (symbol.parameters,)
        if self._site.language.calls is None:
            return ()
        text, offset = self._probe(f"{callee}(")
        signatures = self._oracle.signature(self._site.request.path, text, offset) or ()
        if any(each.anything for each in signatures):
            return ()
        # a type checker leaves out defaults that are long; documents show those of the index
        said = {p.name: p.default for p in (symbol.parameters if symbol is not None else None) or ()}
        return [
            [replace(p, default=said.get(p.name) or p.default) for p in each.parameters]
            for each in signatures
        ]

    @cachedmethod(_found, key=_key("named"))
    def named(self, callee: str) -> Mapping[str, str]:
        """Return the names in scope that are called like a parameter of ``callee``, by it: those of a type that fits."""
        parameters = [p for p in self.parameters_of(callee) or () if not p.kind.startswith("var_")]
        visible = {} if self._site.names_here is None else self._site.names_here.visible()
        values = [name for name, bound in visible.items() if bound.kind in ("value", "parameter")]
        # a plain name hides an attribute that is called the same
        called = {
            plain(name.rpartition(".")[2]): name for name in sorted(values, key=lambda name: -name.count("."))
        }
        found = {p.name: called[plain(p.name)] for p in parameters if plain(p.name) in called}
        misfits = self._misfits(callee, found) if found else ()
        return {name: value for name, value in found.items() if value not in misfits}

    def _misfits(self, callee: str, named: Mapping[str, str]) -> set[str]:
        """Return the values of ``named`` that the type checker says to be of a wrong type; it is asked once for all.

        Those that are given by position behind one that is not known cannot be tried: they are left out.
        """
        expression, starts = f"{callee}(", dict[str, int]()
        by_position = [p.name for p in self.parameters_of(callee) or () if p.kind == "positional_only"]
        tried = [name for at, name in enumerate(by_position) if named.keys() >= set(by_position[: at + 1])]
        untried = {value for name, value in named.items() if name in by_position and name not in tried}
        for name, value in named.items():
            if value in untried:
                continue
            expression += "" if name in by_position else f"{name}="
            starts[value] = len(expression)
            expression += f"{value}, "
        text, end = self._probe(f"{expression})")
        begin = end - len(expression) - 1
        findings = self._oracle.findings(self._site.request.path, text) or ()
        wrong = [each for each in findings if each.kind in ("wrong_type", "unknown_name")]
        return untried | {
            value
            for value, start in starts.items()
            if any(each.start < begin + start + len(value) and each.end > begin + start for each in wrong)
        }

    def blank(self, callee: str, parameter: Parameter, quote: str) -> Blank:
        """Return a literal for a value of ``parameter`` that nobody knows."""
        receiver, _, name = callee.rpartition(".")
        symbol = self._site.find(receiver, name).symbol
        uri = symbol.uri if symbol is not None and symbol.origin == "service" else ""
        language = self._site.language
        if language.values is None:
            return Blank(quote * 2, ((len(quote), len(quote), parameter.name),))
        return language.values().blank(parameter, quote, uri, name)

    def _probe(self, expression: str) -> tuple[str, int]:
        """Return the document with ``expression`` in place of the current statement, and the offset of its end."""
        indent = self._site.rule.before[: len(self._site.rule.before) - len(self._site.rule.before.lstrip())]
        return self._with_statement(indent + expression, ")" if expression.endswith("(") else "")

    def _with_statement(self, statement: str, closers: str) -> tuple[str, int]:
        """Return the document with ``statement`` and ``closers`` in place of the current one, and the offset between the two."""
        request = self._site.request
        head = request.text[: request.offset - len(self._site.rule.before)] + statement
        return head + closers + "\n" + request.text[request.offset :].partition("\n")[2], len(head)
