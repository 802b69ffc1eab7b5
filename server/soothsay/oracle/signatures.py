"""Read signature help. The language reads the parameters in a label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from soothsay.oracle.connection import ServerConnection
from soothsay.oracle.types import Signature
from soothsay_languages.lines import code_points
from soothsay_languages.oracle import ReadsSignatures, Span
from soothsay_languages.parameters import Parameter

_LOOK_BACK = 4000  # characters
_DEFINITION_LINES = 40


def signatures_at(connection: ServerConnection, path: Path, text: str, offset: int) -> list[Signature] | None:
    """Return the overloads of what is being called at ``offset``. Raises `NoAnswer`."""
    reader = connection.spec.signatures
    if reader is None:
        return None
    signatures = read_signatures(connection.ask("textDocument/signatureHelp", path, text, offset), reader)
    if not signatures or not any(reader.needs_definition(each.parameters) for each in signatures):
        return signatures
    callee = callee_offset(text, offset)
    if callee is None:
        return signatures
    # one place for each overload, and before them the variable that holds the callable
    places = connection.definition(path, text, callee)
    sources = [place.lines_shown(_DEFINITION_LINES, path, text) for place in places]
    return [replace(each, parameters=_as_defined(reader, each.parameters, sources)) for each in signatures]


def read_signatures(help_: Mapping[str, Any] | None, reader: ReadsSignatures) -> list[Signature] | None:
    """Return the overloads in an LSP ``SignatureHelp``; None when there are none."""
    if not help_:
        return None
    fallback = help_.get("activeParameter")
    read = [
        _read_signature(one, reader, one.get("activeParameter", fallback))
        for one in help_.get("signatures", ())
    ]
    return read or None


def callee_offset(text: str, offset: int) -> int | None:
    """Return the offset of the last character of the name that is called where ``offset`` is between the brackets.

    Brackets in strings can mislead it.
    """
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


def _as_defined(
    reader: ReadsSignatures, parameters: tuple[Parameter, ...], sources: Sequence[Sequence[str]]
) -> tuple[Parameter, ...]:
    """Return ``parameters`` as the first of ``sources`` that tells more has them."""
    read = (reader.from_definition(parameters, lines) for lines in sources)
    return next((each for each in read if each != parameters), parameters)


def parameters_in(said: str, name: str, reader: ReadsSignatures) -> tuple[Parameter, ...] | None:
    """Return the parameters of ``name`` that a completion item says (``open(name: string): Shop``); None where it says none."""
    match = re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", said)
    start = -1 if match is None else match.end()
    if said.startswith("<", start):
        start = _closing(said, start, "<", ">") + 1
    end = _closing(said, start, "(", ")") if start > 0 and said.startswith("(", start) else -1
    if end < 0 or said[start + 1 : end] == "…":  # it has parameters, and does not say which
        return None
    begin, spans = start + 1, list[Span]()
    for comma in (*_commas(said[begin:end]), end - start - 1):
        if said[begin : start + 1 + comma].strip():
            spans.append((begin, start + 1 + comma))
        begin = start + 2 + comma
    return reader.parameters(said, spans)


def _closing(text: str, start: int, opener: str, closer: str) -> int:
    """Return where the bracket at ``start`` is closed; -1 where it is not."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == opener) - (text[at] == closer and text[at - 1] not in "-=")  # `->`, `=>`
        if depth == 0:
            return at
    return -1


def _commas(text: str) -> list[int]:
    """Return where commas stand in ``text`` outside of brackets."""
    found, depth = [], 0
    for at, char in enumerate(text):
        depth += (char in "([{<") - (char in ")]}" or (char == ">" and text[at - 1] not in "-="))
        if char == "," and depth == 0:
            found.append(at)
    return found


def _read_signature(one: Mapping[str, Any], reader: ReadsSignatures, active: int | None) -> Signature:
    label = one["label"]
    parameters = reader.parameters(label, _spans(label, one.get("parameters") or ()))
    return Signature(label, parameters, reader.takes_anything(label, parameters), active)


def _spans(label: str, parameters: Sequence[Mapping[str, Any]]) -> list[Span]:
    """Return where the parameters stand: given as offsets, in UTF-16 whatever was negotiated, or as text."""
    spans: list[Span] = []
    for parameter in parameters:
        at = parameter["label"]
        if isinstance(at, str):
            start = label.find(at, spans[-1][1] if spans else 0)
            if start >= 0:
                spans.append((start, start + len(at)))
        else:
            spans.append((code_points(label, at[0], "utf-16"), code_points(label, at[1], "utf-16")))
    return spans
