"""Whether a completion is a valid invocation of the API that was wanted.

As in CloudAPIBench (Jain et al. 2024, arXiv 2407.09726): a stub with the API's required and optional arguments is made,
and the call must bind to it. Names of arguments count, their values do not.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bench.oracle.judge import parse

Outcome = Literal["valid", "invalid_usage", "wrong_api", "no_such_api", "no_call"]
OUTCOMES: tuple[Outcome, ...] = ("valid", "invalid_usage", "wrong_api", "no_such_api", "no_call")
_KINDS: Mapping[str, Any] = {
    "positional": inspect.Parameter.POSITIONAL_ONLY,
    "any": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "keyword": inspect.Parameter.KEYWORD_ONLY,
    "*": inspect.Parameter.VAR_POSITIONAL,
    "**": inspect.Parameter.VAR_KEYWORD,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one task. ``called``: the name that was called, "" for none."""

    outcome: Outcome
    called: str = ""
    why: str = ""


def stub(parameters: Sequence[Sequence[Any]]) -> inspect.Signature:
    """The signature with these parameters: each a name, a kind (see ``_KINDS``) and whether it is required."""
    return inspect.Signature(
        [
            inspect.Parameter(name, _KINDS[kind], default=inspect.Parameter.empty if required else None)
            if kind not in ("*", "**")
            else inspect.Parameter(name, _KINDS[kind])
            for name, kind, required in parameters
        ]
    )


def judge(
    wanted: str, signature: inspect.Signature, existing: Collection[str], prefix: str, shown: str
) -> Judgement:
    """Judge ``shown``, written behind ``prefix`` (``response = client.``).

    ``existing`` are all names that the receiver has. What counts is the first call of one of the receiver's names.
    """
    code, _ = parse(prefix, shown)
    if code is None or not shown.strip():
        return Judgement("no_call", why="nothing" if not shown.strip() else "no syntax tree")
    receiver = prefix.rstrip(".").rsplit(" ", 1)[-1]
    call = _first_call(code, receiver)
    if call is None:
        name = _first_name(code, receiver)
        return Judgement("no_call" if name in existing or not name else "no_such_api", name, "not called")
    assert isinstance(call.func, ast.Attribute)
    name = call.func.attr
    if name not in existing:
        return Judgement("no_such_api", name)
    if name != wanted:
        return Judgement("wrong_api", name)
    why = _does_not_bind(signature, call)
    return Judgement("invalid_usage", name, why) if why else Judgement("valid", name)


def _first_call(code: ast.Module, receiver: str) -> ast.Call | None:
    calls = [
        node
        for node in ast.walk(code)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == receiver
    ]
    return min(calls, key=lambda call: (call.lineno, call.col_offset), default=None)


def _first_name(code: ast.Module, receiver: str) -> str:
    names = [
        node
        for node in ast.walk(code)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == receiver
    ]
    first = min(names, key=lambda node: (node.lineno, node.col_offset), default=None)
    return first.attr if first else ""


def _does_not_bind(signature: inspect.Signature, call: ast.Call) -> str:
    """Why the arguments do not fit; "" when they do. What is unpacked cannot be seen, so it fits nothing."""
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return "unpacks positional arguments"
    keywords = [keyword.arg for keyword in call.keywords]
    if None in keywords:
        return "unpacks keyword arguments"
    names = [name for name in keywords if name is not None]
    if len(set(names)) < len(names):
        return "the same keyword twice"
    try:
        signature.bind(*[None] * len(call.args), **dict.fromkeys(names))
    except TypeError as error:
        return str(error)
    return ""
