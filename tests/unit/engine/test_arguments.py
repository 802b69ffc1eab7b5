"""Our signature check against the one Python itself would do."""

import inspect
from typing import cast

import pytest

from soothsay.engine.arguments import misfit
from soothsay.engine.arguments import parse_arguments as parse
from soothsay_index.types import Parameter, ParameterKind
from soothsay_languages.base import Arguments
from soothsay_languages.python import LANGUAGE


def parse_arguments(source: str) -> Arguments:
    return parse(source, LANGUAGE)


def plain(a, b=1): ...
def keyword_only(a, *, b, c=1): ...
def positional_only(a, b, /, c=2): ...
def anything(*args, **kwargs): ...
def some(a, *rest, flag=False): ...


CALLS = ["()", "(1)", "(1, 2)", "(1, 2, 3)", "(1, 2, 3, 4)", "(a=1)", "(1, b=2)", "(1, a=2)", "(1, z=2)", "(1, b=2, c=3)", "(a=1, b=2)", "(1, 2, c=3)", "(1, flag=True)"]  # fmt: skip


def parameters(function) -> list[Parameter]:
    return [
        Parameter(
            p.name,
            cast(ParameterKind, p.kind.name.lower()),
            p.default is p.empty and not p.kind.name.startswith("VAR"),
        )
        for p in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("function", [plain, keyword_only, positional_only, anything, some])
def test_agrees_with_inspect(function, call: str) -> None:
    def bind(*args, **kwargs):
        try:
            inspect.signature(function).bind(*args, **kwargs)
        except TypeError:
            return False
        return True

    expected = eval(f"bind{call}", {"bind": bind})
    assert (misfit(parameters(function), parse_arguments(call)) == "") is expected


def test_splats_may_hold_anything() -> None:
    assert misfit(parameters(keyword_only), parse_arguments("(**options)")) == ""
    assert misfit(parameters(plain), parse_arguments("(*values)")) == ""


def test_the_misfit_is_named() -> None:
    assert misfit(parameters(plain), parse_arguments("(1, dim=2)")) == "unknown argument dim"
    assert misfit(parameters(plain), parse_arguments("()")) == "missing argument a"


def test_unfinished_lists_are_read() -> None:
    assert parse_arguments("(1, [2, x=3") == Arguments(positional=2)
    assert parse_arguments("(a, name='x'") == Arguments(positional=1, keywords=("name",))
    assert parse_arguments("(x for x in y)") == Arguments(positional=1)
