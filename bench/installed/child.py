"""Answers questions about call sites by really running the code before them, importing and binding.

A child process of the interpreter whose packages are judged: ``python -m bench.installed.child``, on the standard library
alone, one question (JSON) a line on stdin, one answer a line on stdout. The code before a call comes from the packages' own
tests and examples and is run, in a process and a folder of its own; what is judged is never run: attributes are
looked up and arguments are bound, no more.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import pkgutil
import re
import signal
import sys
import tempfile
import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from bench.oracle.judge import FORWARDED, NO_BIND, OK, bind, namespace_of, parse

Outcome = Literal["valid", "wrong_name", "invented", "invalid_usage", "nothing"]
OUTCOMES: tuple[Outcome, ...] = ("valid", "wrong_name", "invented", "invalid_usage", "nothing")
_SECONDS = 20  # for one question
_HIDDEN = re.compile(r"(^|\.)(_|tests?\b|testing\b|conftest|setup\b|__main__)")
Answer = dict[str, Any]


def judge(namespace: Mapping[str, Any], prefix: str, receiver: str, wanted: str, shown: str) -> Answer:
    """What became of ``shown``, written behind ``prefix``, where a call of ``receiver.wanted`` was removed.

    ``valid``: the wanted callable (under any of its names), and the arguments bind. ``wrong_name``: another one that
    exists, and the arguments bind. ``invented``: there is no such name. ``invalid_usage``: it exists, but cannot be called
    like this. ``nothing``: no name at all.
    """
    if not shown.strip():
        return _answer("nothing", "", "nothing shown")
    code, _ = parse(prefix, shown)
    found = _written(code, len(prefix.lstrip().encode()) - 1) if code is not None else None
    if found is None:
        return _answer("nothing", "", "no syntax tree")
    path, call = found
    value, owner = evaluate(namespace, receiver), None
    target = getattr(value, wanted)
    for name in path:
        try:
            owner, value = value, getattr(value, name)
        except AttributeError:
            return _answer("invented", ".".join(path), f"no {name}")
        except Exception as error:
            return _answer("wrong_name", ".".join(path), f"{name}: {type(error).__name__}")
    dotted, same = ".".join(path), _is_same(value, target)
    if call is None:
        return _answer("invalid_usage" if same else "wrong_name", dotted, "not called")
    outcome, why = bind(value, owner, path[-1], call)
    if outcome == NO_BIND:
        return _answer("invalid_usage", dotted, why)
    return _answer("valid" if same else "wrong_name", dotted, why)


def _answer(outcome: Outcome, called: str, why: str) -> Answer:
    return {"outcome": outcome, "called": called, "why": why}


def _is_same(one: Any, other: Any) -> bool:
    """Whether two names stand for one thing; a bound method is made anew at each look."""
    if one is other:
        return True
    parts = (getattr(one, "__func__", None), getattr(other, "__func__", None))
    if parts[0] is not None and parts[0] is parts[1]:
        return True
    builtin = isinstance(one, types.BuiltinFunctionType) and isinstance(other, types.BuiltinFunctionType)
    return builtin and one.__name__ == other.__name__ and one.__self__ is other.__self__


def _written(code: ast.Module, dot: int) -> tuple[list[str], ast.Call | None] | None:
    """The names behind the dot at column ``dot`` of the first line up to the first call, and that call."""
    parents = {child: node for node in ast.walk(code) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(code):
        if isinstance(node, ast.Attribute) and (node.value.end_lineno, node.value.end_col_offset) == (1, dot):
            path = [node.attr]
            above = parents[node]
            while isinstance(above, ast.Attribute):
                path.append(above.attr)
                node, above = above, parents[above]
            return path, above if isinstance(above, ast.Call) and above.func is node else None
    return None


def evaluate(namespace: Mapping[str, Any], receiver: str) -> Any:
    """The value of a dotted name."""
    first, *rest = receiver.split(".")
    value = namespace[first]
    for name in rest:
        value = getattr(value, name)
    return value


def describe(namespace: Mapping[str, Any], receiver: str, name: str, call: str) -> Answer | None:
    """Whose the callable is, its documentation, its other names; None where nothing can be judged."""
    value = evaluate(namespace, receiver)
    target = getattr(value, name)
    if not callable(target) or hasattr(value, "soothsay_no_such_name"):
        return None
    parsed = ast.parse(call, mode="eval").body
    if not isinstance(parsed, ast.Call):
        return None
    outcome, why = bind(target, value, name, parsed)
    if outcome != OK or why == FORWARDED:
        return None
    if isinstance(value, types.ModuleType):
        module, owner = value.__name__, ""
        others = [
            each for each in dir(value) if each != name and _is_same(getattr(value, each, None), target)
        ]
    else:
        kind = value if isinstance(value, type) else type(value)
        definer = next((each for each in kind.__mro__ if name in vars(each)), kind)
        module, owner, others = definer.__module__, definer.__qualname__, []
    doc = (inspect.getdoc(target) or "")[:600]
    return {"module": module, "class": owner, "others": others, "doc": doc}


def has(module: str, owner: str, name: str) -> str:
    """``yes``, ``no``, or ``unknown`` where the owner itself is not there (it may have moved)."""
    try:
        value: Any = importlib.import_module(module)
    except ImportError:
        return "no_module"
    for part in owner.split(".") if owner else ():
        value = getattr(value, part, None)
        if value is None:
            return "no_owner"
    return "yes" if hasattr(value, name) else "no"


def names(library: str) -> dict[str, list[str]]:
    """The public names of a library's modules and of their classes, by owner."""
    found: dict[str, list[str]] = {}
    for module in _modules(library):
        public = [each for each in dir(module) if not each.startswith("_")]
        found[module.__name__] = public
        for each in public:
            value = getattr(module, each, None)
            if isinstance(value, type) and value.__module__.partition(".")[0] == library:
                found[f"{module.__name__}.{each}"] = [
                    member for member in dir(value) if not member.startswith("_")
                ]
    return found


def _modules(library: str) -> Iterator[types.ModuleType]:
    top = importlib.import_module(library)
    yield top
    for each in pkgutil.walk_packages(getattr(top, "__path__", []), f"{library}.", onerror=lambda _: None):
        if _HIDDEN.search(each.name):
            continue
        try:
            yield importlib.import_module(each.name)
        except BaseException:
            continue


def answer(question: Mapping[str, Any]) -> Any:
    """The answer to one question."""
    if question["ask"] == "names":
        return names(question["library"])
    if question["ask"] == "has":
        return has(question["module"], question["class"], question["name"])
    namespace = namespace_of(question["setup"])
    if question["ask"] == "describe":
        return describe(namespace, question["receiver"], question["name"], question["call"])
    return judge(namespace, question["prefix"], question["receiver"], question["name"], question["shown"])


def in_a_fork(question: Mapping[str, Any]) -> str:
    """One line of JSON, from a process that is thrown away: code that ends it, or hangs, harms nobody."""
    for module in question.get("preload", ()):  # imported once, here
        try:
            importlib.import_module(module)
        except Exception:
            continue
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(question.get("seconds", _SECONDS))
        try:
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                line = json.dumps({"answer": answer(question)})
                os.chdir("/")
        except BaseException as error:
            line = json.dumps({"error": f"{type(error).__name__}: {error}"[:200]})
        with os.fdopen(writing, "w") as pipe:
            pipe.write(line)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        line = pipe.read()
    _, status = os.waitpid(child, 0)
    return line if line else json.dumps({"error": f"ended with status {status}"})


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what tests print
    for line in sys.stdin:
        print(in_a_fork(json.loads(line)), file=answers, flush=True)


if __name__ == "__main__":
    main()
