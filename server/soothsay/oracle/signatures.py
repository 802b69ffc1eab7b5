"""Signature help, read: parameters with their kinds, told from the label that the server wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from soothsay.oracle.positions import code_points
from soothsay.oracle.types import Parameter, ParameterKind, Signature


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
