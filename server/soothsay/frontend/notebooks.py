"""Notebook cells as Python: a cell is completed with the code cells above it as context."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from lsprotocol import types

SYNC = types.NotebookDocumentSyncOptions(
    notebook_selector=[
        types.NotebookDocumentFilterWithCells(
            notebook="jupyter-notebook", cells=[types.NotebookCellLanguage(language="python")]
        )
    ]
)

# IPython's own syntax: `%timeit f()`, `!pip install x`, `?print`
_MAGIC = re.compile(r"^(\s*)[%!?]", re.MULTILINE)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_STILL_PYTHON = frozenset({"time", "timeit", "capture", "prun"})


def code_cells_above(notebook: types.NotebookDocument, cell_uri: str) -> Iterator[str]:
    """Yield the URIs of the code cells above the cell ``cell_uri``, from the top."""
    for cell in notebook.cells:
        if unquote(cell.document) == unquote(cell_uri):
            return
        if cell.kind == types.NotebookCellKind.Code:
            yield cell.document


def context(cells: Sequence[str]) -> str:
    """Return one Python text from the texts of ``cells``; empty, or ending in a blank line."""
    return "".join(f"{as_python(cell).rstrip()}\n\n" for cell in cells if is_python(cell))


def is_python(cell: str) -> bool:
    """Return whether ``cell`` is Python; False for ``%%bash`` and other cells in another language."""
    magic = _CELL_MAGIC.match(cell)
    return magic is None or magic.group(1) in _STILL_PYTHON


def as_python(cell: str) -> str:
    """Return ``cell`` with IPython's magics as comments; its length stays the same."""
    return _MAGIC.sub(r"\1#", cell)
