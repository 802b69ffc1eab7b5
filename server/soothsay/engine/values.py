"""Arguments of known meaning: is what a call passes one of the values, or keys, that exist?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, cycle

from tree_sitter import Node

from soothsay.engine.arguments import positional
from soothsay.engine.site import Site
from soothsay.engine.types import ApiName, TabStop
from soothsay_index.types import Parameter
from soothsay_languages.base import ReadsValues, WrongValue
from soothsay_languages.scan import characters

_LIKE = 0.6  # least similarity of what may have been meant
_CLEARLY = 0.1  # by so much it must be more similar than the next
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Mended:
    """A completion with the right value, and the tab stops in that value."""

    text: str
    stops: tuple[TabStop, ...] = ()


@dataclass(frozen=True, slots=True)
class Misuse:
    """A wrong value: the problem in words, where it stands in the completion, and the completion with the right one.

    ``mended`` is None where no other value is clearly meant, and ``of_wrong_form`` says that none is known to choose from.
    ``certain``: it is wrong, whatever else there may be by now.
    """

    problem: str
    at: int
    mended: Mended | None = None
    certain: bool = True
    of_wrong_form: bool = False


def find_misuse(
    site: Site, name: ApiName, completion: str, signatures: Sequence[Sequence[Parameter]]
) -> Misuse | None:
    """Return a wrong value in the call ``name`` of ``completion``; ``signatures`` are the ways to call it.

    What stands before the completion is not its fault.
    """
    wrong = _wrong_value(site, name, signatures)
    return None if wrong is None else _as_misuse(wrong, name, completion)


def _wrong_value(site: Site, name: ApiName, signatures: Sequence[Sequence[Parameter]]) -> WrongValue | None:
    if name.call is None or site.language.values is None:
        return None
    values, found = site.language.values(), site.resolve(name)
    wrong = values.wrong_service(name.call.node, site.index) or values.wrong_owner(found.owner, site.index)
    if wrong is None and found.symbol is not None and found.symbol.origin == "service":
        wrong = values.wrong_request(found.symbol.uri, found.symbol.name, name.call.items)
    if wrong is None:
        wrong = _wrong_string(name, signatures, values)
    return wrong


def takes_strings(name: ApiName, site: Site) -> bool:
    """Return whether ``name`` is given a string literal: only then is it worth asking what it may be."""
    if name.call is None or site.language.values is None:
        return False
    values = site.language.values()
    items = [each.child_by_field_name("value") or each for each in name.call.items]
    return any(values.string(each) is not None for each in items)


def _wrong_string(
    name: ApiName, signatures: Sequence[Sequence[Parameter]], values: ReadsValues
) -> WrongValue | None:
    """Return a string that no signature takes."""
    found = [_wrong_for(name, signature, values) for signature in signatures]
    return found[0] if found and all(found) else None


def _wrong_for(name: ApiName, parameters: Sequence[Parameter], values: ReadsValues) -> WrongValue | None:
    if name.call is None or name.given.splat:
        return None
    positions = positional(parameters)
    rest = [p for p in parameters if p.kind == "var_positional"]
    others = next((p for p in parameters if p.kind == "var_keyword"), None)
    by_name = {p.name: p for p in parameters if p.kind in ("positional_or_keyword", "keyword_only")}
    keywords = ((by_name.get(keyword, others), node) for keyword, node in name.call.keywords.items())
    given = [each for each in name.call.items if each.child_by_field_name("value") is None]
    pairs = [
        *zip(chain(positions, cycle(rest)), given, strict=False),
        *((parameter, node) for parameter, node in keywords if parameter is not None),
    ]
    for parameter, node in pairs:
        written = values.string(node)
        allowed = values.strings(parameter.annotation) if written is not None else None
        if written is not None and allowed is not None and written not in allowed:
            return WrongValue(f"value of {parameter.name}", written, tuple(allowed), node)
    return None


def _as_misuse(wrong: WrongValue, name: ApiName, completion: str) -> Misuse | None:
    near = nearest(wrong.written, wrong.known)
    problem, certain = _said(wrong, near), wrong.closed or bool(near)
    if wrong.node is None or name.call is None:
        at = characters(completion, max(0, name.start))
        return None if name.end <= 0 else Misuse(problem, at, certain=certain)
    if wrong.node.end_byte + name.start - name.call.name.start_byte <= 0:
        return None
    start, end = _span(wrong.node, name, completion)
    if start < 0:
        return Misuse(problem, 0, certain=certain)
    return Misuse(problem, start, _mended(wrong, near, completion, start, end), certain, not wrong.known)


def _mended(wrong: WrongValue, near: str, completion: str, start: int, end: int) -> Mended | None:
    """Return ``completion`` with ``near`` in the literal between ``start`` and ``end``, or with the entries that it lacks."""
    literal = completion[start:end]
    if wrong.lacking is not None:
        inner = literal[:-1].rstrip()
        entries = "" if len(inner) <= 1 else " " if inner.endswith(",") else ", "
        at = start + len(inner) + len(entries)
        stops = tuple(TabStop(at + first, at + last, label) for first, last, label in wrong.lacking.spots)
        written = inner + entries + wrong.lacking.text + literal[len(inner) :]
        return Mended(completion[:start] + written + completion[end:], stops)
    if not near:
        return None
    return Mended(completion[:start] + literal.replace(wrong.written, near) + completion[end:])


def _said(wrong: WrongValue, near: str) -> str:
    if wrong.lacking is not None:
        return f"{wrong.what} {wrong.written} is missing"
    listed = ", ".join(wrong.known[:_SHOWN]) + (", …" if len(wrong.known) > _SHOWN else "")
    hint = f"; did you mean {near}?" if near else f" (known: {listed})" if listed else ""
    return f"{wrong.written} is no {wrong.what}{hint}"


def nearest(written: str, known: Sequence[str]) -> str:
    """Return the one of ``known`` that ``written`` clearly stands for, "" when there is none, or more than one."""
    rated = sorted(
        ((SequenceMatcher(None, written.lower(), each.lower()).ratio(), each) for each in known), reverse=True
    )
    if not rated or rated[0][0] < _LIKE or (len(rated) > 1 and rated[0][0] - rated[1][0] < _CLEARLY):
        return ""
    return rated[0][1]


def spans_of_values(name: ApiName, completion: str) -> list[tuple[int, int]]:
    """Return where the values that the call ``name`` is given stand in ``completion`` (code points), of those that begin in it."""
    items = () if name.call is None else name.call.items
    spans = (_span(each.child_by_field_name("value") or each, name, completion) for each in items)
    return [span for span in spans if span[0] >= 0]


def _span(node: Node, name: ApiName, completion: str) -> tuple[int, int]:
    """Return where ``node`` of the call stands in the completion; (-1, -1) where it began before it."""
    if name.call is None:
        return -1, -1
    shift = name.start - name.call.name.start_byte
    start, end = node.start_byte + shift, node.end_byte + shift
    return (-1, -1) if start < 0 else (characters(completion, start), characters(completion, end))
