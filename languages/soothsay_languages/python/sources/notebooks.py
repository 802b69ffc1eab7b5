"""Jupyter notebooks: cells in order, so that a cell knows what the ones above it import and define.

Lines are those of the ``.ipynb`` file, which holds each line of a cell as a string of its own. Outputs are never
looked at: they hold data, not code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.markdown import outline_of
from soothsay_index.sources.trees import Branch, parse_json
from soothsay_index.types import Chunk, Symbol
from soothsay_languages.python.cells import PythonCells
from soothsay_languages.python.imports import parse_imports
from soothsay_languages.python.sources.chunking import MAX_LINES, cut_python

_MOST = 4_000
# A cell of nothing but comments, imports and magics, or (in Markdown) of headings, is not worth showing.
_NOISE = re.compile(r"^\s*(#.*|(import|from)\s.*|[%!].*)?$")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a notebook: its lines, and where each of them stands in the file (1-based)."""

    number: int  # from 1, among all cells
    kind: str  # code, markdown, raw
    lines: tuple[str, ...]
    rows: tuple[int, ...]
    level: int = 0  # of the heading cells of format 3


class Notebooks:
    """One chunk a cell, titled with the headings above it; definitions are symbols of the notebook."""

    @property
    def name(self) -> str:
        """Return ``notebook``."""
        return "notebook"

    def handles(self, path: PurePath) -> bool:
        """Return True for ``.ipynb`` files, in upper or lower case."""
        return path.suffix.lower() == ".ipynb"

    def cut(self, text: str, place: IndexedFile) -> FileFacts | None:
        """Return the cells as chunks, and what the code cells import and define if they are Python.

        Cells of only comments, imports, magics or headings give no chunk. None when no cell has text.
        """
        root = parse_json(text)
        cells = list(cells_of(root))
        if not cells:
            return None
        is_python = _language(root) in {"", "python", "ipython"}
        facts = _python_facts(cells, place) if is_python else FileFacts()
        chunks: list[Chunk] = []
        above: list[tuple[int, str]] = []
        for cell in cells:
            if cell.kind in {"markdown", "heading"}:
                above = _headings(above, cell)
            title = " > ".join([*(heading for _, heading in above), f"cell {cell.number}"])
            if not all(_NOISE.match(line) for line in cell.lines):
                chunks += _chunks(cell, title, place, facts.symbols)
        return replace(facts, chunks=tuple(chunks))


def cells_of(root: Branch) -> Iterator[Cell]:
    """Yield the cells of a notebook of format 3 or 4 that have a text, in order."""
    branches = list(root.get("cells").items())
    if not branches:  # format 3
        for sheet in root.get("worksheets").items():
            branches += sheet.get("cells").items()
    for number, branch in enumerate(branches, 1):
        kind = branch.get("cell_type").text
        source = branch.get("input" if kind == "code" else "source")
        if not source.exists:
            source = branch.get("source")
        lines, rows = _source(source)
        if any(line.strip() for line in lines):
            level = branch.get("level").text
            yield Cell(number, kind, lines, rows, int(level) if level.isdecimal() else 0)


def _source(source: Branch) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the lines of a cell and the rows they stand in: a list of strings, or a single string for all."""
    pieces: Iterable[Branch] = source.items() if source.is_list else [source]
    lines, rows = [""], [source.lines[0]]
    for piece in pieces:
        row = piece.lines[0]
        first, *more = piece.text.split("\n")
        if not lines[-1]:
            rows[-1] = row
        lines[-1] += first
        lines += more
        rows += [row] * len(more)
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
        rows.pop()
    return tuple(lines), tuple(rows)


def _language(root: Branch) -> str:
    metadata = root.get("metadata")
    found = metadata.get("language_info", "name").text or metadata.get("kernelspec", "language").text
    return found.lower()


def _headings(above: Sequence[tuple[int, str]], cell: Cell) -> list[tuple[int, str]]:
    """Return the headings that hold after a cell: each ends the ones of its level and below."""
    found = [(heading.level, heading.title) for heading in outline_of(cell.lines).headings]
    if cell.kind == "heading":
        found = [(cell.level or 1, " ".join(cell.lines))]
    current = list(above)
    for level, title in found:
        current = [(other, name) for other, name in current if other < level]
        if title:
            current.append((level, title[:100]))
    return current


def _python_facts(cells: Sequence[Cell], place: IndexedFile) -> FileFacts:
    """Return what the code cells import and define, one after the other as if they were one file.

    No other file can import a notebook, so its definitions belong to an owner that no import can name.
    """
    lines: list[str] = []
    rows: list[int] = []
    for cell in cells:
        if cell.kind == "code":
            lines += _as_python(cell.lines)
            rows += cell.rows
    source = "\n".join(lines)
    owner = f"notebook:{place.path}"
    facts = cut_python(source, place.path, place.uri, owner, place.package)
    shown = PurePath(place.path).stem
    symbols = tuple(
        replace(
            symbol,
            qualified_name=f"{shown}{symbol.qualified_name.removeprefix(owner)}",
            line=rows[min(symbol.line, len(rows)) - 1] if rows else 1,
        )
        for symbol in facts.symbols
    )
    # a cell may be run twice, in any order, or never: nothing can be denied
    owners = tuple(replace(facts, closed=False) for facts in facts.owners)
    return FileFacts(symbols=symbols, owners=owners, imports=parse_imports(source))


def _as_python(lines: Sequence[str]) -> list[str]:
    """Return the lines as Python; those of a cell for another program are empty."""
    code = PythonCells().code("\n".join(lines))
    return [""] * len(lines) if code is None else code.text.split("\n")


def _chunks(cell: Cell, title: str, place: IndexedFile, symbols: Sequence[Symbol]) -> Iterator[Chunk]:
    """Yield the cell as a chunk, as more only when it is very long."""
    defined = [
        symbol
        for symbol in symbols
        if symbol.kind in {"function", "class"} and cell.rows[0] <= symbol.line <= cell.rows[-1]
    ]
    symbol = defined[0] if cell.kind == "code" and len(defined) == 1 else None
    for start in range(0, len(cell.lines), MAX_LINES):
        end = min(start + MAX_LINES, len(cell.lines))
        text = "\n".join(cell.lines[start:end])[:_MOST].strip("\n")
        if text.strip():
            kind = "code" if cell.kind == "code" else "prose"
            yield Chunk(
                place.path, place.uri, cell.rows[start], cell.rows[end - 1], text, symbol, title, kind
            )
