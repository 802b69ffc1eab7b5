"""Where code goes on below a bracket or a string that was left open: what is broken above a place stays above it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

import tree_sitter

from soothsay_languages.base import Language
from soothsay_languages.scan import Scan, close, indentation, scan
from soothsay_languages.syntax import parse

_WORD = re.compile(r"[ \t]*(\w*)")
_MARKS = re.compile(r"[^\w\s]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_LOOK_AHEAD = 64_000  # characters in which a statement must end to count as whole
_TRIED = (
    4_000  # characters of an open statement that are read line by line, to find the one that contradicts it
)
_REMEMBERED = 8_192  # paragraphs


def next_statement(text: str, start: int, offset: int, language: Language) -> int | None:
    """Return where the next statement begins if the one at ``start`` was left open above ``offset``; else None.

    That is a line which could not stand in a bracket; or one that is not indented deeper and would not, in the way that
    code is laid out: dedented, or below a blank line. The latter does not count where the bracket is closed further down.
    """
    state = scan(text[start:offset], language.lexis)
    if not state.closers:
        return None
    open_statement = _OpenStatement(text, start, offset, language, state)
    return next((line.begin for line in open_statement.lines() if open_statement.ends_above(line)), None)


def completed(text: str, start: int, end: int, language: Language) -> str:
    """Return the statement at ``start`` of ``text``, which was left open above ``end``, with what it lacks.

    That is closing brackets, and for a header its sign, and a block unless a deeper line follows.
    """
    code, blocks = text[start:end].rstrip(), language.blocks
    closed = close(code, language.lexis)
    if not blocks.opener or first_word(code.lstrip()) not in blocks.headers:
        return closed
    has_block = indentation(text[end : _line_end(text, end)]) > indentation(code)
    return f"{closed}{blocks.opener}" if has_block else f"{closed}{blocks.opener} {blocks.placeholder}"


def first_word(code: str) -> str:
    """Return the word that ``code`` begins with, behind blanks; "" for none."""
    match = _WORD.match(code)
    return match.group(1) if match is not None else ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of an open statement; ``code`` is what it says.

    ``is_deeper``: it is indented deeper than the statement. ``dedented``: such a line goes before. ``below_blank``: a blank
    one does, right above.
    """

    begin: int
    code: str
    is_deeper: bool
    dedented: bool
    below_blank: bool


@dataclass(frozen=True, eq=False)
class _OpenStatement:
    """The statement at ``start`` of ``text``, which is in a bracket at ``offset`` if it goes on until there."""

    text: str
    start: int
    offset: int
    language: Language
    state: Scan

    def lines(self) -> Iterator[_Line]:
        """Yield the lines that may begin another statement: of code, and no closing brackets."""
        lexis, begin = self.language.lexis, self.start
        dedented = below_blank = False
        while (begin := self.text.find("\n", begin, self.offset) + 1) > 0:
            line = self._line(begin)
            code, is_deeper, is_last = (
                line.strip(),
                indentation(line) > self._depth,
                begin + len(line) >= self.offset,
            )
            if self._is_quoted(begin):
                continue
            if not code and not is_last:
                below_blank = True
            elif code[:1] in lexis.closing or code.startswith(lexis.comment_signs):
                continue
            elif code or not is_deeper:
                yield _Line(begin, code, is_deeper, dedented, below_blank)
                dedented, below_blank = dedented or is_deeper, False

    def ends_above(self, line: _Line) -> bool:
        """Return whether the statement was left open above ``line``."""
        if first_word(line.code) in self.language.blocks.statement_words:
            return True
        if line.is_deeper and not self._is_header:
            return False
        if self._closes:
            return False
        if not line.code:
            return line.dedented and line.below_blank
        if not line.is_deeper and (line.dedented or line.below_blank):
            return True
        if line.begin - self.start > _TRIED or not self._is_contradicted:
            return False
        return self._parses(line.begin) or not self._begins_well

    @cached_property
    def _is_header(self) -> bool:
        """Whether deeper lines may be its block."""
        return first_word(self._line(self.start)) in self.language.blocks.headers

    @cached_property
    def _depth(self) -> int:
        return indentation(self._line(self.start))

    @cached_property
    def _closes(self) -> bool:
        """Whether its brackets are closed below, and it is whole then."""
        code = self.text[self.start : self.start + _LOOK_AHEAD]
        least = self.offset - self.start
        end = next((each for each in scan(code, self.language.lexis).ends if each >= least), None)
        if end is None:
            return False
        last = code[code.rfind("\n", 0, end) + 1 : end]
        is_laid_out = last.strip()[:1] in self.language.lexis.closing and indentation(last) == self._depth
        return is_laid_out or self._parses(self.start + end)

    @cached_property
    def _is_contradicted(self) -> bool:
        """Whether the name that begins the line of ``offset`` cannot stand in a bracket of the statement.

        Where a keyword begins it, the nearest line above it that a name begins.
        """
        begin = self.text.rfind("\n", 0, self.offset) + 1
        while begin > self.start and first_word(self._line(begin)) in self.language.keywords:
            begin = self.text.rfind("\n", 0, begin - 1) + 1
        if begin <= self.start:
            return False
        begin += indentation(self.text[begin : self.offset])
        return not self._parses(begin + len(first_word(self.text[begin : self.offset])))

    @cached_property
    def _begins_well(self) -> bool:
        """Whether its first line is right so far."""
        return self._parses(_line_end(self.text, self.start))

    def _parses(self, end: int) -> bool:
        """Return whether it can end at ``end``, with what it lacks there."""
        grammar, code = self.language.tree_sitter, completed(self.text[:end], self.start, end, self.language)
        return grammar is None or not self.language.can_parse(code) or not _errors(grammar, code.lstrip())

    def _is_quoted(self, begin: int) -> bool:
        """Return whether the line break before ``begin`` is part of a string."""
        at = begin - 1 - self.start
        if self.state.quote in self.language.lexis.spanning and self.state.quoted <= at:
            return True
        return any(first <= at < last for first, last in self.state.strings)

    def _line(self, begin: int) -> str:
        return self.text[begin : _line_end(self.text, begin)]


@dataclass(frozen=True, slots=True)
class OpenString:
    """A string that was never closed: its delimiter ``quote`` stands at ``start``, the code below it begins at ``end``."""

    start: int
    end: int
    quote: str


def open_string(text: str, language: Language) -> OpenString | None:
    """Return the string of several lines that was left open; None where all are closed, or no code follows.

    Below it, code reads as strings and strings as code: it is the one for which most lines would be what they look
    like if it ended above them.
    """
    lexis = language.lexis
    if language.tree_sitter is None or not any(text.count(each) % 2 for each in lexis.multiline_strings):
        return None
    state = scan(text, lexis)
    if state.quote not in lexis.multiline_strings:
        return None
    size = len(state.quote)
    closed = [each for each in state.strings if text.startswith(state.quote, each[0])]
    pieces = _pieces(text, [*(at for begin, end in closed for at in (begin, end - size)), state.quoted], size)
    values = [_likeness(piece, language) * (-1 if number % 2 else 1) for number, piece in enumerate(pieces)]
    above = list(accumulate(values, initial=0))  # up to each piece, as it reads from the top
    best, found = above[-1], None
    for number, start in enumerate([*(begin for begin, _ in closed), state.quoted]):
        piece = 2 * number + 1
        code = _code_in(pieces[piece], _indentation_at(text, start), language)
        total = 0 if code is None else above[piece] + code[1] - (above[-1] - above[piece + 1])
        if code is not None and total > best:
            best, found = total, OpenString(start, start + size + code[0], state.quote)
    return found


def _pieces(text: str, delimiters: Sequence[int], size: int) -> list[str]:
    """Return what stands between ``delimiters`` of ``size`` characters: code and strings by turns."""
    begins = [at + size for at in delimiters]
    ends = [*delimiters[1:], len(text)]
    return [f"\n{text[: delimiters[0]]}", *(text[b:e] for b, e in zip(begins, ends, strict=True))]


def _code_in(piece: str, depth: int, language: Language) -> tuple[int, int] | None:
    """Return where code begins in ``piece``, a string that may have been left open, and how much speaks for it.

    None if nothing in it looks like code. ``depth`` is the indentation of the string's line.
    """
    paragraphs = list(_paragraphs(piece))
    weights = [_weight(each.text, language) for each in paragraphs]
    before, after = 0, sum(weights)
    best: tuple[int, int] | None = None
    for paragraph, weight in zip(paragraphs, weights, strict=True):
        after -= weight
        lines = _lines_of_code(paragraph.text, depth, language)
        begin = next((line for line in lines if _is_telling(paragraph.text[line:], language)), None)
        if begin is not None:
            head, own = paragraph.text[:begin], paragraph.text[begin:]
            value = _weight(own, language) + after - before - (_weight(head, language) if head else 0)
            if best is None or value > best[1]:
                best = paragraph.begin + begin, value
        before += weight
    return best


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """Lines without a blank one between them, ``begin`` characters into a piece."""

    begin: int
    text: str


def _paragraphs(piece: str) -> Iterator[_Paragraph]:
    """Yield the paragraphs of the whole lines of ``piece``: its first and last line stand beside a delimiter."""
    begin, end = piece.find("\n") + 1, piece.rfind("\n") + 1
    while 0 < begin < end:
        blank = _BLANK_LINES.search(piece, begin - 1, end)
        stop = end if blank is None else blank.start() + 1
        if stop > begin:
            yield _Paragraph(begin, piece[begin:stop])
        begin = end if blank is None else blank.end()


def _lines_of_code(paragraph: str, depth: int, language: Language) -> Iterator[int]:
    """Yield where code may begin in ``paragraph``: its first line, dedented ones, and those that no expression has."""
    begin = 0
    while begin < len(paragraph):
        line = paragraph[begin : _line_end(paragraph, begin)]
        width = indentation(line)
        begins_statement = first_word(line) in language.blocks.statement_words
        if width <= depth and (not begin or width < depth or begins_statement):
            yield begin
        begin += len(line) + 1


def _likeness(piece: str, language: Language) -> int:
    """Return how many lines of ``piece`` read as code, less those that do not; whole paragraphs at a time."""
    return sum(_weight(each.text, language) for each in _paragraphs(piece))


def _weight(paragraph: str, language: Language) -> int:
    return paragraph.count("\n") - 2 * len(_wrong_lines(paragraph, language))


def _is_telling(paragraph: str, language: Language) -> bool:
    """Return whether ``paragraph`` begins as code, most of it is, and its first line could not be words as well."""
    first = paragraph[: _line_end(paragraph, 0)].strip()
    is_code = _MARKS.search(first) is not None or first_word(first) in language.blocks.statement_words
    wrong = _wrong_lines(paragraph, language)
    return is_code and 0 not in wrong and paragraph.count("\n") > 2 * len(wrong)


def _wrong_lines(code: str, language: Language) -> frozenset[int]:
    """Return which lines of ``code`` the grammar has no place for, unfinished ones left out."""
    grammar = language.tree_sitter
    if grammar is None or not language.can_parse(code):
        return frozenset()
    frame = language.blocks.frame if code[:1] in (" ", "\t") else ""
    lead, lines = frame.count("\n"), code.split("\n")
    wrong = (line - lead for line in _errors(grammar, frame + code))
    return frozenset(
        line for line in wrong if _errors(grammar, close(f"{lines[line].strip()}_", language.lexis))
    )


@lru_cache(maxsize=_REMEMBERED)
def _errors(grammar: tree_sitter.Language, code: str) -> frozenset[int]:
    """Return the lines of ``code`` with errors."""
    found: set[int] = set()
    todo = [parse(grammar, code.encode("utf-8", "surrogatepass")).root_node]
    while todo:
        node = todo.pop()
        if node.is_error or node.is_missing:
            found.update(range(node.start_point[0], node.end_point[0] + 1))
        elif node.has_error:
            todo += node.children
    return frozenset(found)


def _indentation_at(text: str, at: int) -> int:
    return indentation(text[text.rfind("\n", 0, at) + 1 : at])


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end
