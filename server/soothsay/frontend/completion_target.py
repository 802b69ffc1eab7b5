"""Where a completion is asked for: the file, the text and the offset that a request is made of.

Not every document is a file: what has not been saved yet is treated as a file in the workspace, and a cell of a
notebook as the end of a file beside the notebook. Those files are never written, nor expected to be there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import unquote, urlsplit

from lsprotocol.types import Position
from pygls.uris import to_fs_path

from soothsay.frontend.documents import Document, EditorWorkspace
from soothsay.frontend.languages import language_of
from soothsay.frontend.notebooks import as_python, code_cells_above, context, is_python

_UNNAMED = ("file://", "file:///")  # how Neovim calls a buffer without a name


@dataclass(frozen=True, slots=True)
class CompletionTarget:
    """A position in a text. The first ``above`` characters of the text are not in the document."""

    path: Path
    text: str
    offset: int
    above: int = 0


def find_completion_target(
    workspace: EditorWorkspace, document: Document, position: Position, folder: Path | None
) -> CompletionTarget | None:
    """Return the place of ``position``; None where there is no such line, or a notebook's cell is not Python.

    ``folder`` is where unsaved documents belong; None: they are not completed.
    """
    offset = document.locate(position)
    if offset is None:
        return None
    notebook = workspace.get_notebook_document(cell_uri=document.uri)
    if notebook is not None:
        path = path_of_notebook(notebook.uri, folder)
        if path is None or not is_python(document.text):
            return None
        cells = (workspace.opened(uri) for uri in code_cells_above(notebook, document.uri))
        above = context([cell.text for cell in cells if cell])
        return CompletionTarget(path, above + as_python(document.text), len(above) + offset, len(above))
    path = document.file or path_of_unsaved(document, folder)
    return path and CompletionTarget(path, document.text, offset)


def path_of_unsaved(document: Document, folder: Path | None) -> Path | None:
    """Return where a document that was never saved would be; None for an unknown language, or no document."""
    name, language = unsaved_name(document.uri), language_of(document)
    if name is None or folder is None or language is None:
        return None
    return folder / name if language.handles(PurePath(name)) else folder / f"{name}{language.suffix}"


def path_of_notebook(uri: str, folder: Path | None) -> Path | None:
    """A Python file beside the notebook, of a name that no other module has."""
    file = to_fs_path(uri)
    if file:
        return Path(file).with_name(_module(Path(file).name))
    name = unsaved_name(uri)
    return folder / _module(name) if folder and name else None


def unsaved_name(uri: str) -> str | None:
    """``Untitled-1`` of ``untitled:Untitled-1``; None for a URI of another kind."""
    if uri in _UNNAMED:
        return "unnamed"
    parts = urlsplit(uri)
    if parts.scheme != "untitled":
        return None
    return re.split(r"[/\\]", unquote(parts.path))[-1] or "unnamed"


def _module(name: str) -> str:
    """``analysis.ipynb`` as the name of a module: ``analysis_ipynb.py``."""
    return re.sub(r"\W", "_", name) + ".py"
