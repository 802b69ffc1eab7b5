"""The verdict on a completion: do the calls in it exist, and do they bind?

Without an oracle the symbol index is the judge. It knows what it holds; about everything else the verdict is
``unverified``, never ``verified``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from soothsay.engine.arguments import misfit, parse_arguments
from soothsay.engine.scope import Resolution
from soothsay.engine.types import ApiName, Verdict
from soothsay_index.types import Symbol

# signatures read from these are what the call is checked against; a package's may hide overloads and decorators
_EXACT_ORIGINS = ("service", "workspace")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, the symbols that were found for the calls, and what is wrong in a few words."""

    verdict: Verdict
    symbols: tuple[Symbol, ...] = ()
    problem: str = ""


def judge(names: Sequence[ApiName], resolve: Callable[[ApiName], Resolution]) -> Judgement:
    """Judge the calls of a finished completion."""
    symbols: list[Symbol] = []
    certain = True
    for name in names:
        found = resolve(name)
        if found.exists is False:
            return Judgement("rejected", tuple(symbols), f"{found.owner} has no {name.name}")
        if found.exists is None:
            certain = False
        if found.symbol is None:
            continue
        symbols.append(found.symbol)
        problem = call_problem(found.symbol, name)
        if problem and found.symbol.origin in _EXACT_ORIGINS:
            return Judgement("rejected", tuple(symbols), f"{name.dotted}: {problem}")
        certain = certain and not problem
    return Judgement("verified" if certain and symbols else "unverified", tuple(symbols))


def call_problem(symbol: Symbol, name: ApiName) -> str:
    """Why the call ``name`` does not fit ``symbol``, "" when it does or nobody can tell."""
    if symbol.parameters is None:
        return ""
    return misfit(symbol.parameters, parse_arguments(name.arguments or "()"))
