"""Literals for values that nobody knows: of the type that is declared, or of the shape that a service's request has."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from soothsay_languages.base import Blank
from soothsay_languages.parameters import Parameter
from soothsay_languages.python.marks import outer_parts

_NOTHING = "None"
_OF_TYPE = {
    "bool": "False", "int": "0", "float": "0.0", "complex": "0j", "bytes": 'b""', "list": "[]", "dict": "{}", "tuple": "()",
    "set": "set()", "frozenset": "frozenset()", "Sequence": "[]", "Iterable": "[]", "Collection": "[]", "Mapping": "{}",
    "MutableMapping": "{}", "List": "[]", "Dict": "{}", "Tuple": "()", "Set": "set()",
}  # fmt: skip
_OF_SHAPE = {"boolean": "False", "float": "0.0", "double": "0.0", "blob": 'b""', "map": "{}"}
_DEEPEST = 4  # structures in a request
_CHOICES = re.compile(r"(?:\w+\.)*Literal(\[.*\])", re.DOTALL)


def blank_of_type(parameter: Parameter, quote: str) -> Blank:
    """Return a literal for ``parameter``: one of its values where they are listed, else the simplest of its type."""
    parts = outer_parts(parameter.annotation, "|") if parameter.annotation else []
    for part in parts:
        if found := _one_of_type(part, parameter.name, quote):
            return found
    return whole(_NOTHING)


def _one_of_type(annotation: str, label: str, quote: str) -> Blank | None:
    if choices := _CHOICES.fullmatch(annotation):
        return _choice(choices[1], quote)
    name = annotation.partition("[")[0].rpartition(".")[2].strip("\"' ")
    if name in ("str", "LiteralString"):
        return string("", label, quote)
    return whole(_OF_TYPE[name]) if name in _OF_TYPE else None


def _choice(bracketed: str, quote: str) -> Blank | None:
    try:
        first = ast.literal_eval(bracketed)[0]
    except (ValueError, SyntaxError, IndexError):
        return None
    return string(first, first, quote) if isinstance(first, str) else whole(repr(first))


def blank_of_shape(shape: str, shapes: Mapping[str, Any], label: str, quote: str, depth: int = 0) -> Blank:
    """Return a literal of ``shape`` that holds what a request must: the required keys, the first of listed values."""
    described = shapes.get(shape, {})
    match described.get("type"):
        case "structure" if depth < _DEEPEST:
            return _joined("{", _entries(required_keys(described), described, shapes, quote, depth), "}")
        case "list" if depth < _DEEPEST:
            inner = blank_of_shape(
                described.get("member", {}).get("shape", ""), shapes, label, quote, depth + 1
            )
            is_plain = inner.text in ("{}", "[]") or not inner.spots
            return whole("[]") if is_plain else _joined("[", [("", inner)], "]")
        case "structure" | "list" as kind:
            return whole("{}" if kind == "structure" else "[]")
        case "integer" | "long":
            return whole(str(max(0, int(described.get("min", 0)))))
        case str() as kind if kind in _OF_SHAPE:
            return whole(_OF_SHAPE[kind])
        case None:
            return whole(_NOTHING)
        case _:  # text, and times, which may be given as text
            listed = described.get("enum", ())
            return string(listed[0] if listed else "", listed[0] if listed else label, quote)


def entries(
    keys: Sequence[str], described: Mapping[str, Any], shapes: Mapping[str, Any], quote: str
) -> Blank:
    """Return entries of a dictionary: these ``keys`` of a structure, each with a literal of its shape."""
    return _joined("", _entries(keys, described, shapes, quote, 0), "")


def required_keys(described: Mapping[str, Any]) -> Sequence[str]:
    """Return the keys that a caller must give: those that the client fills in are none."""
    members = described.get("members", {})
    return [key for key in described.get("required", ()) if not members.get(key, {}).get("idempotencyToken")]


def _entries(
    keys: Sequence[str], described: Mapping[str, Any], shapes: Mapping[str, Any], quote: str, depth: int
) -> list[tuple[str, Blank]]:
    members = described.get("members", {})
    return [
        (
            f"{quote}{key}{quote}: ",
            blank_of_shape(members.get(key, {}).get("shape", ""), shapes, key, quote, depth + 1),
        )
        for key in keys
    ]


def whole(text: str) -> Blank:
    """Return a literal that is to be written over as a whole."""
    return Blank(text, ((0, len(text), text),))


def string(value: str, label: str, quote: str) -> Blank:
    """Return a string of which what is between its quotes is to be written over."""
    if quote in value or "\\" in value:
        return whole(repr(value))
    return Blank(f"{quote}{value}{quote}", ((len(quote), len(quote) + len(value), label),))


def _joined(opening: str, items: Sequence[tuple[str, Blank]], closing: str) -> Blank:
    text = opening
    spots: list[tuple[int, int, str]] = []
    for number, (head, item) in enumerate(items):
        text += (", " if number else "") + head
        spots += [(start + len(text), end + len(text), label) for start, end, label in item.spots]
        text += item.text
    text += closing
    return Blank(text, tuple(spots)) if spots else whole(text)
