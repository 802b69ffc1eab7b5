"""The path, text and offset that a completion request is made of.

An unsaved document is treated as a file in the workspace, and a notebook cell as the end of a file beside the notebook. These
files are never written or read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from urllib.parse import unquote

from lsprotocol.types import NotebookDocument, Position, SelectedCompletionInfo

from soothsay.frontend.documents import Document, EditorWorkspace, path_of_uri
from soothsay.frontend.languages import language_of
from soothsay.frontend.notebooks import code_cells_above
from soothsay_languages.base import Language
from soothsay_languages.lines import Encoding

_UNUSABLE = re.compile("[\0\ud800-\udfff]")  # in the name of a file
_LONGEST_NAME = 60  # characters, of up to four bytes each
_UNNAMED = ("file://", "file:///")  # Neovim's URIs of a buffer without a name


@dataclass(frozen=True, slots=True)
class CompletionTarget:
    """An offset (code points) in the text of a file. That of a notebook's cell holds the cells above it."""

    path: Path
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a document, in units of ``encoding``, and its line on both sides of it."""

    position: Position
    before: str
    after: str
    encoding: Encoding

    @classmethod
    def of(cls, document: Document, position: Position) -> Cursor:
        """Return the cursor at ``position``, pulled into the line."""
        text, offset = document.text, document.offset_of(position) or 0
        before = text[text.rfind("\n", 0, offset) + 1 : offset]
        after = text[offset:].partition("\n")[0]
        return cls(document.position_of(offset), before, after, document.encoding)


def insert_chosen(
    target: CompletionTarget, document: Document, position: Position, chosen: SelectedCompletionInfo
) -> CompletionTarget | None:
    """Return ``target``, which is at ``position``, as it is once the item ``chosen`` in the client's list is accepted.

    None where the item is elsewhere.
    """
    start, end = document.offset_of(chosen.range.start), document.offset_of(chosen.range.end)
    at = document.offset_of(position)
    if start is None or end is None or at is None or not start <= at <= end:
        return None
    first, last = target.offset - (at - start), target.offset + (end - at)
    return replace(
        target,
        text=target.text[:first] + chosen.text + target.text[last:],
        offset=first + len(chosen.text),
    )


def find_completion_target(
    workspace: EditorWorkspace, document: Document, position: Position, folder: Path | None
) -> CompletionTarget | None:
    """Return the target at ``position``; None when there is no such line, or a notebook's cell is no code.

    ``folder`` is the folder of unsaved documents; None: they are not completed.
    """
    offset = document.offset_of(position)
    if offset is None:
        return None
    notebook = workspace.get_notebook_document(cell_uri=document.uri)
    if notebook is not None:
        return _target_in_cell(workspace, notebook, document, offset, folder)
    path = document.file or path_of_unsaved(document, folder)
    return path and CompletionTarget(path, document.text, offset)


def _target_in_cell(
    workspace: EditorWorkspace, notebook: NotebookDocument, cell: Document, offset: int, folder: Path | None
) -> CompletionTarget | None:
    """Return the target at ``offset`` of ``cell``: the cell as code, behind the cells above it."""
    language = language_of(cell)
    path = path_of_notebook(notebook.uri, folder, language)
    if path is None or language is None or language.cells is None:
        return None
    syntax = language.cells()
    code = syntax.code(cell.text)
    if code is None:
        return None
    above = syntax.context(list(code_cells_above(workspace, notebook, cell, language)))
    return CompletionTarget(path, above + code.text, len(above) + code.offset(offset))


def path_of_unsaved(document: Document, folder: Path | None) -> Path | None:
    """Return the path of an unsaved document in ``folder``; None when its URI or its language is unknown."""
    name, language = unsaved_name(document.uri), language_of(document)
    if name is None or folder is None or language is None:
        return None
    return folder / name if language.handles(PurePath(name)) else folder / f"{name}{language.suffix}"


def path_of_notebook(uri: str, folder: Path | None, language: Language | None = None) -> Path | None:
    """Return the path of a file beside the notebook that holds its cells in ``language``, with a name derived from it.

    None when there is no folder.
    """
    suffix = language.suffix if language else ""
    file = path_of_uri(uri)
    if file and file.name:
        return file.with_name(_file_name(file.name, suffix))
    name = unsaved_name(uri)
    return folder / _file_name(name, suffix) if folder and name else None


def unsaved_name(uri: str) -> str | None:
    """Return ``Untitled-1`` for ``untitled:Untitled-1``; None for a URI of another kind."""
    if uri in _UNNAMED:
        return "unnamed"
    scheme, _, path = uri.partition(":")
    if scheme.lower() != "untitled":
        return None
    name = re.split(r"[/\\]", unquote(re.split("[?#]", path)[0]))[-1]
    return _UNUSABLE.sub("_", name)[:_LONGEST_NAME] or "unnamed"


def _file_name(name: str, suffix: str) -> str:
    """Return a source file's name for a notebook's: ``analysis_ipynb.x`` for ``analysis.ipynb`` and the suffix ``.x``."""
    return re.sub(r"\W", "_", name) + suffix
