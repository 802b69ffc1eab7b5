"""Python syntax, as far as an unfinished completion needs it: brackets, statements, and the calls in a draft."""

from __future__ import annotations

import re
from dataclasses import dataclass

from soothsay.engine.types import ApiName
from soothsay_index.syntax import parse_python, text_of, walk

_CLOSER = {"(": ")", "[": "]", "{": "}"}
_MARKS = re.compile(r"""\\\n|\\.|\"\"\"|'''|["'#()\[\]{}\n]""", re.DOTALL)
_LOOK_BACK = 64_000  # characters scanned to find where the current statement began


@dataclass(frozen=True, slots=True)
class Scan:
    """Where a piece of code stands at its end.

    ``statement`` is the offset of the statement it is in; ``closers`` would close it; ``quote`` is the
    delimiter of the string it ends in, "#" for a comment, else "". ``overclosed`` is the offset of the first
    bracket that closes nothing, or -1. ``ends`` are the newlines that end a statement, ``opened`` the brackets that
    are still open, ``pairs`` those that were closed, with where.
    """

    statement: int
    closers: str
    quote: str
    overclosed: int
    ends: tuple[int, ...]
    opened: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]


def scan(code: str) -> Scan:
    """Follow brackets, strings and comments through ``code``, which begins outside of all of them."""
    stack: list[tuple[str, int]] = []  # what closes it, and where it opened
    quote = ""
    statement, overclosed = 0, -1
    ends: list[int] = []
    pairs: list[tuple[int, int]] = []
    for match in _MARKS.finditer(code):
        mark = match.group()
        if quote == "#":
            if mark[-1] != "\n":
                continue
            quote, mark = "", "\n"  # a backslash continues no comment
        if quote:
            # an unclosed one-line string ends with its line: the rest is still worth reading
            if mark == quote or (mark == "\n" and len(quote) == 1):
                quote = ""
            elif len(quote) == 1 and mark[0] == quote:
                quote = ""  # three quotes seen in a one-quote string: it ended, whatever follows
            if quote or mark != "\n":
                continue
        if mark == "#" or mark[0] in "\"'":
            quote = mark
        elif mark in _CLOSER:
            stack.append((_CLOSER[mark], match.start()))
        elif mark in ")]}":
            if stack and stack[-1][0] == mark:
                pairs.append((stack.pop()[1], match.start()))
            elif overclosed < 0 and not stack:
                overclosed = match.start()
        elif mark == "\n" and not stack:
            ends.append(match.start())
            statement = match.end()
    closers = "".join(closer for closer, _ in reversed(stack))
    return Scan(
        statement, closers, quote, overclosed, tuple(ends), tuple(at for _, at in stack), tuple(pairs)
    )


def close(code: str) -> str:
    """``code`` with what closes its open strings and brackets appended."""
    state = scan(code)
    if state.quote == "#":
        return code + "\n" + state.closers
    return code + state.quote + state.closers


def statement_start(text: str, offset: int) -> int:
    """Offset of the first line of the statement that ``offset`` is in."""
    begin = max(0, offset - _LOOK_BACK)
    if begin:
        begin = text.find("\n", begin, offset) + 1
    return begin + scan(text[begin:offset]).statement


def in_string_or_comment(text: str, offset: int) -> bool:
    begin = statement_start(text, offset)
    return bool(scan(text[begin:offset]).quote)


def characters(text: str, end: int) -> int:
    """A byte offset of ``text`` as a number of characters."""
    return len(text.encode("utf-8")[:end].decode("utf-8", errors="ignore"))


def indentation(line: str) -> int:
    """Width of the blanks that ``line`` begins with (a tab counts as one)."""
    return len(line) - len(line.lstrip(" \t"))


def api_names(before: str, draft: str) -> list[ApiName]:
    """The calls whose name ``draft`` wrote, at least in part, in source order.

    ``before`` is the text of the current statement up to the cursor. Offsets are bytes in the draft.
    """
    lead = before.lstrip(" \t")
    source = lead + draft
    root = parse_python(close(source).encode("utf-8")).root_node
    cursor = len(lead.encode("utf-8"))
    names: list[ApiName] = []
    for node in walk(root):
        if node.type != "call":
            continue
        function = node.child_by_field_name("function")
        if function is None:
            continue
        name_node = function.child_by_field_name("attribute") if function.type == "attribute" else function
        if name_node is None or name_node.type != "identifier" or name_node.end_byte <= cursor:
            continue
        arguments = node.child_by_field_name("arguments")
        names.append(
            ApiName(
                name=text_of(name_node),
                receiver=text_of(function.child_by_field_name("object")),
                start=name_node.start_byte - cursor,
                end=name_node.end_byte - cursor,
                arguments=text_of(arguments),
            )
        )
    return sorted(names, key=lambda n: n.end)
