"""Follow brackets, strings and comments through code, finished or not, by a language's lexis alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from soothsay_languages.base import Lexis

_PARTS, _MEMBERS = -1, -2  # what a bracket holds that holds no statements


@dataclass(frozen=True, slots=True)
class Scan:
    """Where a piece of code stands at its end. All offsets are code points of the piece.

    ``statement`` is where the last statement begins, in the innermost block; ``unclosed`` would close all brackets, the
    innermost first, each with the delimiter of the string that it stands in; ``quote`` is
    the delimiter of the string that the piece ends in, for a comment its sign or its end, else "". ``overclosed`` is the first bracket that
    closes nothing, or -1. ``ends`` are the newlines that end a statement, ``opened`` the brackets that are still open,
    ``pairs`` those that were closed, with where. ``quoted`` is where ``quote`` stands, -1 for none; ``strings`` are those
    that may span lines and were closed: where their first delimiter begins and their last one ends. ``members`` are the
    newlines that end a member of a class, each behind the class's bracket.
    """

    statement: int
    unclosed: tuple[str, ...]
    quote: str
    overclosed: int
    ends: tuple[int, ...]
    opened: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    quoted: int = -1
    strings: tuple[tuple[int, int], ...] = ()
    members: tuple[tuple[int, int], ...] = ()

    @property
    def closers(self) -> str:
        """What would close all brackets."""
        return "".join(self.unclosed)

    def members_behind(self, lead: int) -> list[int]:
        """Return where members end behind ``lead`` that belong to what was opened before it."""
        return [end for start, end in self.members if start < lead < end]

    def closer_of_opened_before(self, lead: int) -> int | None:
        """Return where the first bracket is closed that was opened before ``lead`` and closed from there on; None for none."""
        return min((end for start, end in self.pairs if start < lead <= end), default=None)


def scan(code: str, lexis: Lexis) -> Scan:
    """Scan ``code``, which begins outside of all brackets, strings and comments."""
    # what closes it, where it opened, and where the statement around it begins if it holds statements, else one of the below
    stack: list[tuple[str, int, int]] = []
    comment, brackets, closing = lexis.line_comment, lexis.brackets, lexis.closing
    block_comment, block_end = lexis.block_comment
    quote, quoted = "", -1
    within: dict[int, tuple[str, int]] = {}  # the strings that brackets stand in, with where those begin
    strings: list[tuple[int, int]] = []
    statement, overclosed = 0, -1
    ends: list[int] = []
    members: list[tuple[int, int]] = []
    pairs: list[tuple[int, int]] = []
    announced: list[str] = []  # what ends the documents that begin below this line
    document_end = 0
    for match in lexis.marks.finditer(code):
        mark = match.group()
        if match.start() < document_end and mark != "\n":
            continue
        in_comment = bool(quote) and quote == comment
        if in_comment:
            if mark[-1] != "\n":
                continue
            quote, mark = "", "\n"  # an escape continues no comment
        if mark in lexis.inside_strings:
            if not quote or quote == lexis.inside_strings[mark]:
                within[match.end() - 1] = quote, quoted
                stack.append((brackets[mark[-1]], match.end() - 1, _PARTS))
                quote = ""
            continue
        if quote:
            one_line = quote not in lexis.spanning
            # an unclosed one-line string ends with its line: the rest is still worth reading
            if mark == quote or (one_line and (mark == "\n" or (mark in lexis.strings and mark[0] == quote))):
                quote = ""  # a longer delimiter seen in a one-line string ends it, whatever follows
                if not one_line:
                    strings.append((quoted, match.end()))
            if quote or mark != "\n":
                continue
        if announced and mark == "\n":
            document_end = _end_of_documents(code, match.end(), announced)
            announced = []
        if mark == comment or mark in lexis.strings:
            if lexis.strings_apart and mark != comment and code[match.start() - 1 : match.start()].isalnum():
                continue
            quote, quoted = mark, match.start()
        elif block_comment and mark == block_comment:
            quote, quoted = block_end, match.start()
        elif match.lastgroup == "end":
            announced.append(match["end"])
        elif mark in brackets:
            around = _PARTS
            if mark == lexis.block:
                holds = lexis.holds(code, match.start())
                around = statement if holds == "statements" else _MEMBERS if holds == "members" else _PARTS
            stack.append((brackets[mark], match.start(), around))
            statement = match.end() if around >= 0 else statement
        elif mark in closing:
            if lexis.block:
                del stack[_closed_by(mark, stack, lexis) :]
            if stack and stack[-1][0] == mark:
                _, opening, around = stack.pop()
                pairs.append((opening, match.start()))
                quote, quoted = within.get(opening, ("", -1))
                statement = around if around >= 0 else statement
            elif overclosed < 0 and not stack:
                overclosed = match.start()
        elif mark[-1] == "\n" and (len(mark) == 1 or not lexis.continuation):
            inside = stack[-1][2] if stack else 0
            if inside == _PARTS:
                continue
            if lexis.block and not lexis.ends_statement(code, match.end() - 1, behind_comment=in_comment):
                continue
            if not stack:
                ends.append(match.end() - 1)
            if inside == _MEMBERS:
                members.append((stack[-1][1], match.end() - 1))
            else:
                statement = match.end()
    unclosed = tuple(closer + within.get(at, ("", -1))[0] for closer, at, _ in reversed(stack))
    opened = tuple(at for _, at, _ in stack)
    found = tuple(ends), opened, tuple(pairs)
    return Scan(
        statement,
        unclosed,
        quote,
        overclosed,
        *found,
        quoted if quote else -1,
        tuple(strings),
        tuple(members),
    )


def _closed_by(mark: str, stack: list[tuple[str, int, int]], lexis: Lexis) -> int:
    """Return how many of ``stack`` are left open when ``mark`` closes a block: brackets that were left open in it end with it."""
    if mark != lexis.brackets[lexis.block]:
        return len(stack)
    return next((at + 1 for at in reversed(range(len(stack))) if stack[at][0] == mark), len(stack))


def _end_of_documents(code: str, begin: int, ends: list[str]) -> int:
    """Return where the documents end that begin at ``begin``, each with a line that ``ends`` names; the end of ``code`` if not there."""
    for end in ends:
        line = re.compile(rf"^\t*{re.escape(end)}$", re.MULTILINE).search(code, begin)
        if line is None:
            return len(code)
        begin = line.end()
    return begin


def close(code: str, lexis: Lexis) -> str:
    """Return ``code`` with what closes its open strings and brackets appended."""
    state = scan(code, lexis)
    if state.quote and state.quote == lexis.line_comment:
        return code + "\n" + state.closers
    return code + state.quote + state.closers


def commas_behind(code: str, bracket: int, lexis: Lexis) -> list[int]:
    """Return where commas stand behind the ``bracket`` at this place of ``code`` that are in no bracket or string after it."""
    found: list[int] = []
    for match in re.finditer(",", code[bracket + 1 :]):
        inner = scan(code[bracket + 1 : bracket + 1 + match.start()], lexis)
        if not inner.quote and not inner.opened:
            found.append(bracket + 1 + match.start())
    return found


def characters(text: str, end: int) -> int:
    """Return a byte offset (UTF-8) of ``text`` as a number of code points."""
    return len(text.encode("utf-8")[:end].decode("utf-8", errors="ignore"))


def indentation(line: str) -> int:
    """Return the width of the blanks that ``line`` begins with (a tab counts as one)."""
    return len(line) - len(line.lstrip(" \t"))
