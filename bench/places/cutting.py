"""Places in real files at which a person may stand: where the cursor is, what was removed there, what was broken above.

Each kind is a function of a file that returns all its places of that kind. What is removed never holds one bracket of a
pair whose other bracket stays on another line, so that a file with the answer in it, or with another answer of one
line, can parse.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from bench.repo.symbols import parse

from soothsay_languages.lines import LineTable

_FEWEST_LINES = 12  # above
_SHORTEST, _LONGEST = 3, 110  # characters of what is removed
_FAR = 15  # lines between what is broken and the cursor, at least
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.Assert, ast.Delete)
_BLOCKS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.AsyncFor,
)
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_PLAIN_STRING = re.compile(r"""[rbuf]*(['"])(?!\1\1)(.*)\1""", re.I)
_SPACES = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
_BROKEN_BRACKETS = ("settings = dict(\n", "limits = [\n", "names = {\n", "print(len(\n")
_BROKEN_QUOTES = (
    'NOTE = """\n',
    "title = 'untitled\n",
    '"""Notes on what follows.\n',
    'greeting = f"hello {\n',
)


@dataclass(frozen=True, slots=True)
class Place:
    """A document and its cursor. ``answer`` is what stood there; "" where nothing was removed.

    ``broken`` are the offsets of what was put into the document to break it: without it, and with the answer, it parses.
    """

    text: str
    offset: int
    answer: str
    broken: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Word:
    """A token of Python, by offsets."""

    kind: int
    text: str
    start: int
    end: int
    line: int  # 0-based


class File:
    """A Python file that parses, with what its places are found by."""

    def __init__(self, text: str) -> None:
        tree = parse(text)
        if tree is None:
            raise ValueError("the file does not parse")
        self.text, self.tree = text, tree
        self.lines = text.split("\n")
        self._table = LineTable(text)

    def at(self, line: int, column: int = 0) -> int:
        """Return the offset of a line and a column of code points, both 0-based."""
        return self._table.offset(line, column)

    def line_end(self, line: int) -> int:
        """Return the offset of the end of a line."""
        return self.at(line) + len(self.lines[line])

    def cut(self, start: int, end: int) -> Place:
        """Return the place at ``start`` without the text up to ``end``."""
        return Place(self.text[:start] + self.text[end:], start, self.text[start:end])

    def whole(self, offset: int) -> Place:
        """Return the place at ``offset``, with nothing removed."""
        return Place(self.text, offset, "")

    def rest(self, start: int, line: int) -> Place | None:
        """Return the place at ``start`` without the rest of its line; None where that is too short or too long."""
        end = self.at(line) + len(self.lines[line].rstrip())
        return self.cut(start, end) if _SHORTEST <= end - start <= _LONGEST else None

    @cached_property
    def words(self) -> list[Word]:
        """The tokens that are neither line ends nor indentation."""
        read = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [
            Word(token.type, token.string, self.at(token.start[0] - 1, token.start[1]), self.at(token.end[0] - 1, token.end[1]), token.start[0] - 1)
            for token in read if token.type not in _SPACES
        ]  # fmt: skip

    @cached_property
    def by_line(self) -> dict[int, list[Word]]:
        """`words` by the line on which they begin."""
        found: dict[int, list[Word]] = {}
        for word in self.words:
            found.setdefault(word.line, []).append(word)
        return found

    @cached_property
    def pairs(self) -> list[tuple[Word, Word]]:
        """Brackets and their closers."""
        found, left = [], []
        for word in self.words:
            if word.kind == tokenize.OP and word.text in _PAIRS:
                left.append(word)
            elif word.kind == tokenize.OP and word.text in _PAIRS.values():
                found.append((left.pop(), word))
        return found

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """The simple statements of one line, which stand alone there, not too near the beginning of the file."""
        return [
            node for node in ast.walk(self.tree)
            if isinstance(node, _SIMPLE) and node.lineno == node.end_lineno and node.lineno > _FEWEST_LINES
            and self._is_alone(node) and not _is_docstring(node)
        ]  # fmt: skip

    def _is_alone(self, node: ast.stmt) -> bool:
        line = self.lines[node.lineno - 1]
        return line.encode()[node.col_offset : node.end_col_offset].decode() == line.strip()

    @cached_property
    def docstrings(self) -> list[Word]:
        """The tokens of docstrings in triple double quotes."""
        starts = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0] if node.body else None
                if isinstance(first, ast.Expr) and _is_docstring(first):
                    starts.add(first.lineno - 1)
        strings = (word for word in self.words if word.kind == tokenize.STRING and word.line in starts)
        return [word for word in strings if word.text.startswith('"""')]

    def of_statements(self) -> Iterator[tuple[int, list[Word]]]:
        """Yield the line and the tokens of each of `statements`."""
        for node in self.statements:
            yield node.lineno - 1, self.by_line[node.lineno - 1]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _kept(places: Iterator[Place | None]) -> Iterator[Place]:
    return (place for place in places if place is not None)


def middle_of_line(file: File) -> Iterator[Place]:
    """Between two tokens of a statement, nothing removed."""
    for _, words in file.of_statements():
        for word in words[1:]:
            yield file.whole(word.start)


def middle_of_word(file: File) -> Iterator[Place]:
    """In a name, nothing removed."""
    for _, words in file.of_statements():
        for word in words:
            if word.kind == tokenize.NAME and len(word.text) >= 5:
                yield file.whole(word.start + 2 + len(word.text) % (len(word.text) - 3))


def begun_word(file: File) -> Iterator[Place]:
    """After the first letters of a name, the rest of the line removed."""

    def found() -> Iterator[Place | None]:
        for line, words in file.of_statements():
            for before, word in pairwise(words):
                if word.kind == tokenize.NAME and len(word.text) >= 5 and before.text in (".", "=", "(", ","):
                    yield file.rest(word.start + 2, line)

    return _kept(found())


def attribute(file: File) -> Iterator[Place]:
    """After the dot of an attribute, the rest of the line removed."""

    def found() -> Iterator[Place | None]:
        for line, words in file.of_statements():
            for before, dot in pairwise(words):
                if dot.text == "." and (before.kind == tokenize.NAME or before.text in (")", "]")):
                    yield file.rest(dot.end, line)

    return _kept(found())


def argument(file: File) -> Iterator[Place]:
    """In a call after its bracket or a comma, the rest of the line removed."""

    def found() -> Iterator[Place | None]:
        for line, words in file.of_statements():
            for before, word, after in zip(words, words[1:], words[2:], strict=False):
                opens = word.text == "(" and before.kind == tokenize.NAME
                if (opens and after.text != ")") or word.text == ",":
                    yield file.rest(after.start, line)

    return _kept(found())


def expression(file: File) -> Iterator[Place]:
    """After `=` or `return`, the rest of the line removed."""

    def found() -> Iterator[Place | None]:
        for line, words in file.of_statements():
            for word, after in pairwise(words[:3]):
                if word.text in ("=", "return"):
                    yield file.rest(after.start, line)

    return _kept(found())


def statement(file: File) -> Iterator[Place]:
    """Where a statement is to be written, its line empty but for the indentation."""
    return _kept(file.rest(words[0].start, line) for line, words in file.of_statements())


def after_statement(file: File) -> Iterator[Place]:
    """At the end of a finished statement, nothing removed."""
    return (file.whole(words[-1].end) for _, words in file.of_statements())


def before_closer(file: File) -> Iterator[Place]:
    """Between two brackets of a line, what stood between them removed."""
    for opens, closes in file.pairs:
        if opens.line == closes.line >= _FEWEST_LINES and _SHORTEST <= closes.start - opens.end <= _LONGEST:
            yield file.cut(opens.end, closes.start)


def closer_on_next_line(file: File) -> Iterator[Place]:
    """After the last item of a list of several lines, whose closer stands on the next line; or where that item stood."""
    for opens, closes in file.pairs:
        line = closes.line - 1
        alone = file.lines[closes.line].lstrip().startswith(closes.text)
        item = file.lines[line].strip()
        if opens.line < line and line >= _FEWEST_LINES and alone and _is_item(item):
            yield file.whole(file.line_end(line))
            yield file.cut(file.line_end(line) - len(file.lines[line].lstrip()), file.line_end(line))


def in_items(file: File) -> Iterator[Place]:
    """In an item of a list or dictionary of several lines, the rest of its line removed."""

    def found() -> Iterator[Place | None]:
        for opens, closes in file.pairs:
            for line in range(max(opens.line + 1, _FEWEST_LINES), closes.line):
                words = file.by_line.get(line, [])
                if len(words) > 2 and _is_item(file.lines[line].strip()):
                    yield file.rest(words[len(words) // 2].start, line)

    return _kept(found())


def _is_item(line: str) -> bool:
    """Whether a line may be one whole item of a list, a dictionary or a call."""
    item = line.removesuffix(",")
    return bool(item) and any(
        parse(each.format(item)) is not None for each in ("f({})", "[{}]", "_ = {{{}}}")
    )


def string(file: File) -> Iterator[Place]:
    """In a string of one line, its rest removed but for the closing quote."""
    docstrings = {word.start for word in file.docstrings}
    for word in file.words:
        found = _PLAIN_STRING.fullmatch(word.text) if word.kind == tokenize.STRING else None
        if found and word.start not in docstrings and word.line >= _FEWEST_LINES and len(found[2]) >= 6:
            for begun in (0, len(found[2]) // 2):
                start = word.start + found.start(2) + begun
                if file.text[start - 1] != "\\" and "{" not in found[2]:
                    yield file.cut(start, word.start + found.end(2))


def comment(file: File) -> Iterator[Place]:
    """In a comment, after its first words."""

    def found() -> Iterator[Place | None]:
        for word in file.words:
            begun = re.match(r"#+\s*\w+(\s+\w+)?\s+(?=\w+\s+\w+)", word.text)
            if word.kind == tokenize.COMMENT and begun and word.line >= _FEWEST_LINES:
                yield file.rest(word.start + begun.end(), word.line)

    return _kept(found())


def docstring(file: File) -> Iterator[Place]:
    """In a docstring: in an empty one, its quotes closed, or in the middle of its first line."""
    for word in file.docstrings:
        first = word.text.split("\n")[0].removesuffix('"""')
        if len(first) >= 12:
            yield file.cut(word.start + 3, word.end - 3)
            middle = first.rfind(" ", 4, 3 + len(first) // 2) + 1
            if middle > 4:
                yield file.cut(word.start + middle, word.start + len(first.rstrip()))


def header(file: File) -> Iterator[Place]:
    """In the header of a block, after its first word or its bracket, the rest of the line removed."""
    return _headers(file, decorated=False)


def decorated_header(file: File) -> Iterator[Place]:
    """In a header below a decorator with brackets or below a comment."""
    return _headers(file, decorated=True)


def _headers(file: File, *, decorated: bool) -> Iterator[Place]:
    for node in ast.walk(file.tree):
        if not isinstance(node, _BLOCKS) or node.lineno <= _FEWEST_LINES:
            continue
        line = node.lineno - 1
        written, above = file.lines[line].rstrip(), file.lines[line - 1].strip()
        if (above.startswith("#") or (above.startswith("@") and above.endswith(")"))) != decorated:
            continue
        if written.endswith(":") and node.body[0].lineno > node.lineno:
            for found in list(re.finditer(r"^\s*\w+ |\w+(?=\()|(?<=\()", written))[:3]:
                place = file.rest(file.at(line) + found.end(), line)
                if place is not None:
                    yield place


def imported(file: File) -> Iterator[Place]:
    """In an import of one line: after `import`, or in the middle of the module's name."""

    def found() -> Iterator[Place | None]:
        for node in file.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom) and node.lineno == node.end_lineno:
                line = node.lineno - 1
                written = file.lines[line]
                for at in (written.find("import ") + 7, written.find(" ") + 1):
                    yield file.rest(file.at(line, at), line)

    return _kept(found())


def new_file(file: File) -> Iterator[Place]:
    """In a file with nothing in it, or no more than its first words."""
    first = file.text.split("\n")[0]
    for begun in (
        "",
        "\n",
        "#!/usr/bin/env python3\n",
        "# -*- coding: utf-8 -*-\n",
        "from __future__ import annotations\n\n",
    ):
        yield Place(begun, len(begun), first)
    for line, written in enumerate(file.lines[:60]):
        if found := re.match(r"(import|from|class|def|async def) (?=\w)", written):
            yield Place(found[0], found.end(), written[found.end() :])
            above = "\n".join([*file.lines[:line], ""])
            if parse(above) is not None and len(above) < 400:
                yield Place(above + found[0], len(above) + found.end(), written[found.end() :])


def bracket_above(file: File) -> Iterator[Place]:
    """An attribute or an argument, far below a bracket that nobody has closed."""
    return _broken(file, _BROKEN_BRACKETS)


def quote_above(file: File) -> Iterator[Place]:
    """An attribute or an argument, far below a quote that nobody has closed."""
    return _broken(file, _BROKEN_QUOTES)


def _broken(file: File, breaks: tuple[str, ...]) -> Iterator[Place]:
    starts = [node.lineno - 1 for node in file.tree.body if not getattr(node, "decorator_list", None)]
    for number, place in enumerate([*attribute(file), *argument(file)]):
        line = place.text.count("\n", 0, place.offset)
        far = [start for start in starts if start <= line - _FAR]
        if far:
            at, put = file.at(far[number % len(far)]), breaks[number % len(breaks)]
            text = place.text[:at] + put + place.text[at:]
            yield Place(text, place.offset + len(put), place.answer, (at, at + len(put)))


def crlf(file: File) -> Iterator[Place]:
    """An attribute, an argument, a statement or a header in a file with Windows' line ends."""
    for find in (attribute, argument, statement, header, before_closer):
        for place in find(file):
            offset = place.offset + place.text.count("\n", 0, place.offset)
            yield replace(place, text=place.text.replace("\n", "\r\n"), offset=offset)


KINDS: Mapping[str, Callable[[File], Iterator[Place]]] = {
    "attribute": attribute, "argument": argument, "begun word": begun_word, "expression": expression,
    "statement": statement, "import": imported, "header": header, "header below a decorator or comment": decorated_header,
    "middle of a line": middle_of_line, "middle of a word": middle_of_word, "after a finished statement": after_statement,
    "before a closer": before_closer, "closer on the next line": closer_on_next_line, "in an item of several lines": in_items,
    "string": string, "comment": comment, "docstring": docstring, "new file": new_file,
    "unclosed bracket above": bracket_above, "unclosed quote above": quote_above, "Windows line ends": crlf,
}  # fmt: skip
PROSE = ("string", "comment", "docstring")
