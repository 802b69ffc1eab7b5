"""The path, text and offset that a completion request is made of.

An unsaved document is treated as a file in the workspace, and a notebook cell as the end of a file beside the notebook. These
files are never written or read.
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

_UNNAMED = ("file://", "file:///")  # Neovim's URIs of a buffer without a name


@dataclass(frozen=True, slots=True)
class CompletionTarget:
    """An offset (code points) in the text of a file. The first ``prefix_length`` characters are not part of the document."""

    path: Path
    text: str
    offset: int
    prefix_length: int = 0


def find_completion_target(
    workspace: EditorWorkspace, document: Document, position: Position, folder: Path | None
) -> CompletionTarget | None:
    """Return the target at ``position``; None when there is no such line, or a notebook cell is not Python.

    ``folder`` is the folder of unsaved documents; None: they are not completed.
    """
    offset = document.offset_of(position)
    if offset is None:
        return None
    notebook = workspace.get_notebook_document(cell_uri=document.uri)
    if notebook is not None:
        path = path_of_notebook(notebook.uri, folder)
        if path is None or not is_python(document.text):
            return None
        cells = (workspace.open_document(uri) for uri in code_cells_above(notebook, document.uri))
        above = context([cell.text for cell in cells if cell])
        return CompletionTarget(path, above + as_python(document.text), len(above) + offset, len(above))
    path = document.file or path_of_unsaved(document, folder)
    return path and CompletionTarget(path, document.text, offset)


def path_of_unsaved(document: Document, folder: Path | None) -> Path | None:
    """Return the path of an unsaved document in ``folder``; None when its URI or its language is unknown."""
    name, language = unsaved_name(document.uri), language_of(document)
    if name is None or folder is None or language is None:
        return None
    return folder / name if language.handles(PurePath(name)) else folder / f"{name}{language.suffix}"


def path_of_notebook(uri: str, folder: Path | None) -> Path | None:
    """Return the path of a Python file beside the notebook, with a name derived from it; None when there is no folder."""
    file = to_fs_path(uri)
    if file:
        return Path(file).with_name(_module(Path(file).name))
    name = unsaved_name(uri)
    return folder / _module(name) if folder and name else None


def unsaved_name(uri: str) -> str | None:
    """Return ``Untitled-1`` for ``untitled:Untitled-1``; None for a URI of another kind."""
    if uri in _UNNAMED:
        return "unnamed"
    parts = urlsplit(uri)
    if parts.scheme != "untitled":
        return None
    return re.split(r"[/\\]", unquote(parts.path))[-1] or "unnamed"


def _module(name: str) -> str:
    """Return a module's file name for a notebook's: ``analysis_ipynb.py`` for ``analysis.ipynb``."""
    return re.sub(r"\W", "_", name) + ".py"
