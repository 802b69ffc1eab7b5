"""What a completion puts between the brackets of its calls: values, blanks that were copied, tab stops. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.oracle.judge import parse

_ONLY_DOTS = re.compile(r"\W*(\.\.|…)\W*")  # "...", "[...]"
_IN_ANGLES = re.compile(r"<[^<>]+>")
_TYPES = ("string", "str")  # what services' documents write for any text


@dataclass(frozen=True, slots=True)
class Value:
    """An argument of a call: where it stands in the text shown, and whether it holds a blank."""

    start: int
    end: int
    blanks: tuple[tuple[int, int], ...]


def filled(prefix: str, row: Mapping[str, Any]) -> dict[str, int]:
    """Return how many calls, values, placeholders and tab stops a generation shows behind ``prefix``.

    A blank is no placeholder where a tab stop is.
    """
    calls, values = read_calls(prefix, row["shown"])
    stops: Sequence[Sequence[int]] = row.get("tab_stops") or ()
    blank = [value for value in values if any(not _stopped(each, stops) for each in value.blanks)]
    return {"calls": calls, "values": len(values), "placeholders": len(blank), "stops": len(stops)}


def _stopped(blank: tuple[int, int], stops: Sequence[Sequence[int]]) -> bool:
    return any(start <= blank[1] and blank[0] <= end for start, end in stops)


def read_calls(prefix: str, shown: str) -> tuple[int, list[Value]]:
    """Return how many calls ``shown`` writes or goes on with, and the values that it gives them."""
    code, _ = parse(prefix, shown) if shown.strip() else (None, False)
    if code is None:
        return 0, []
    before = len(prefix.lstrip())
    place = _Places(prefix.lstrip() + shown, before)
    calls, values = 0, []
    for call in (node for node in ast.walk(code) if isinstance(node, ast.Call)):
        if place.end(call) <= 0:
            continue
        calls += 1
        for name, value in _arguments(call):
            if place.start(value) >= 0:
                found = tuple((place.start(each), place.end(each)) for each in _blanks(name, value))
                values.append(Value(place.start(value), place.end(value), found))
    return calls, values


def _arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    yield from (("", each) for each in call.args)
    yield from ((each.arg or "", each.value) for each in call.keywords)


def _blanks(name: str, value: ast.expr) -> Iterator[ast.expr]:
    """Yield the blanks in a value, those in its lists and dicts as well; ``name`` is what it is called."""
    match value:
        case ast.Constant(value=content):
            if content is ... or (isinstance(content, str) and _says_nothing(name, content)):
                yield value
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            for each in parts:
                yield from _blanks(name, each)
        case ast.Dict(keys=keys, values=parts):
            for key, each in zip(keys, parts, strict=True):
                yield from _blanks(str(key.value) if isinstance(key, ast.Constant) else "", each)
        case _:
            return


def _says_nothing(name: str, text: str) -> bool:
    """Whether a string is a blank: dots, ``<name>``, the type, or the parameter's name again."""
    if _ONLY_DOTS.fullmatch(text) or _IN_ANGLES.fullmatch(text) or text in _TYPES:
        return True
    return bool(name) and _plain(text) == _plain(name)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


class _Places:
    """Offsets of nodes in what is shown, from lines and columns in bytes."""

    def __init__(self, source: str, before: int) -> None:
        self._lines = source.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._before = before

    def start(self, node: ast.expr) -> int:
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr) -> int:
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        if line > len(self._lines):  # a bracket that was closed to read it
            return self._starts[-1] - self._before
        text = self._lines[line - 1].encode()[:column].decode(errors="ignore")
        return self._starts[line - 1] + len(text) - self._before
