"""The analysis of a document: one immutable snapshot of a text in a language, for everything that asks about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tree_sitter import Node

from soothsay_languages.base import Language
from soothsay_languages.calls import Call, calls_of
from soothsay_languages.lines import LineTable
from soothsay_languages.recovery import OpenString, completed, next_statement, open_string
from soothsay_languages.scan import Scan, close, indentation, scan
from soothsay_languages.scopes import ModuleName, NamesAt, ScopeTree
from soothsay_languages.syntax import Parsed, parse, parse_again

_NO_MODULE = ModuleName()
_LOOK_BACK = 64_000  # characters scanned to find where a statement begins


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the statement of an offset begins.

    ``broken`` are statements above it that were left open, with where the next one begins. ``scanned`` is its start if
    all of them went on, None where a string was left open.
    """

    start: int
    scanned: int | None
    broken: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class DocumentAnalysis:
    """What is read from ``text`` in ``language``. Parts are made when they are first asked for, and kept.

    ``parsed`` is None for a language without a grammar. ``module`` is its own name, from which relative imports start.
    ``checkpoint`` is an offset at which a statement is known to
    begin. Offsets are code points unless they are called bytes.
    """

    text: str
    language: Language
    parsed: Parsed | None = None
    module: ModuleName = _NO_MODULE
    checkpoint: int = 0
    _places: dict[int, _Place] = field(default_factory=dict, repr=False)
    _names: dict[int, NamesAt | None] = field(default_factory=dict, repr=False)

    @cached_property
    def lines(self) -> LineTable:
        """The lines, and positions in every encoding."""
        return LineTable(self.text)

    @cached_property
    def calls(self) -> list[Call]:
        """The calls whose name is known, in source order, outer ones first."""
        return [] if self.parsed is None else calls_of(self.language, self.parsed.tree.root_node)

    @cached_property
    def scopes(self) -> ScopeTree | None:
        """What it binds; None for a language that does not say."""
        binder = self.language.scope_binder
        if binder is None or self.parsed is None:
            return None
        return binder.bind(self.parsed, self.module, None)

    def fragment(self, offset: int, written: str) -> Fragment:
        """Return the statement that ``offset`` is in, up to there, with what is ``written`` behind it."""
        around = self.names_before_statement(offset)
        return read_fragment(self.statement_before(offset) + written, self.language, self.module, around)

    def names_before_statement(self, offset: int) -> NamesAt | None:
        """Return what names stand for where the statement that ``offset`` is in begins.

        That statement may be unfinished: a placeholder stands for it, so that it does not break what is around it. A query
        of names reads unfinished code as any other: of that, the line alone is left out.
        """
        start = self.statement_start(offset)
        if self.language.binder is None:
            start = max(start, self.text.rfind("\n", 0, offset) + 1)
        if start not in self._names:
            self._names[start] = self._names_without(start, offset)
        return self._names[start]

    def _names_without(self, start: int, offset: int) -> NamesAt | None:
        grammar, placeholder = self.language.tree_sitter, self.language.blocks.placeholder
        binder = self.language.scope_binder
        if binder is None or self.parsed is None or grammar is None:
            return None
        begin = start + indentation(self.text[start:offset])
        end = self._statement_end(start, offset)
        head = self._mended(begin, self._place(offset).broken).encode("utf-8", "surrogatepass")
        tail = self.text[end:].encode("utf-8", "surrogatepass")
        source = head + placeholder.encode() + tail
        parsed = parse_again(grammar, self.parsed, source + self._missing_closers(start, source))
        scopes = binder.bind(parsed, self.module, None)
        byte = len(head)
        # without a placeholder, what is before it says where it is
        first = byte if placeholder else max(0, len(head.rstrip()) - 1)
        node = parsed.tree.root_node.descendant_for_byte_range(first, max(byte, first) + len(placeholder))
        return NamesAt(scopes.root if node is None else scopes.of(node), byte)

    def _missing_closers(self, start: int, source: bytes) -> bytes:
        """Return lines that close what ``source`` leaves open, where a query reads it: so do functions being written."""
        if self.language.binder is not None:
            return b""
        whole = bool(self.language.lexis.block)  # the statement says nothing of the blocks around it
        first = self._look_back(start) if whole else self.statement_start(start)
        begin = len(self.text[:first].encode("utf-8", "surrogatepass"))
        closers = scan(source[begin:].decode("utf-8", "surrogatepass"), self.language.lexis).closers
        return "".join(f"\n{closer}" for closer in closers).encode()

    def _statement_end(self, start: int, offset: int) -> int:
        """Return where the statement that begins at ``start`` ends: where its brackets close, or its lines are dedented."""
        lexis, depth = self.language.lexis, indentation(self.text[start:offset])
        line_end = end = _line_end(self.text, offset)
        if not scan(self.text[start:line_end], lexis).closers:
            return line_end
        while end < len(self.text):
            line = self.text[end + 1 : _line_end(self.text, end + 1)]
            if line.strip() and indentation(line) <= depth and line.strip()[0] not in lexis.closing:
                break
            end += 1 + len(line)
        ends = scan(self.text[start:end], lexis).ends
        return next((start + each for each in ends if start + each >= line_end), end)

    def _mended(self, end: int, broken: Sequence[tuple[int, int]]) -> str:
        """Return the text up to ``end``, with what ``broken`` statements lack."""
        mended, at = "", 0
        for start, after in broken:
            mended += self.text[at:start] + completed(self.text, start, after, self.language) + "\n"
            at = after
        return mended + self.text[at:end]

    def statement_start(self, offset: int) -> int:
        """Return the offset of the first line of the statement that ``offset`` is in.

        One that was left open further up ends where the next one evidently begins.
        """
        return self._place(offset).start

    def _place(self, offset: int) -> _Place:
        if offset not in self._places:
            self._places[offset] = self._find(offset)
        return self._places[offset]

    def _find(self, offset: int) -> _Place:
        text, language, string = self.text, self.language, self.open_string
        broken: list[tuple[int, int]] = []
        begin = self.checkpoint if 0 <= offset - self.checkpoint <= _LOOK_BACK else self._look_back(offset)
        if string is not None and string.start < offset:
            begin = self._look_back(string.start)
            if string.end <= offset:
                broken.append(
                    (begin + scan(text[begin : string.start], language.lexis).statement, string.end)
                )
                begin = max(string.end, self._look_back(offset))
        start = begin + scan(text[begin:offset], language.lexis).statement
        scanned = start if string is None or offset <= string.start else None
        while (following := next_statement(text, start, offset, language)) is not None:
            broken.append((start, following))
            start = following + scan(text[following:offset], language.lexis).statement
        return _Place(start, scanned, tuple(broken))

    def _look_back(self, offset: int) -> int:
        """Return the start of a line from which ``offset`` is scanned, as if no statement went on over it."""
        begin = max(0, offset - _LOOK_BACK)
        return self.text.find("\n", begin, offset) + 1 if begin else 0

    @cached_property
    def open_string(self) -> OpenString | None:
        """The string of several lines that was left open: code below it reads as a string, and strings as code."""
        return open_string(self.text, self.language)

    def statement_before(self, offset: int) -> str:
        """Return the statement that ``offset`` is in, up to there."""
        return self.text[self.statement_start(offset) : offset]

    def scan_to(self, offset: int) -> Scan:
        """Return where the statement that ``offset`` is in stands there; offsets in it count from its start."""
        return scan(self.statement_before(offset), self.language.lexis)

    def in_string_or_comment(self, offset: int) -> bool:
        """Return whether ``offset`` is inside of a string or a comment."""
        return bool(self.scan_to(offset).quote)


def analyse(
    text: str,
    language: Language,
    before: DocumentAnalysis | None = None,
    module: ModuleName = _NO_MODULE,
) -> DocumentAnalysis:
    """Return the analysis of ``text``; only what differs from ``before``, an older text of the document, is read."""
    if before is not None and before.language is not language:
        before = None
    grammar = language.tree_sitter
    parsed = None
    if grammar is not None and language.can_parse(text):
        source = text.encode("utf-8", "surrogatepass")
        parsed = parse_again(grammar, before.parsed if before is not None else None, source)
    return DocumentAnalysis(text, language, parsed, module, _checkpoint(text, before))


@dataclass(frozen=True, eq=False)
class Fragment:
    """A piece of code that is being written, closed and read alone.

    ``lead`` is how many bytes of the tree's source come before it, ``size`` how many it has before it is closed.
    ``parsed`` is None for a language without a grammar. ``around`` are the names where it stands in its document.
    """

    language: Language
    parsed: Parsed | None
    lead: int
    size: int
    module: ModuleName = _NO_MODULE
    around: NamesAt | None = None

    @cached_property
    def calls(self) -> list[Call]:
        """The calls whose name is known, in source order, outer ones first."""
        return [] if self.parsed is None else calls_of(self.language, self.parsed.tree.root_node)

    @cached_property
    def scopes(self) -> ScopeTree | None:
        """What it binds itself; None for a language that does not say."""
        binder = self.language.scope_binder
        if binder is None or self.parsed is None:
            return None
        return binder.bind(self.parsed, self.module, self.around)

    def names_at(self, node: Node) -> NamesAt | None:
        """Return what names stand for where ``node`` of its tree begins."""
        return None if self.scopes is None else NamesAt(self.scopes.of(node), node.start_byte)

    @cached_property
    def names_at_end(self) -> NamesAt | None:
        """What names stand for where it ends; None for a language that does not say."""
        if self.scopes is None or self.parsed is None:
            return None
        end = self.lead + self.size
        node = self.parsed.tree.root_node.descendant_for_byte_range(max(0, end - 1), end)
        return NamesAt(self.scopes.root if node is None else self.scopes.of(node), end)


def read_fragment(
    code: str, language: Language, module: ModuleName = _NO_MODULE, around: NamesAt | None = None
) -> Fragment:
    """Return what is read from ``code``, which begins with a statement and may end in the middle of one."""
    size = len(code.encode("utf-8", "surrogatepass"))
    if language.tree_sitter is None or not language.can_parse(code):
        return Fragment(language, None, 0, size)
    frame = language.blocks.frame if code[:1] in (" ", "\t") else ""
    source = (frame + close(code, language.lexis)).encode("utf-8", "surrogatepass")
    parsed = Parsed(source, parse(language.tree_sitter, source))
    return Fragment(language, parsed, len(frame), size, module, around)


def _checkpoint(text: str, before: DocumentAnalysis | None) -> int:
    """Return the last known start of a statement of ``before`` up to which nothing has changed."""
    if before is None:
        return 0
    known = {
        before.checkpoint,
        *(each.scanned for each in before._places.values() if each.scanned is not None),
    }
    return next((at for at in sorted(known, reverse=True) if text.startswith(before.text[:at])), 0)


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end
