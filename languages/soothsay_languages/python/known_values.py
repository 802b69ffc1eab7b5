"""Arguments of which it is known what they may be: literals of a type, services that are installed, keys of their requests."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tree_sitter import Node

from soothsay_languages.base import Blank, WrongValue
from soothsay_languages.parameters import Parameter
from soothsay_languages.python.blanks import blank_of_shape, blank_of_type
from soothsay_languages.python.imports import service_of
from soothsay_languages.python.marks import outer_parts
from soothsay_languages.python.request_shapes import wrong_in
from soothsay_languages.python.sources.botocore_models import (
    read_model,
    read_names,
    snake_case,
    special_names,
)
from soothsay_languages.python.syntax import string_value
from soothsay_languages.resolving import D, Definitions
from soothsay_languages.syntax import text_of

_SERVICE = "botocore:"
_SESSION = "boto3.session.Session"
# types that no string has
_NO_STRINGS = frozenset({"None", "int", "float", "complex", "bool", "bytes"})
_NO_STRING_CONTAINERS = ("dict[", "list[", "tuple[", "set[", "frozenset[")
_MODELS_KEPT = 4
# methods that take a name which a file beside the service model lists, and what is named
_NAMED = {
    "get_paginator": ("paginators-1", "pagination", "paginator"),
    "get_waiter": ("waiters-2", "waiters", "waiter"),
}


class KnownValues:
    """Tells which values Python code may pass."""

    def string(self, node: Node) -> str | None:
        """Return the value of a string literal, None for anything else."""
        while node.type == "parenthesized_expression" and node.named_children:
            node = node.named_children[0]
        return string_value(node)

    def strings(self, annotation: str) -> Sequence[str] | None:
        """Return the strings that a parameter of the type ``annotation`` takes; None where it may take others."""
        found: list[str] = []
        for part in outer_parts(annotation, "|"):
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
            self._unknown(owner.removeprefix(_SERVICE).partition(".")[0], None, index)
            if owner.startswith(_SERVICE)
            else None
        )

    def wrong_request(self, uri: str, name: str, arguments: Sequence[Node]) -> WrongValue | None:
        """Return what the client's method ``name`` of the service model at ``uri`` does not take of ``arguments``."""
        if name in _NAMED:
            return _wrong_name(uri, name, arguments)
        inputs, shapes = _model(uri)
        members: Mapping[str, Any] = shapes.get(inputs.get(name, ""), {}).get("members", {})
        found = (
            wrong_in(value, members.get(argument, {}).get("shape", ""), shapes)
            for argument, value in _keywords(arguments)
        )
        return next((each for each in found if each is not None), None)

    def passed_to(self, call: Node, index: Definitions[D]) -> D | None:
        """Return what takes the arguments of ``call``, which makes a client, where its own signature does not say it."""
        function = call.child_by_field_name("function")
        made = text_of(function).rpartition(".")[2]
        if service_of(call) is None:
            return None
        return next((each for each in index.members(_SESSION) if getattr(each, "name", "") == made), None)

    def blank(self, parameter: Parameter, quote: str, uri: str, name: str) -> Blank:
        """Return a literal that stands for the unknown value of ``parameter``; of the request ``name`` of the model at ``uri``."""
        inputs, shapes = _model(uri) if uri else ({}, {})
        member = shapes.get(inputs.get(name, ""), {}).get("members", {}).get(parameter.name)
        if member is None:
            return blank_of_type(parameter, quote)
        return blank_of_shape(member.get("shape", ""), shapes, parameter.name, quote)

    def _unknown(self, service: str, node: Node | None, index: Definitions[D]) -> WrongValue | None:
        known = _services(index)
        return WrongValue("service", service, known, node) if known and service not in known else None


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


def _keywords(arguments: Sequence[Node]) -> Iterator[tuple[str, Node]]:
    for argument in arguments:
        value = argument.child_by_field_name("value")
        if argument.type == "keyword_argument" and value is not None:
            yield text_of(argument.child_by_field_name("name")), value


def _wrong_name(uri: str, name: str, arguments: Sequence[Node]) -> WrongValue | None:
    stem, section, what = _NAMED[name]
    node = next(((each.child_by_field_name("value") or each) for each in arguments), None)
    written = string_value(node)
    known = _names(uri, stem, section) if written is not None else ()
    return WrongValue(what, written, known, node) if written is not None and written not in known else None


@lru_cache(maxsize=_MODELS_KEPT)
def _names(uri: str, stem: str, section: str) -> Sequence[str]:
    path = _path(uri)
    special = special_names(path.parents[3]) if len(path.parents) > 3 else {}
    return tuple(snake_case(each, special) for each in read_names(path.parent, stem, section))


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
