"""Literals in requests to a service, held against the shapes of its model: what the client would refuse before it sends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tree_sitter import Node

from soothsay_languages.base import WrongValue
from soothsay_languages.python.blanks import entries, required_keys
from soothsay_languages.python.syntax import string_value
from soothsay_languages.syntax import text_of

Shapes = Mapping[str, Any]

_KINDS = {
    "string": "str", "concatenated_string": "str", "integer": "int", "float": "float", "true": "bool", "false": "bool", "none": "None",
    "list": "list", "list_comprehension": "list", "tuple": "tuple", "set": "set", "set_comprehension": "set",
    "dictionary": "dict", "dictionary_comprehension": "dict",
}  # fmt: skip
# a dict for a string is left to the client: of some it makes a string itself
_TAKEN: dict[str, frozenset[str]] = {
    "structure": frozenset({"dict"}),
    "map": frozenset({"dict"}),
    "list": frozenset({"list", "tuple"}),
    "string": frozenset({"str", "dict"}),
    "blob": frozenset({"str", "bytes"}),
    "integer": frozenset({"int", "bool"}),
    "long": frozenset({"int", "bool"}),
    "float": frozenset({"int", "float", "bool"}),
    "double": frozenset({"int", "float", "bool"}),
    "boolean": frozenset({"bool"}),
}
_LONGEST = 40  # characters of a literal that are shown


def wrong_in(value: Node, shape: str, shapes: Shapes) -> WrongValue | None:
    """Return what is wrong in the literal ``value`` of ``shape``, None where nothing is or nobody can tell."""
    described = shapes.get(shape, {})
    kind, kinds = _kind(value), _TAKEN.get(described.get("type", ""))
    if kind is None or kinds is None or described.get("document") or described.get("jsonvalue"):
        return None
    if kind not in kinds:
        written = text_of(value)
        shown = written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"
        return WrongValue(described["type"], shown, (), value)
    match described["type"]:
        case "structure" if value.type == "dictionary":
            return _wrong_structure(value, described, shapes)
        case "map" if value.type == "dictionary":
            found = _wrong_items(value, described, shapes)
        case "list" if value.type in ("list", "tuple"):
            inner = described.get("member", {}).get("shape", "")
            found = (wrong_in(each, inner, shapes) for each in value.named_children)
        case "string":
            return _wrong_string(value, described)
        case _:
            return None
    return next((each for each in found if each is not None), None)


def _kind(value: Node) -> str | None:
    """Return the type of a literal; None for anything that is computed."""
    if value.type == "string" and text_of(value)[:2].lower().startswith(("b", "rb")):
        return "bytes"
    return _KINDS.get(value.type)


def _wrong_structure(value: Node, described: Mapping[str, Any], shapes: Shapes) -> WrongValue | None:
    members = described.get("members", {})
    keys: set[str | None] = set()
    for key, held in _pairs(value):
        written = string_value(key)
        keys.add(written)
        if written is None:
            continue
        if written not in members:
            return WrongValue("key", written, tuple(members), key)
        found = wrong_in(held, members[written].get("shape", ""), shapes)
        if found is not None:
            return found
    is_whole = None not in keys and len(_pairs(value)) == len(_items(value))
    missing = [] if not is_whole else [key for key in required_keys(described) if key not in keys]
    if not missing:
        return None
    quote = next((text_of(key)[0] for key, _ in _pairs(value)), '"')
    return WrongValue("key", missing[0], (), value, lacking=entries(missing, described, shapes, quote))


def _wrong_items(value: Node, described: Mapping[str, Any], shapes: Shapes) -> Iterator[WrongValue | None]:
    for key, held in _pairs(value):
        yield wrong_in(key, described.get("key", {}).get("shape", ""), shapes)
        yield wrong_in(held, described.get("value", {}).get("shape", ""), shapes)


def _wrong_string(value: Node, described: Mapping[str, Any]) -> WrongValue | None:
    """Return a string that is none of those that the model lists; the service itself may know more by now."""
    known, written = described.get("enum", ()), string_value(value)
    if not known or written is None or written in known:
        return None
    return WrongValue("value of this argument", written, tuple(known), value, closed=False)


def _items(dictionary: Node) -> list[Node]:
    return [each for each in dictionary.named_children if each.type != "comment"]


def _pairs(dictionary: Node) -> list[tuple[Node, Node]]:
    found: list[tuple[Node, Node]] = []
    for pair in dictionary.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if pair.type == "pair" and key is not None and value is not None and text_of(value):
            found.append((key, value))
    return found
