"""What a completion is put into: the kind of place the cursor is at, and what stands right of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from soothsay_languages.analysis import DocumentAnalysis
from soothsay_languages.base import Language, Lexis
from soothsay_languages.scan import indentation, scan

Kind = Literal["code", "string", "comment"]

_WORD = re.compile(r"\w+")
_LAST_WORD = re.compile(r"(?<!\w)\w+\Z")
_LONGEST_WORD = 100
_FARTHEST = 20_000  # characters that are searched for the end of a statement


@dataclass(frozen=True)
class Place:
    """A cursor in a statement: ``before`` is the statement up to it, ``after`` what it goes on with, lines below included.

    ``kind`` is "string" only for a string that ends behind the cursor: one that is still open goes on as code does.
    ``quote`` is the delimiter of the string that the cursor is in, the sign of a comment for one, else "". ``words`` are
    those of the document that the word which the cursor is in the middle of could become.
    """

    language: Language
    before: str
    after: str = ""
    kind: Kind = "code"
    quote: str = ""
    words: frozenset[str] = frozenset()

    @cached_property
    def rest(self) -> str:
        """What stands right of the cursor on its line, without blanks at its end."""
        return self.after.partition("\n")[0].rstrip()

    @cached_property
    def word_rest(self) -> str:
        """The rest of the word that the cursor is in the middle of, "" where it is in none."""
        return _word_at(self.before, self.after)[1]

    @cached_property
    def word_middles(self) -> frozenset[str]:
        """What may be written in the middle of a word: what makes one of ``words`` of it."""
        begin, end = _word_at(self.before, self.after)
        return frozenset(word[len(begin) : -len(end)] for word in self.words)

    @property
    def is_settled(self) -> bool:
        """Whether nothing can be shown here, whatever is written."""
        return bool(self.word_rest) and not self.words

    @cached_property
    def is_multiline(self) -> bool:
        """Whether the string that the cursor is in may span lines."""
        return self.quote in self.language.lexis.multiline_strings

    def string_end(self, text: str) -> int:
        """Return where ``text``, written in the string, would end it; -1 where it stays inside."""
        return _find_end(text, self.quote, self.language.lexis, one_line=not self.is_multiline)


def _word_at(before: str, after: str) -> tuple[str, str]:
    """Return both parts of the word between ``before`` and ``after``; two empty ones where there is none."""
    begin, end = _LAST_WORD.search(before), _WORD.match(after)
    return (begin.group(), end.group()) if begin and end else ("", "")


def _longer_words(text: str, offset: int, language: Language) -> frozenset[str]:
    """Return the words of ``text`` that the one at ``offset`` lacks a middle of; none where it is a known word itself."""
    begin, end = _word_at(
        text[max(0, offset - _LONGEST_WORD) : offset], text[offset : offset + _LONGEST_WORD]
    )
    word = begin + end
    known = word in language.keywords or word in language.builtins
    if not word or known or len(re.findall(rf"\b{word}\b", text)) > 1:
        return frozenset()
    return frozenset(re.findall(rf"\b{begin}\w+{end}\b", text))


def place_at(analysis: DocumentAnalysis, offset: int) -> Place:
    """Return the place at ``offset``."""
    lexis = analysis.language.lexis
    before = analysis.statement_before(offset)
    start = offset - len(before)
    quote = scan(before, lexis).quote
    line_end = _line_end(analysis.text, offset)
    words = _longer_words(analysis.text, offset, analysis.language)
    if quote in lexis.comments:
        return Place(analysis.language, before, analysis.text[offset:line_end], "comment", quote, words)
    closed = bool(quote) and _is_closed(analysis.text, start, offset, quote, lexis)
    end = _statement_end(analysis.text, start, offset, analysis.language, in_string=closed)
    kind = "string" if closed else "code"
    return Place(analysis.language, before, analysis.text[offset:end], kind, quote, words)


def _is_closed(text: str, start: int, offset: int, quote: str, lexis: Lexis) -> bool:
    """Return whether the string that ``offset`` is in ends behind it, and is not the beginning of another one that does."""
    after = text[offset : offset + _FARTHEST]
    one_line = quote not in lexis.multiline_strings
    end = _find_end(after, quote, lexis, one_line=one_line)
    if end < 0 or after[end : end + 1] == "\n":
        return False
    if one_line or text.count(quote) % 2 == 0:
        return True
    depth = min(indentation(line) for line in text[start:offset].split("\n") if line.strip())
    inside = after[:end].split("\n")[1:]
    behind = after[end + len(quote) :]
    # lines less deep than all of the statement above are code, which the quote of another string follows
    dedented = any(line.strip() and indentation(line) < depth for line in inside[:-1])
    return not dedented and _WORD.match(behind) is None


def _find_end(text: str, quote: str, lexis: Lexis, *, one_line: bool) -> int:
    """Return where ``quote`` (or the line, of a string that must stay on one) ends in ``text``; -1 when it does not."""
    escaped = f"{re.escape(lexis.escape)}.|" if lexis.escape else ""
    ends = re.escape(quote) + ("|\n" if one_line else "")
    for match in re.finditer(f"{escaped}({ends})", text, re.DOTALL):
        if match.group(1) is not None:
            return match.start()
    return -1


def _statement_end(text: str, start: int, offset: int, language: Language, *, in_string: bool) -> int:
    """Return where the statement that begins at ``start`` ends: where its brackets close, or its lines are dedented.

    Dedented ones go on with a statement that is whole with them.
    """
    lexis, depth = language.lexis, indentation(text[start:offset])
    line_end = end = _line_end(text, offset)
    line = text[start:line_end]
    joined = bool(lexis.continuation) and line.endswith(lexis.continuation)
    state = scan(line, lexis)
    if not in_string and not joined and not state.closers:
        closed = None
        if state.quote in lexis.multiline_strings:
            closed = _closed_end(text, start, line_end, language)
        return line_end if closed is None else closed
    while end < min(len(text), offset + _FARTHEST):
        line = text[end + 1 : _line_end(text, end + 1)]
        dedented = line.strip() and indentation(line) <= depth and line.strip()[0] not in lexis.closing
        if dedented and not in_string:
            closed = _closed_end(text, start, line_end, language)
            end = end if closed is None else closed
            break
        end += 1 + len(line)
    ends = scan(text[start : end + 1], lexis).ends
    return next((start + each for each in ends if start + each >= line_end), min(end, len(text)))


def _closed_end(text: str, start: int, line_end: int, language: Language) -> int | None:
    """Return where brackets and strings of the statement at ``start`` close below ``line_end``; None where it is not whole there."""
    code = text[start : line_end + _FARTHEST]
    end = next((each for each in scan(code, language.lexis).ends if start + each > line_end), len(code))
    frame = language.blocks.frame if indentation(code) else ""
    return start + end if language.is_whole(frame + code[:end]) else None


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end
