"""Read the labels of signature help in languages whose labels say all, and whose arguments are given by position."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from soothsay_languages.oracle import Span
from soothsay_languages.parameters import Parameter


class CompleteLabels:
    """Labels that say all of a signature: the definition need not be read."""

    def needs_definition(self, parameters: Sequence[Parameter]) -> bool:
        """Return False: the label says it all."""
        return False

    def from_definition(
        self, parameters: tuple[Parameter, ...], lines: Sequence[str]
    ) -> tuple[Parameter, ...]:
        """Return ``parameters``."""
        return parameters


@dataclass(frozen=True, slots=True)
class PositionalLabels(CompleteLabels):
    """Reads each parameter by ``parameter``, with the groups ``name``, ``type``, and ``rest`` for one that takes any number."""

    parameter: re.Pattern[str]

    def takes_anything(self, label: str, parameters: Sequence[Parameter]) -> bool:
        """Return False: the label lists what is taken."""
        return False

    def parameters(self, label: str, spans: Sequence[Span]) -> tuple[Parameter, ...]:
        """Return the parameters of ``label``; all are given by position, and all but the last must be."""
        return tuple(self._parameter(label[start:end].strip()) for start, end in spans)

    def _parameter(self, text: str) -> Parameter:
        match = self.parameter.fullmatch(text)
        if match is None:  # a type alone
            return Parameter("", "positional_only", True, text)
        if match["rest"]:
            return Parameter(match["name"], "var_positional", False, match["type"])
        return Parameter(match["name"], "positional_only", True, match["type"])
