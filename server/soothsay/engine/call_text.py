"""Calls as text, while they are being written: where their arguments begin, and which parameters these are for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from soothsay.engine.arguments import missing, parse_arguments, positional
from soothsay.engine.constrain import callee_before
from soothsay_index.types import Parameter
from soothsay_languages.base import Arguments, Language
from soothsay_languages.scan import Scan, commas_behind, scan

_KEYWORD = re.compile(r"\s*(\w+)\s*=(?![=>])\s*")
_BLANKS = re.compile(r"\s*")

ParametersOf = Callable[[str], Sequence[Parameter] | None]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: its span, where its value begins, and the keyword before that, if any."""

    start: int
    value: int
    end: int
    keyword: str


@dataclass(frozen=True, slots=True)
class CallText:
    """A call of ``callee`` whose bracket is at ``start`` of ``code``; its parameters are known."""

    code: str
    start: int
    callee: str
    parameters: Sequence[Parameter]
    language: Language

    @property
    def arguments(self) -> list[Argument]:
        """What is written between the brackets, as far as it is; the last argument may be empty."""
        inside = self.code[self.start + 1 :]
        end = scan(inside, self.language.lexis).overclosed
        last = len(self.code) if end < 0 else self.start + 1 + end
        ends = [*commas_behind(self.code[:last], self.start, self.language.lexis), last]
        begins = [self.start + 1, *(at + 1 for at in ends[:-1])]
        return [_argument(self.code, begin, end) for begin, end in zip(begins, ends, strict=True)]

    @property
    def given(self) -> Arguments:
        """What it passes so far."""
        return parse_arguments(self.code[self.start :], self.language)

    @property
    def missing(self) -> list[Parameter]:
        """The parameters that must be given and are not, in their order."""
        return missing(self.parameters, self.given)

    def takes_position(self, parameter: Parameter) -> bool:
        """Return whether the next argument may be that of ``parameter`` without its name."""
        given, positions = self.given, positional(self.parameters)
        return not given.keywords and positions[given.positional : given.positional + 1] == [parameter]

    def up_to_value_of(self, parameter: Parameter) -> str:
        """Return the code with what stands before the value of ``parameter``, which is given next."""
        separator = "" if self.code.endswith("(") else " " if self.code.endswith(",") else ", "
        keyword = "" if self.takes_position(parameter) else f"{parameter.name}="
        return f"{self.code}{separator}{keyword}"

    def parameter_of(self, argument: Argument) -> Parameter | None:
        """Return the parameter that ``argument`` is for, None where that is not known."""
        if argument.keyword:
            return next((p for p in self.parameters if p.name == argument.keyword), None)
        before = self.arguments
        number = before.index(argument)
        positions = positional(self.parameters)
        plain = all(not each.keyword and self.code[each.value] != "*" for each in before[:number])
        return positions[number] if plain and number < len(positions) else None


def innermost_call(
    code: str, state: Scan, language: Language, parameters_of: ParametersOf
) -> CallText | None:
    """Return the innermost call that ``code`` ends in and whose parameters are known; None in a comment."""
    if not may_call(code, state, language):
        return None
    calls = (call_at(code, start, language, parameters_of) for start in reversed(state.opened))
    return next((call for call in calls if call is not None), None)


def may_call(code: str, state: Scan, language: Language) -> bool:
    """Return whether brackets that ``code`` ends in may be those of calls: it ends in no comment, and declares nothing."""
    in_comment = state.quote in language.lexis.comments
    return not in_comment and not language.statements.declares(code[state.statement :])


def call_at(code: str, start: int, language: Language, parameters_of: ParametersOf) -> CallText | None:
    """Return the call whose bracket is at ``start``; None where it calls nothing whose parameters are known."""
    callee = callee_before(code, start, language)
    parameters = parameters_of(callee) if callee else None
    return None if parameters is None else CallText(code, start, callee, parameters, language)


def _argument(code: str, start: int, end: int) -> Argument:
    keyword = _KEYWORD.match(code, start, end)
    if keyword is not None:
        return Argument(start, keyword.end(), end, keyword[1])
    blanks = _BLANKS.match(code, start, end)
    return Argument(start, blanks.end() if blanks else start, end, "")
