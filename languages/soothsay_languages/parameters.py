"""The parameters of a callable, as a caller sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ParameterKind = Literal[
    "positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword"
]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a callable, without the receiver (no ``self``, no ``cls``).

    ``example`` is the shortest literal that shows the shape of a value (``{"s3Uri": ...}``), where one is known.
    """

    name: str
    kind: ParameterKind = "positional_or_keyword"
    required: bool = False
    annotation: str = ""
    default: str = ""
    example: str = ""
