"""Signature help, read: parameters with their kinds, told from the label that the server wrote."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from soothsay.oracle.positions import code_points
from soothsay.oracle.types import Signature
from soothsay_index.types import Parameter, ParameterKind

_LOOK_BACK = 4000  # characters
_DEFINITION_LINES = 12


def read_signatures(help_: Mapping[str, Any] | None, anything_label: str) -> list[Signature] | None:
    """The overloads in an LSP ``SignatureHelp``; None when it holds none that says anything."""
    if not help_:
        return None
    fallback = help_.get("activeParameter")
    read = [
        _read_signature(one, anything_label, one.get("activeParameter", fallback))
        for one in help_.get("signatures", ())
    ]
    return read if any(not signature.anything for signature in read) else None


def without_extra(signature: Signature, extra: Parameter | None) -> Signature:
    return replace(signature, parameters=tuple(p for p in signature.parameters if p != extra))


def callee_offset(text: str, offset: int) -> int | None:
    """Where the name stands whose call's brackets ``offset`` is in. Brackets in strings can mislead it."""
    depth = 0
    for at in range(offset - 1, max(-1, offset - _LOOK_BACK), -1):
        if text[at] in ")]}":
            depth += 1
        elif text[at] in "([{":
            if depth:
                depth -= 1
            elif text[at] == "(" and at and (text[at - 1].isalnum() or text[at - 1] == "_"):
                return at - 1
    return None


def definition_source(places: Any) -> str:
    """The first lines of what an LSP definition answer points at, when it points at one file."""
    place = places[0] if isinstance(places, list) and places else places
    if not isinstance(place, Mapping):
        return ""
    uri = place.get("targetUri") or place.get("uri") or ""
    spot = place.get("targetSelectionRange") or place.get("range")
    if not uri.startswith("file:") or not spot:
        return ""
    first = spot["start"]["line"]
    try:
        with _path(uri).open(encoding="utf-8", errors="replace") as file:
            lines = list(islice(file, first, first + _DEFINITION_LINES))
    except OSError:
        return ""
    for count, line in enumerate(lines, 1):
        if line.rstrip().endswith((":", "...")) and "(" not in line:
            return "".join(lines[:count])
        if count > 1 and line.lstrip().startswith(("def ", "async def ", "@")):
            return "".join(lines[: count - 1])
    return "".join(lines)


def _path(uri: str) -> Path:
    path = unquote(urlsplit(uri).path)
    return Path(path[1:] if os.name == "nt" and path.startswith("/") else path)


def _read_signature(one: Mapping[str, Any], anything_label: str, active: int | None) -> Signature:
    label = one["label"]
    spans = _spans(label, one.get("parameters") or ())
    parameters: list[Parameter] = []
    keyword_only = False
    end = 0
    for start, stop in spans:
        between = label[end:start]
        if "/" in between:
            parameters = [_positional_only(p) for p in parameters]
        keyword_only = keyword_only or "*" in between
        text = label[start:stop]
        if text == "*":
            keyword_only = True
        elif text == "/":
            parameters = [_positional_only(p) for p in parameters]
        else:
            parameter = _read_parameter(text, keyword_only)
            keyword_only = keyword_only or parameter.kind == "var_positional"
            parameters.append(parameter)
        end = stop
    if spans and label[end:].startswith(", /"):
        parameters = [_positional_only(p) for p in parameters]
    return Signature(label, tuple(parameters), not parameters and anything_label in label, active)


def _spans(label: str, parameters: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Where each parameter stands in the label: given as offsets, in UTF-16 whatever was negotiated, or as text."""
    spans: list[tuple[int, int]] = []
    for parameter in parameters:
        at = parameter["label"]
        if isinstance(at, str):
            start = label.find(at, spans[-1][1] if spans else 0)
            if start >= 0:
                spans.append((start, start + len(at)))
        else:
            spans.append((code_points(label, at[0], "utf-16"), code_points(label, at[1], "utf-16")))
    return spans


def _read_parameter(text: str, keyword_only: bool) -> Parameter:
    declared, has_default = _cut(text, "=")
    name, annotated = _cut(declared, ":")
    annotation = declared[len(name) + 1 :].strip() if annotated else ""
    name = name.strip()
    kind: ParameterKind = "keyword_only" if keyword_only else "positional_or_keyword"
    if name.startswith("**"):
        kind = "var_keyword"
    elif name.startswith("*"):
        kind = "var_positional"
    return Parameter(name.lstrip("*"), kind, not has_default and not name.startswith("*"), annotation)


def _positional_only(parameter: Parameter) -> Parameter:
    return Parameter(parameter.name, "positional_only", parameter.required, parameter.annotation)


def _cut(text: str, mark: str) -> tuple[str, bool]:
    """``text`` up to the first ``mark`` outside of brackets and strings, and whether there was one."""
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == mark and depth == 0:
            return text[:at], True
    return text, False
