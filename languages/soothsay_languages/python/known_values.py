"""Arguments of which it is known what they may be: literals of a type, services that are installed, keys of their requests."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tree_sitter import Node

from soothsay_languages.base import WrongValue
from soothsay_languages.python.imports import service_of
from soothsay_languages.python.marks import outer_marks
from soothsay_languages.python.sources.botocore_models import read_model, snake_case, special_names
from soothsay_languages.python.syntax import string_value
from soothsay_languages.resolving import D, Definitions
from soothsay_languages.syntax import text_of

_SERVICE = "botocore:"
# types that no string has
_NO_STRINGS = frozenset({"None", "int", "float", "complex", "bool", "bytes"})
_NO_STRING_CONTAINERS = ("dict[", "list[", "tuple[", "set[", "frozenset[")
_MODELS_KEPT = 4


class KnownValues:
    """Tells which values Python code may pass."""

    def string(self, node: Node) -> str | None:
        """Return the value of a string literal, None for anything else."""
        return string_value(node)

    def strings(self, annotation: str) -> Sequence[str] | None:
        """Return the strings that a parameter of the type ``annotation`` takes; None where it may take others."""
        found: list[str] = []
        for part in _parts(annotation):
            if part.startswith("Literal[") and part.endswith("]"):
                values = _literals(part.removeprefix("Literal"))
                if values is None:
                    return None
                found += values
            elif part not in _NO_STRINGS and not part.startswith(_NO_STRING_CONTAINERS):
                return None
        return found or None

    def wrong_service(self, call: Node, index: Definitions[D]) -> WrongValue | None:
        """Return the name of a service in ``call`` that the installed packages do not have."""
        service = service_of(call)
        arguments = call.child_by_field_name("arguments")
        if service is None or arguments is None:
            return None
        literals = (each.child_by_field_name("value") or each for each in arguments.named_children)
        node = next((each for each in literals if string_value(each) == service), None)
        return self._unknown(service, node, index)

    def wrong_owner(self, owner: str, index: Definitions[D]) -> WrongValue | None:
        """Return the name of a service, where ``owner`` is a client of it, that the installed packages do not have."""
        return (
            self._unknown(owner.removeprefix(_SERVICE), None, index) if owner.startswith(_SERVICE) else None
        )

    def wrong_key(self, uri: str, name: str, arguments: Mapping[str, Node]) -> WrongValue | None:
        """Return a key in ``arguments`` that the operation ``name`` of the service model at ``uri`` does not take."""
        if not any(_holds_keys(value) for value in arguments.values()):
            return None
        inputs, shapes = _model(uri)
        members: Mapping[str, Any] = shapes.get(inputs.get(name, ""), {}).get("members", {})
        for argument, value in arguments.items():
            found = _wrong_key(value, members.get(argument, {}).get("shape", ""), shapes)
            if found is not None:
                return found
        return None

    def _unknown(self, service: str, node: Node | None, index: Definitions[D]) -> WrongValue | None:
        known = _services(index)
        return WrongValue("service", service, known, node) if known and service not in known else None


def _parts(annotation: str) -> list[str]:
    """Return the members of a union, brackets and strings in them whole."""
    parts, begin = [], 0
    for at in outer_marks(annotation, "|"):
        parts.append(annotation[begin:at].strip())
        begin = at + 1
    return [*parts, annotation[begin:].strip()]


def _literals(bracketed: str) -> list[str] | None:
    try:
        values = ast.literal_eval(bracketed)
    except (ValueError, SyntaxError):
        return None
    return [each for each in values if isinstance(each, str)]


def _services(index: Definitions[D]) -> Sequence[str]:
    """Return the services of the botocore that is beside the indexed boto3, or that a service was read from."""
    for owner, up in (("boto3", 1), (f"{_SERVICE}s3", 4)):
        for definition in index.members(owner)[:8]:
            path = _path(str(getattr(definition, "uri", "")))
            data = path.parents[up] / "botocore" / "data" if len(path.parents) > up else path
            if found := _folders(data):
                return found
    return ()


@lru_cache(maxsize=_MODELS_KEPT)
def _folders(data: Path) -> Sequence[str]:
    try:
        return tuple(sorted(each.name for each in data.iterdir() if each.is_dir()))
    except OSError:
        return ()


def _path(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))


@lru_cache(maxsize=_MODELS_KEPT)
def _model(uri: str) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Return the shapes of requests by the operations' names, and all shapes, of the service model at ``uri``."""
    path = _path(uri)
    model = read_model(path.parent) if path.name.startswith("service-2") else {}
    special = special_names(path.parents[3]) if len(path.parents) > 3 else {}
    inputs = {
        snake_case(key, special): operation.get("input", {}).get("shape", "")
        for key, operation in model.get("operations", {}).items()
    }
    return inputs, model.get("shapes", {})


def _holds_keys(value: Node) -> bool:
    return value.type == "dictionary" or (
        value.type in ("list", "tuple") and any(_holds_keys(each) for each in value.named_children)
    )


def _wrong_key(value: Node, shape: str, shapes: Mapping[str, Any]) -> WrongValue | None:
    """Return a key in ``value`` that ``shape`` does not have."""
    described = shapes.get(shape, {})
    match described.get("type"):
        case "list" if value.type in ("list", "tuple"):
            inner = described.get("member", {}).get("shape", "")
            found = (_wrong_key(each, inner, shapes) for each in value.named_children)
        case "map" if value.type == "dictionary":
            inner = described.get("value", {}).get("shape", "")
            found = (_wrong_key(held, inner, shapes) for _, held in _pairs(value))
        case "structure" if value.type == "dictionary" and not described.get("document"):
            members = described.get("members", {})
            found = (_wrong_pair(key, held, members, shapes) for key, held in _pairs(value))
        case _:
            return None
    return next((each for each in found if each is not None), None)


def _wrong_pair(
    key: Node, held: Node, members: Mapping[str, Any], shapes: Mapping[str, Any]
) -> WrongValue | None:
    written = string_value(key)
    if written is None:
        return None
    if written not in members:
        return WrongValue("key", written, tuple(members), key)
    return _wrong_key(held, members[written].get("shape", ""), shapes)


def _pairs(dictionary: Node) -> list[tuple[Node, Node]]:
    found: list[tuple[Node, Node]] = []
    for pair in dictionary.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if pair.type == "pair" and key is not None and value is not None and text_of(value):
            found.append((key, value))
    return found
