"""The analysis of a document: one immutable snapshot of a text in a language, for everything that asks about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from soothsay_languages.base import Language
from soothsay_languages.calls import Call, calls_of
from soothsay_languages.lines import LineTable
from soothsay_languages.scan import Scan, close, scan
from soothsay_languages.syntax import Parsed, parse, parse_again

_LOOK_BACK = 64_000  # characters scanned to find where a statement begins


@dataclass(frozen=True, eq=False)
class DocumentAnalysis:
    """What is read from ``text`` in ``language``. Parts are made when they are first asked for, and kept.

    ``parsed`` is None for a language without a grammar. ``checkpoint`` is an offset at which a statement is known to
    begin. Offsets are code points unless they are called bytes.
    """

    text: str
    language: Language
    parsed: Parsed | None = None
    checkpoint: int = 0
    _statements: dict[int, int] = field(default_factory=dict, repr=False)

    @cached_property
    def lines(self) -> LineTable:
        """The lines, and positions in every encoding."""
        return LineTable(self.text)

    @cached_property
    def calls(self) -> list[Call]:
        """The calls whose name is known, in source order, outer ones first."""
        return [] if self.parsed is None else calls_of(self.language, self.parsed.tree.root_node)

    def statement_start(self, offset: int) -> int:
        """Return the offset of the first line of the statement that ``offset`` is in."""
        if offset not in self._statements:
            begin = self.checkpoint
            if not 0 <= offset - begin <= _LOOK_BACK:
                begin = max(0, offset - _LOOK_BACK)
                if begin:
                    begin = self.text.find("\n", begin, offset) + 1
            self._statements[offset] = begin + scan(self.text[begin:offset], self.language.lexis).statement
        return self._statements[offset]

    def statement_before(self, offset: int) -> str:
        """Return the statement that ``offset`` is in, up to there."""
        return self.text[self.statement_start(offset) : offset]

    def scan_to(self, offset: int) -> Scan:
        """Return where the statement that ``offset`` is in stands there; offsets in it count from its start."""
        return scan(self.statement_before(offset), self.language.lexis)

    def in_string_or_comment(self, offset: int) -> bool:
        """Return whether ``offset`` is inside of a string or a comment."""
        return bool(self.scan_to(offset).quote)


def analyse(text: str, language: Language, before: DocumentAnalysis | None = None) -> DocumentAnalysis:
    """Return the analysis of ``text``; only what differs from ``before``, an older text of the document, is read."""
    if before is not None and before.language is not language:
        before = None
    grammar = language.tree_sitter
    parsed = None
    if grammar is not None and language.can_parse(text):
        source = text.encode("utf-8", "surrogatepass")
        parsed = parse_again(grammar, before.parsed if before is not None else None, source)
    return DocumentAnalysis(text, language, parsed, _checkpoint(text, before))


@dataclass(frozen=True, eq=False)
class Fragment:
    """A piece of code that is being written, closed and read alone. ``lead`` is how many bytes of the tree's source come
    before it; ``parsed`` is None for a language without a grammar."""

    language: Language
    parsed: Parsed | None
    lead: int

    @cached_property
    def calls(self) -> list[Call]:
        """The calls whose name is known, in source order, outer ones first."""
        return [] if self.parsed is None else calls_of(self.language, self.parsed.tree.root_node)


def read_fragment(code: str, language: Language) -> Fragment:
    """Return what is read from ``code``, which begins with a statement and may end in the middle of one."""
    if language.tree_sitter is None or not language.can_parse(code):
        return Fragment(language, None, 0)
    frame = language.blocks.frame if code[:1] in (" ", "\t") else ""
    source = (frame + close(code, language.lexis)).encode("utf-8", "surrogatepass")
    return Fragment(language, Parsed(source, parse(language.tree_sitter, source)), len(frame))


def _checkpoint(text: str, before: DocumentAnalysis | None) -> int:
    """Return the last known start of a statement of ``before`` up to which nothing has changed."""
    if before is None:
        return 0
    known = sorted({before.checkpoint, *before._statements.values()}, reverse=True)
    return next((start for start in known if text.startswith(before.text[:start])), 0)
