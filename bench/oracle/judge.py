"""Does a call really exist, and does it bind? Judged by importing the package and binding, never by the oracle.

Runs on the standard library alone, as a child process of the interpreter whose packages are judged:
``python judge.py`` reads one question a line from stdin (JSON) and writes one answer a line to stdout.
What is judged is never executed: attributes are looked up and arguments are bound, no more.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import inspect
import io
import json
import os
import sys
import tokenize
from collections.abc import Iterator, Mapping
from typing import Any

OK, NO_NAME, NO_BIND, NO_SIGNATURE = "ok", "no_name", "no_bind", "no_signature"
FORWARDED = "passed on by **kwargs: binds here, may fail inside"
NOTHING, NO_CODE = "nothing", "no_code"  # nothing was shown; what was shown is no Python
_SEVERITY = (NO_NAME, NO_BIND, NO_SIGNATURE, OK)
_CLOSERS = {"(": ")", "[": "]", "{": "}"}

Verdict = dict[str, Any]


def judge(namespace: Mapping[str, Any], prefix: str, shown: str) -> Verdict:
    """The worst of all calls in ``shown``, which follows ``prefix`` (the statement begun, up to the cursor)."""
    if not shown.strip():
        return {"outcome": NOTHING, "detail": "", "undefined": []}
    code, unfinished = parse(prefix, shown)
    if code is None:
        return {"outcome": NO_CODE, "detail": "no syntax tree", "undefined": []}
    known = {**vars(builtins), **namespace}
    local = {n.id for n in ast.walk(code) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    local |= {n.arg for n in ast.walk(code) if isinstance(n, ast.arg)}
    called = [n.func for n in ast.walk(code) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    undefined = sorted({f.id for f in called} - known.keys() - local)
    found = list(_imports(code)) + list(_calls(code, known, local, unfinished))
    found.sort(key=lambda each: _SEVERITY.index(each[0]))
    outcome, detail = found[0] if found else (NO_SIGNATURE, "no call")
    return {"outcome": outcome, "detail": detail, "undefined": undefined}


def parse(prefix: str, shown: str) -> tuple[ast.Module | None, bool]:
    """The syntax tree of what was begun and shown, brackets closed, and whether they had to be."""
    source = prefix.lstrip() + shown
    lines = source.split("\n")
    while lines:
        source = "\n".join(lines)
        closers = _closers(source)
        for ending in (closers, f"_{closers}", f"=None{closers}", f"\n    pass{closers}"):
            try:
                return ast.parse(source.rstrip().rstrip(",") + ending), bool(closers)
            except SyntaxError:
                continue
        lines.pop()
    return None, True


def _closers(source: str) -> str:
    """What closes the open brackets of ``source``."""
    opened: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.OP and token.string in _CLOSERS:
                opened.append(_CLOSERS[token.string])
            elif token.type == tokenize.OP and opened and token.string == opened[-1]:
                opened.pop()
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return "".join(reversed(opened))


def _imports(code: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(code):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            try:
                exists = importlib.util.find_spec(name) is not None
            except (ImportError, ValueError):
                exists = False
            yield (OK, name) if exists else (NO_NAME, f"import {name}")


def _calls(
    code: ast.Module, known: Mapping[str, Any], local: set[str], unfinished: bool
) -> Iterator[tuple[str, str]]:
    """Outcome and reason for each dotted name whose first part is really known."""
    called = {id(n.func): n for n in ast.walk(code) if isinstance(n, ast.Call)}
    inner = {id(n.value) for n in ast.walk(code) if isinstance(n, ast.Attribute)}
    last_call = max(called.values(), key=lambda c: (c.end_lineno or 0, c.end_col_offset or 0), default=None)
    for node in ast.walk(code):
        call = called.get(id(node))
        path = _dotted(node)
        if not path or id(node) in inner or path[0] in local or path[0] not in known:
            continue
        if len(path) == 1 and call is None:
            continue
        value, owner = known[path[0]], None
        for name in path[1:]:
            try:
                owner, value = value, getattr(value, name)
            except Exception:
                yield NO_NAME, f"{'.'.join(path)}: no {name}"
                break
        else:
            if call is None:
                yield OK, ".".join(path)
                continue
            partial = unfinished and last_call is not None and _holds(call, last_call)
            outcome, why = bind(value, owner, path[-1], call, partial)
            yield outcome, f"{'.'.join(path)}: {why}" if why else ".".join(path)


def _holds(outer: ast.Call, inner: ast.Call) -> bool:
    return any(node is inner for node in ast.walk(outer))


def _dotted(node: ast.AST) -> list[str]:
    """``a.b.c`` as a list; empty when it is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def bind(value: Any, owner: Any, name: str, call: ast.Call, partial: bool = False) -> tuple[str, str]:
    """Whether the arguments of ``call`` fit ``value``; ``partial``: some may still be missing."""
    starred = any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
    partial = partial or starred
    positional = [a for a in call.args if not isinstance(a, ast.Starred)]
    keywords = [k.arg for k in call.keywords if k.arg is not None]
    if len(set(keywords)) < len(keywords):
        return NO_BIND, "the same keyword twice"
    shape = _operation(owner, name)
    if shape is not None:
        outcome, why = _bind_operation(shape, len(positional), keywords, partial)
        return (outcome, why) if outcome != OK or partial else _validated(shape, call)
    if not callable(value):
        return NO_BIND, "not callable"
    try:
        signature = inspect.signature(value)
    except (ValueError, TypeError):
        return NO_SIGNATURE, "no signature"
    try:
        binder = signature.bind_partial if partial else signature.bind
        bound = binder(*[None] * len(positional), **dict.fromkeys(keywords))
    except TypeError as error:
        return NO_BIND, str(error)
    kinds = {p.kind for p in signature.parameters.values()}
    forwards = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds
    swallowed = any(signature.parameters[n].kind is inspect.Parameter.VAR_KEYWORD for n in bound.arguments)
    return OK, FORWARDED if forwards or swallowed else ""


def _operation(owner: Any, name: str) -> dict[str, Any] | None:
    """The parameters of a boto3 client's method, and which of them are required, from the service model."""
    meta = getattr(owner, "meta", None)
    mapping = getattr(meta, "method_to_api_mapping", None)
    if mapping is None or name not in mapping:
        return None
    shape = owner.meta.service_model.operation_model(mapping[name]).input_shape
    if shape is None:
        return {"members": {}, "required": set()}
    return {"members": shape.members, "required": set(shape.required_members)}


def _validated(shape: dict[str, Any], call: ast.Call) -> tuple[str, str]:
    """What the client itself says of the literals in ``call``: it refuses some requests before it sends them."""
    from botocore.validate import ParamValidator

    for keyword in call.keywords:
        try:
            value = ast.literal_eval(keyword.value)
        except ValueError:
            continue
        assert keyword.arg is not None
        report = ParamValidator().validate(value, shape["members"][keyword.arg])
        if report.has_errors():
            return NO_BIND, f"{keyword.arg}: {report.generate_report()}"
    return OK, ""


def _bind_operation(
    shape: dict[str, Any], positional: int, keywords: list[str], partial: bool
) -> tuple[str, str]:
    members, required = set(shape["members"]), shape["required"]
    if positional:
        return NO_BIND, "takes keyword arguments only"
    if unknown := sorted(set(keywords) - members):
        return NO_BIND, f"no argument {', '.join(unknown)}"
    if missing := sorted(required - set(keywords)):
        return (OK, "") if partial else (NO_BIND, f"missing {', '.join(missing)}")
    return OK, ""


def namespace_of(setup: str) -> dict[str, Any]:
    """What the names of a file stand for, by really running its first lines (written by us, not by the model)."""
    names: dict[str, Any] = {}
    exec(setup, names)
    return names


def main() -> None:
    os.environ.update(
        AWS_DEFAULT_REGION="eu-west-1", AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x",
        AWS_EC2_METADATA_DISABLED="true",
    )  # fmt: skip
    answers, sys.stdout = sys.stdout, sys.stderr
    seen: dict[str, dict[str, Any]] = {}
    for line in sys.stdin:
        question = json.loads(line)
        setup = question["setup"]
        if setup not in seen:
            seen[setup] = namespace_of(setup)
        verdict = judge(seen[setup], question["prefix"], question["shown"])
        print(json.dumps(verdict), file=answers, flush=True)


if __name__ == "__main__":
    main()
