"""The one place where the index's values become JSON, and come back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

import cattrs

from .types import Parameter, ParameterKind

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
    """Dictionaries, lists and scalars for a value made of dataclasses."""
    return _converter().unstructure(value)


def from_plain(kind: type[T], plain: Any) -> T:
    """The value of type ``kind`` that :func:`to_plain` made ``plain`` of."""
    return _converter().structure(plain, kind)


def pack_parameters(parameters: Sequence[Parameter] | None) -> str:
    """Parameters as compact JSON for a table's cell; an unknown signature is an empty string."""
    if parameters is None:
        return ""
    rows = [[p.name, _KINDS.index(p.kind), int(p.required), p.annotation, p.default] for p in parameters]
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def unpack_parameters(packed: str) -> tuple[Parameter, ...] | None:
    """What :func:`pack_parameters` packed."""
    if not packed:
        return None
    return tuple(
        Parameter(name, _KINDS[kind], bool(required), annotation, default)
        for name, kind, required, annotation, default in json.loads(packed)
    )
