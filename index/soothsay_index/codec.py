"""Conversion of the index's values to JSON and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

import cattrs

from soothsay_index.types import Chunk, Hit, Parameter, ParameterKind, Symbol

T = TypeVar("T")

_KINDS: tuple[ParameterKind, ...] = (
    "positional_only",
    "positional_or_keyword",
    "var_positional",
    "keyword_only",
    "var_keyword",
)


@lru_cache(maxsize=1)
def _converter() -> cattrs.Converter:
    return cattrs.Converter(forbid_extra_keys=False)


def to_plain(value: Any) -> Any:
    """Return a value of dataclasses as dictionaries, lists and scalars."""
    return _converter().unstructure(value)


def from_plain(kind: type[T], plain: Any) -> T:
    """Return the value of type ``kind`` from what :func:`to_plain` returned."""
    return _converter().structure(plain, kind)


def pack_parameters(parameters: Sequence[Parameter] | None) -> str:
    """Return parameters as compact JSON for a table's cell; an empty string if the signature is unknown."""
    if parameters is None:
        return ""
    rows = [
        [p.name, _KINDS.index(p.kind), int(p.required), p.annotation, p.default, p.example]
        for p in parameters
    ]
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def unpack_parameters(packed: str) -> tuple[Parameter, ...] | None:
    """Return the parameters that :func:`pack_parameters` packed."""
    if not packed:
        return None
    return tuple(
        Parameter(name, _KINDS[kind], bool(required), *texts)
        for name, kind, required, *texts in json.loads(packed)
    )


# Members and hits cross the pipe at every completion, hundreds of symbols at a time. The general codec takes
# 100 ms for the members of a large client, tuples in field order take 10.


def pack_symbol(symbol: Symbol) -> list[Any]:
    """Return a symbol as a list in the order of its fields."""
    return [
        symbol.qualified_name,
        symbol.name,
        symbol.owner,
        symbol.kind,
        symbol.origin,
        symbol.package,
        symbol.version,
        symbol.uri,
        symbol.line,
        None if symbol.parameters is None else [[p.name, p.kind, p.required, p.annotation, p.default, p.example] for p in symbol.parameters],
        symbol.returns,
        symbol.summary,
        symbol.doc,
    ]  # fmt: skip


def unpack_symbol(plain: Sequence[Any]) -> Symbol:
    """Return the symbol that :func:`pack_symbol` packed."""
    values: list[Any] = list(plain)
    if values[9] is not None:
        values[9] = tuple(Parameter(*each) for each in values[9])
    make: Any = Symbol  # the type checker cannot count the values of a list
    return make(*values)


def pack_hit(hit: Hit) -> list[Any]:
    """Return a hit as a list."""
    chunk = hit.chunk
    return [
        hit.kind,
        hit.score,
        pack_symbol(hit.symbol) if hit.symbol else None,
        [chunk.path, chunk.uri, chunk.start_line, chunk.end_line, chunk.text, chunk.title, chunk.kind]
        if chunk
        else None,
        pack_symbol(chunk.symbol) if chunk and chunk.symbol else None,
        hit.scores,
    ]


def unpack_hit(plain: Sequence[Any]) -> Hit:
    """Return the hit that :func:`pack_hit` packed."""
    kind, score, symbol, chunk, chunk_symbol, scores = plain
    found = None
    if chunk:
        path, uri, start, end, text, title, chunk_kind = chunk
        definition = unpack_symbol(chunk_symbol) if chunk_symbol else None
        found = Chunk(path, uri, start, end, text, definition, title, chunk_kind)
    return Hit(kind, score, unpack_symbol(symbol) if symbol else None, found, scores)
