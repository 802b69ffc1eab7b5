"""Calls in real files at which a completion has something to look up, and writing them again as a trace. Pure."""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from bench.latency.trace import Accept, Cut, Jump, Look, Newline, Step, Through, Type

_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)
_PROSE = re.compile(r"""["'][^"']{30,}["']|\blog(ger|ging)?\b|print\b""")  # nobody can guess a message
_DOTTED = re.compile(r"[\w.]+")
_CLIENT_MAKERS = ("client", "resource")
_MOST_LINES, _LONGEST = 9, 100  # of a statement that is written again
_FEWEST_LINES = 8  # above it
_OF_A_NAME = 2  # calls of one name, in one place


@dataclass(frozen=True, slots=True)
class CallSite:
    """A statement of some lines, and where in its first line the name is that is called. Lines count from 0."""

    first: int
    last: int
    column: int  # of the statement
    end: int  # column behind it, in its last line
    name_at: int
    name: str


def client_calls(tree: ast.Module, lines: Sequence[str]) -> Iterator[CallSite]:
    """Yield the calls on names that the file gives a service's client: ``client = session.client("sts")``."""
    clients = {ast.unparse(target) for target, value in _assigned(tree) if _makes_client(value)}
    yield from _calls_on(tree, lines, lambda receiver: receiver in clients)


def library_calls(tree: ast.Module, lines: Sequence[str], libraries: Collection[str]) -> Iterator[CallSite]:
    """Yield the calls on modules and classes of ``libraries``, and on what the file says is an object of theirs."""
    imported = set(_imported(tree, libraries))
    objects = {ast.unparse(target) for target, value in _assigned(tree) if _called(value) in imported}
    objects |= {
        each.arg for each in ast.walk(tree) if isinstance(each, ast.arg) and _annotated(each) in imported
    }
    yield from _calls_on(
        tree, lines, lambda receiver: receiver in objects or receiver.partition(".")[0] in imported
    )


def call_at(tree: ast.Module, lines: Sequence[str], line: int, column: int, name: str) -> CallSite | None:
    """Return the call whose ``name`` begins at this line and column (both from 0); None where it cannot be written again."""
    statement = next((each for each in _statements(tree) if each.lineno - 1 == line), None)
    return None if statement is None else _site(statement, lines, column, name)


def _assigned(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield node.optional_vars, node.context_expr


def _makes_client(value: ast.expr) -> bool:
    for call in ast.walk(value):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in _CLIENT_MAKERS
        ):
            given = [*call.args[:1], *(each.value for each in call.keywords if each.arg == "service_name")]
            return any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in given)
    return False


def _imported(tree: ast.Module, libraries: Collection[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name.partition(".")[0] in libraries:
                    yield each.asname or each.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and not node.level and _top(node) in libraries:
            yield from (each.asname or each.name for each in node.names)


def _top(node: ast.ImportFrom) -> str:
    return (node.module or "").partition(".")[0]


def _called(value: ast.expr) -> str:
    value = value.value if isinstance(value, ast.Await) else value
    return ast.unparse(value.func).partition(".")[0] if isinstance(value, ast.Call) else ""


def _annotated(argument: ast.arg) -> str:
    return ast.unparse(argument.annotation).partition(".")[0] if argument.annotation else ""


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    yield from (node for node in ast.walk(tree) if isinstance(node, _SIMPLE))


def _calls_on(tree: ast.Module, lines: Sequence[str], wanted: Callable[[str], bool]) -> Iterator[CallSite]:
    for statement in sorted(_statements(tree), key=lambda each: each.lineno):
        for call in ast.walk(statement):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                receiver = ast.unparse(call.func.value)
                if not _DOTTED.fullmatch(receiver) or not wanted(receiver):
                    continue
                at = (call.func.end_col_offset or 0) - len(call.func.attr)
                same = call.func.end_lineno == statement.lineno
                found = _site(statement, lines, at, call.func.attr) if same else None
                if found is not None:
                    yield found
                break  # the first call of a statement


def _site(statement: ast.stmt, lines: Sequence[str], name_at: int, name: str) -> CallSite | None:
    first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
    column, end = statement.col_offset, statement.end_col_offset or 0
    rows = lines[first : last + 1]
    plain = all(row.isascii() and row == row.rstrip() and len(row) <= _LONGEST for row in rows)
    alone = lines[first][:column].isspace() and len(lines[last]) == end
    written = lines[first][name_at : name_at + len(name)] == name
    if (
        first < _FEWEST_LINES
        or len(rows) > _MOST_LINES
        or not (plain and alone and written and name_at > column)
    ):
        return None
    return None if _PROSE.search("\n".join(rows)) or not all(row.strip() for row in rows) else CallSite(
        first, last, column, end, name_at, name
    )  # fmt: skip


def choose(
    found: Sequence[CallSite], count: int, names: Counter[str], chance: random.Random
) -> list[CallSite]:
    """Return at most ``count`` of the sites of a file at random, in the file's order, few of a name.

    ``names`` counts what has been chosen in other files.
    """
    chosen: list[CallSite] = []
    for site in chance.sample(found, len(found)):
        apart = all(site.first > other.last or site.last < other.first for other in chosen)
        if len(chosen) < count and names[site.name] < _OF_A_NAME and apart:
            names[site.name] += 1
            chosen.append(site)
    return sorted(chosen, key=lambda site: site.first)


def written_again(
    site: CallSite, lines: Sequence[str], chance: random.Random, in_arguments: float
) -> Iterator[Step]:
    """Yield the steps that remove the statement and write it again, with a stop where the name begins.

    ``in_arguments`` is the share of calls that have a second stop, behind the bracket.
    """
    rows = lines[site.first : site.last + 1]
    yield Jump(site.first, site.column)
    yield Cut(site.last, site.end)
    yield Type(rows[0][site.column : site.name_at])
    rest = rows[0][site.name_at :]
    behind = rest.find("(") + 1
    if behind and chance.random() < in_arguments:
        yield Look()
        yield Type(rest[:behind])
        rest = rest[behind:]
    yield _finished(rest, chance) if rest else Look()
    for row in rows[1:]:
        text = row.lstrip()
        yield Newline("\n" + row[: len(row) - len(text)])
        yield Type(text)


def _finished(rest: str, chance: random.Random) -> Step:
    return Accept(rest) if chance.random() < 0.5 else Through(rest)
