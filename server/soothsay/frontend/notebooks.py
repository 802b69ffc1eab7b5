"""Notebooks of any language that has cells: what is synchronized, and which cells stand above another."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from lsprotocol import types

from soothsay.frontend.documents import Document, EditorWorkspace
from soothsay.frontend.languages import language_of
from soothsay_languages.base import Language
from soothsay_languages.registry import languages


def notebook_sync() -> types.NotebookDocumentSyncOptions:
    """Return which cells clients should send: those of the languages that are read in notebooks."""
    known = [language for language in languages() if language.cells is not None]
    names = [name for language in known for name in (language.id, *sorted(language.names))]
    cells = [types.NotebookCellLanguage(language=name) for name in names]
    return types.NotebookDocumentSyncOptions(
        notebook_selector=[types.NotebookDocumentFilterWithCells(notebook="jupyter-notebook", cells=cells)]
    )


def code_cells_above(
    workspace: EditorWorkspace, notebook: types.NotebookDocument, cell: Document, language: Language
) -> Iterator[str]:
    """Yield the texts of the code cells in ``language`` above ``cell``, from the top."""
    for other in notebook.cells:
        if unquote(other.document) == unquote(cell.uri):
            return
        document = workspace.open_document(other.document)
        if other.kind == types.NotebookCellKind.Code and document and language_of(document) is language:
            yield document.text
