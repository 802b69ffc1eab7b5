"""How close a line is to the one that was there: RepoEval's and CrossCodeEval's measures, and whether its name resolves."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_]\w*")
_WRAPPED = "async def f():\n "


@dataclass(frozen=True, slots=True)
class Score:
    """Of one completion. ``called`` is the first name that it reads.

    ``resolves`` is whether that exists at the cursor: None where nobody can tell, and where no name is read: nothing was
    shown, ``pass``, ``return None``. How often nothing was shown has a column of its own.
    """

    exact: bool
    similarity: float
    identifiers: float
    resolves: bool | None
    called: str


def score(before: str, answer: str, shown: str, names: Collection[str], closed: bool) -> Score:
    """Compare ``shown`` with ``answer``; both follow ``before``, the beginning of the line."""
    written = first_statement(before, shown)
    one, other = normal(written), normal(answer)
    called = name_read(before, written)
    resolves = called in names if called else None
    return Score(one == other, similarity(one, other), identifier_f1(written, answer), resolves if resolves or closed else None, called)  # fmt: skip


def name_read(before: str, written: str) -> str:
    """The first name of ``written`` that is read and not defined by it: a member of what ``before`` ends with; "" for none."""
    if before.endswith("."):
        return next((match.group() for match in [_NAME.match(written)] if match), "")
    head = before.lstrip()
    code = f"{_WRAPPED}{head}{written}" + (" pass" if written.rstrip().endswith(":") else "")
    try:
        found = [each for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Name)]
    except SyntaxError:
        names = _NAME.findall(_without_strings(written))
        return next((name for name in names if not keyword.iskeyword(name)), "")
    bound = {each.id for each in found if not isinstance(each.ctx, ast.Load)}
    begin = 2, len(f" {head}".encode())
    read = [each for each in found if (each.lineno, each.col_offset) >= begin and each.id not in bound]
    return min(read, key=lambda each: (each.lineno, each.col_offset)).id if read else ""


def first_statement(before: str, shown: str) -> str:
    """``shown`` up to the end of the statement that ``before`` begins, which may take several lines."""
    lines = shown.split("\n")
    for end in range(1, len(lines) + 1):
        text = "\n".join(lines[:end])
        try:
            ast.parse(f"{_WRAPPED}{before.lstrip()}{text}")
        except SyntaxError:
            continue
        return text
    return lines[0]


def normal(code: str) -> str:
    """Without layout, comments and trailing commas."""
    tokens: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type in (
                tokenize.NL,
                tokenize.NEWLINE,
                tokenize.COMMENT,
                tokenize.INDENT,
                tokenize.DEDENT,
            ):
                continue
            if token.string in (")", "]", "}") and tokens and tokens[-1] == ",":
                tokens.pop()
            if token.string:
                tokens.append(token.string)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return " ".join(code.split())
    return " ".join(tokens)


def similarity(one: str, other: str) -> float:
    """1 minus Levenshtein's distance over the longer length."""
    if not one or not other:
        return float(one == other)
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return 1 - row[-1] / max(len(one), len(other))


def identifier_f1(one: str, other: str) -> float:
    """F1 over the identifiers of two pieces of code, each as often as it stands there."""
    mine, theirs = (Counter(name for name in _NAME.findall(_without_strings(code)) if not keyword.iskeyword(name)) for code in (one, other))  # fmt: skip
    common = sum((mine & theirs).values())
    if not mine.total() or not theirs.total():
        return float(mine.total() == theirs.total())
    return 2 * common / (mine.total() + theirs.total())


def _without_strings(code: str) -> str:
    return re.sub(r"""("(\\.|[^"\\])*"|'(\\.|[^'\\])*')""", " ", code)
