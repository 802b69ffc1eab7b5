"""Does a call fit a signature? Names and numbers of arguments are judged, values are not."""

from __future__ import annotations

from collections.abc import Sequence

from soothsay_index.types import Parameter
from soothsay_languages.analysis import read_fragment
from soothsay_languages.base import Arguments, Language


def parse_arguments(source: str, language: Language) -> Arguments:
    """Return what ``(a, b=1, **c)`` passes; an unclosed list is closed first."""
    calls = read_fragment(f"f{source}", language).calls
    return calls[0].given if calls else Arguments()


def positional(parameters: Sequence[Parameter]) -> list[Parameter]:
    """Return those of ``parameters`` that may be given without their names."""
    return [p for p in parameters if p.kind in ("positional_only", "positional_or_keyword")]


def plain(name: str) -> str:
    """Return ``name`` without its case and underscores, as names are compared that are spelled by different habits."""
    return name.replace("_", "").lower()


def misfit(parameters: Sequence[Parameter], call: Arguments) -> str:
    """Return why ``call`` does not bind to ``parameters``, in a few words; "" when it does (as `inspect` would say)."""
    takes_any_position = any(p.kind == "var_positional" for p in parameters)
    takes_any_keyword = any(p.kind == "var_keyword" for p in parameters)
    positions = positional(parameters)
    if call.positional > len(positions) and not takes_any_position:
        return f"takes {len(positions)} positional arguments, not {call.positional}"
    by_keyword = {p.name for p in parameters if p.kind in ("positional_or_keyword", "keyword_only")}
    filled = {p.name for p in positions[: call.positional]}
    for keyword in call.keywords:
        if keyword in filled:
            return f"argument {keyword} is given twice"
        if keyword not in by_keyword and not takes_any_keyword:
            return f"unknown argument {keyword}"
        filled.add(keyword)
    lacking = missing(parameters, call)
    return f"missing argument {lacking[0].name}" if lacking else ""


def missing(parameters: Sequence[Parameter], call: Arguments) -> list[Parameter]:
    """Return the parameters that ``call`` must give and does not."""
    positions = positional(parameters)
    filled = {p.name for p in positions[: call.positional]}.union(call.keywords)
    return [
        p
        for p in parameters
        if p.required
        and p.name not in filled
        and not p.kind.startswith("var_")
        and not (call.mapping and p.kind != "positional_only")
        and not (call.splat and p.kind in ("positional_only", "positional_or_keyword"))
    ]


def only_way(ways: Sequence[Sequence[Parameter]]) -> Sequence[Parameter] | None:
    """Return the parameters of what is not overloaded; None for what has no way to be called, or several."""
    return ways[0] if len(ways) == 1 else None


def misfit_of_all(ways: Sequence[Sequence[Parameter]], call: Arguments) -> str:
    """Return why ``call`` binds to none of ``ways``; "" when it binds to one, or there are none."""
    problems = [misfit(parameters, call) for parameters in ways]
    return problems[0] if problems and all(problems) else ""


def forwarded(parameters: Sequence[Parameter], call: Arguments) -> str:
    """Return the keyword of ``call`` that ``parameters`` take without a name and without a type; "" for none.

    The callable passes it on to something else, and whether that takes it nobody tells.
    """
    named = {p.name for p in parameters if p.kind in ("positional_or_keyword", "keyword_only")}
    if not any(p.kind == "var_keyword" and not p.annotation for p in parameters):
        return ""
    return next((keyword for keyword in call.keywords if keyword not in named), "")
