"""Call sites in tests and in the examples of documentation, each with as much code as it needs to run.

Nothing is imported here: what a site's names stand for is asked of a child process (:mod:`bench.installed.child`).
A site becomes a small script: the imports and helpers it uses, the statements before it, and the beginning of the call.
Assertions are left out, and a call inside of one becomes ``result = ...``: that is how somebody would write it.
"""

from __future__ import annotations

import ast
import doctest
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from bench.repo.symbols import parse
from bench.retrieval.comments import VERBS

_MOST_CHARACTERS = 4000  # of the code before a call: prompt and documents must fit into 4,096 tokens
_ASSERTS = re.compile(r"^_?(assert|fail|raises|warns|check|skip)|^(self|pytest|tm|unittest)$", re.I)
_TESTING = re.compile(r"\b(self|cls|pytest|unittest|monkeypatch|request|tmp_path|hypothesis|raises|warns)\b")
_COMMENT = re.compile(r"^\s*#\s?(.*)$")
_SAYS_NOTHING = re.compile(r"noqa|type:|pragma|pylint|fmt:|todo|fixme|xxx|gh-?#?\d|https?:|issue|#\d|bpo|^\W|[=;{}]|\w\(", re.I)  # fmt: skip
# What somebody wants done begins with a verb; what a test says that it tests does not count.
_ORDERS = frozenset(VERBS) | {
    "adapt", "append", "ask", "bin", "broadcast", "bring", "call", "cast", "clean", "clear", "close", "collect", "combine", "compile", "concatenate",
    "connect", "decode", "divide", "do", "drop", "emit", "encode", "evaluate", "expand", "extract", "factor", "fetch", "filter", "flatten", "format",
    "give", "group", "initialize", "integrate", "interpolate", "iterate", "keep", "leave", "let", "look", "make", "map", "mask", "match", "multiply", "now",
    "open", "order", "parse", "pass", "pick", "pop", "prepare", "print", "push", "raise", "rebuild", "reduce", "render", "reshape", "round", "run", "scale",
    "select", "shift", "shuffle", "simulate", "slice", "solve", "store", "swap", "switch", "take", "trim", "try", "turn", "unpack", "use", "wrap",
}  # fmt: skip
_TESTS = frozenset({"list", "check", "confirm", "test", "verify", "validate"})
_FEWEST_WORDS, _MOST_WORDS = 3, 16
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return, ast.Assert)


@dataclass(frozen=True, slots=True)
class Site:
    """One call: ``setup`` runs before it, ``prefix`` is its statement up to behind the dot, ``call`` the whole call."""

    source: str  # "test" or "example"
    where: str
    setup: str
    prefix: str
    receiver: str
    name: str
    call: str
    comment: str = ""


def sites_of_tests(where: str, source: str) -> Iterator[Site]:
    """The calls of attributes in the functions and at the top of a test module."""
    tree = parse(source)
    if tree is None:
        return
    lines = source.splitlines()
    given = _definitions(tree.body, lines)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not _needs_fixtures(node):
            yield from _sites("test", f"{where}::{node.name}", node.body, given, lines)


def sites_of_examples(where: str, source: str, imports: str) -> Iterator[Site]:
    """The calls in the docstrings' examples of a module; ``imports`` are what its examples take for granted."""
    tree = parse(source)
    if tree is None:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        doc = ast.get_docstring(node) or ""
        if ">>>" not in doc:
            continue
        try:
            examples = doctest.DocTestParser().get_examples(doc)
        except ValueError:
            continue
        code = imports + "\n" + "".join(
            example.source for example in examples if not example.exc_msg and not example.source.startswith(("%", "!"))
        )  # fmt: skip
        script = parse(code)
        if script is None:
            continue
        body = [each for each in script.body if not isinstance(each, ast.Import | ast.ImportFrom)]
        yield from _sites("example", f"{where}::{node.name}", body, _definitions(script.body, code.splitlines()), code.splitlines())  # fmt: skip


def _needs_fixtures(function: ast.FunctionDef) -> bool:
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    return names not in ([], ["self"])


def _definitions(body: Sequence[ast.stmt], lines: Sequence[str]) -> dict[str, str]:
    """What a module's top level defines, by name, as source text; in order."""
    found: dict[str, str] = {}
    for node in body:
        if isinstance(node, ast.Import):
            for each in node.names:
                said = f" as {each.asname}" if each.asname else ""
                found[each.asname or each.name.partition(".")[0]] = f"import {each.name}{said}"
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for each in node.names:
                said = f" as {each.asname}" if each.asname else ""
                found[each.asname or each.name] = f"from {node.module} import {each.name}{said}"
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.lower().startswith("test"):
            found[node.name] = _text(node, lines)
        elif (
            isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        ):
            found[node.targets[0].id] = _text(node, lines)
    return found


def _text(node: ast.stmt, lines: Sequence[str]) -> str:
    """A statement as it is written (whole lines), at the left margin."""
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    return textwrap.dedent("\n".join(lines[first - 1 : node.end_lineno])).strip()


def _sites(
    kind: str, where: str, body: Sequence[ast.stmt], given: Mapping[str, str], lines: Sequence[str]
) -> Iterator[Site]:
    kept: list[str] = []
    local: set[str] = set()
    for node in body:
        if sum(map(len, kept)) > _MOST_CHARACTERS:
            return
        if isinstance(node, _SIMPLE):
            for call in _calls(node):
                made = _site(kind, where, node, call, kept, local, given, lines)
                if made is not None:
                    yield made
        if not _is_assertion(node) and not isinstance(node, ast.Return):
            kept.append(_text(node, lines))
            local |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}  # fmt: skip


def _calls(node: ast.stmt) -> Iterator[ast.Call]:
    """The calls ``receiver.name(...)`` of a statement whose receiver is a dotted name."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            root = each.func.value
            while isinstance(root, ast.Attribute):
                root = root.value
            if (
                isinstance(root, ast.Name)
                and not _ASSERTS.match(root.id)
                and not each.func.attr.startswith("_")
                and not _ASSERTS.match(each.func.attr)
            ):
                yield each


def _is_assertion(node: ast.stmt) -> bool:
    """Whether a statement only checks, or documents."""
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.Expr):
        value = node.value
        if isinstance(value, ast.Constant | ast.Compare | ast.Name | ast.Attribute | ast.Subscript):
            return True
        if isinstance(value, ast.Call):
            called = ast.unparse(value.func)
            return bool(_ASSERTS.match(called.rpartition(".")[2])) or called.startswith(("self.", "pytest."))
    return isinstance(node, ast.With | ast.AsyncWith | ast.Try) and bool(_TESTING.search(ast.unparse(node)))


def _site(
    kind: str, where: str, node: ast.stmt, call: ast.Call, body: Sequence[str], local: Set[str],
    given: Mapping[str, str], lines: Sequence[str],
) -> Site | None:  # fmt: skip
    assert isinstance(call.func, ast.Attribute)
    name = call.func.attr
    leaks = re.compile(rf"\b{re.escape(name)}\b")
    if any(leaks.search(text) for text in body):
        return None
    receiver, written = ast.unparse(call.func.value), ast.unparse(call)
    setup = _script(given, _needed(given, [*body, written], local), body)
    if leaks.search(setup) or _TESTING.search(setup) or len(setup) > _MOST_CHARACTERS:
        return None
    target = "result"
    if isinstance(node, ast.Assign) and node.value is call and len(node.targets) == 1:
        target = ast.unparse(node.targets[0])
    alone = isinstance(node, ast.Expr) and node.value is call and kind == "test"
    prefix = f"{receiver}." if alone else f"{target} = {receiver}."
    return Site(kind, where, setup, prefix, receiver, name, written, _comment_above(lines, node.lineno, name))  # fmt: skip


def _needed(given: Mapping[str, str], texts: Iterable[str], local: Set[str]) -> set[str]:
    """The names of ``given`` that ``texts`` use, directly or through what they use."""
    found: set[str] = set()
    todo = list(texts)
    while todo:
        used = set(re.findall(r"[A-Za-z_]\w*", todo.pop()))
        for name in (used & given.keys()) - found - local:
            found.add(name)
            todo.append(given[name])
    return found


def _script(given: Mapping[str, str], needed: set[str], body: Sequence[str]) -> str:
    imports = [
        text for name, text in given.items() if name in needed and text.startswith(("import ", "from "))
    ]
    helpers = [text for name, text in given.items() if name in needed and not text.startswith(("import ", "from "))]  # fmt: skip
    inside = [text for text in body if text not in helpers]
    plain = sorted({text for text in imports if text.startswith("import ")})
    named = sorted({text for text in imports if not text.startswith("import ")})
    parts = ["\n".join([*plain, *named]), *helpers, "\n".join(inside)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _comment_above(lines: Sequence[str], number: int, name: str) -> str:
    """The comment just above line ``number``, if it is one that says what is done."""
    above = _COMMENT.match(lines[number - 2]) if number >= 2 else None
    before = _COMMENT.match(lines[number - 3]) if number >= 3 else None
    return instruction(above.group(1), name) if above and not before else ""


def instruction(said: str, name: str) -> str:
    """Return a comment's text if it says what is done, and not the name of what does it; "" for any other."""
    text = said.strip()
    words = text.rstrip(".:").split()
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS or _SAYS_NOTHING.search(text):
        return ""
    if words[0].lower() not in _ORDERS - _TESTS:
        return ""
    return "" if re.search(rf"\b{re.escape(name)}\b", text) else text.rstrip(".:")
