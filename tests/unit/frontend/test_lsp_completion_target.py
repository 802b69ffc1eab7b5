"""Cells of notebooks and documents that were never saved, as the texts and files that they stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from soothsay.frontend.completion_target import (
    find_completion_target,
    path_of_notebook,
    path_of_unsaved,
    unsaved_name,
)
from soothsay.frontend.documents import Document, EditorWorkspace
from soothsay_languages.python import LANGUAGE

FOLDER = Path("/workspace")
NOTEBOOK = "file:///workspace/study/my%20analysis.ipynb"


def cell(number: int) -> str:
    return f"vscode-notebook-cell:/workspace/study/my%20analysis.ipynb#W{number}"


def notebook(*texts: str, markdown: frozenset[int] = frozenset()) -> EditorWorkspace:
    """A workspace with one notebook of these cells, those numbered in ``markdown`` being no code."""
    workspace = EditorWorkspace(None)
    kinds = [
        types.NotebookCellKind.Markup if number in markdown else types.NotebookCellKind.Code
        for number in range(len(texts))
    ]
    cells = [types.NotebookCell(kind=kind, document=cell(number)) for number, kind in enumerate(kinds)]
    workspace.put_notebook_document(
        types.DidOpenNotebookDocumentParams(
            types.NotebookDocument(NOTEBOOK, "jupyter-notebook", 1, cells),
            [types.TextDocumentItem(cell(n), "python", 1, text) for n, text in enumerate(texts)],
        )
    )
    return workspace


def place_in(workspace: EditorWorkspace, number: int, line: int, character: int) -> tuple[str, str] | None:
    """The text before and after a position of cell ``number``."""
    document = workspace.open_document(cell(number))
    assert document is not None
    target = find_completion_target(workspace, document, types.Position(line, character), FOLDER)
    if target is None:
        return None
    assert target.path == Path("/workspace/study/my_analysis_ipynb.py")
    return target.text[: target.offset], target.text[target.offset :]


def test_a_cell_sees_the_code_above_it_and_not_below() -> None:
    workspace = notebook("import numpy as np\n", "x = 1", "np.un\ny", "z = 3")
    assert place_in(workspace, 2, 0, 5) == ("import numpy as np\n\nx = 1\n\nnp.un", "\ny")
    assert place_in(workspace, 0, 0, 6) == ("import", " numpy as np\n")


def test_prose_and_other_languages_are_left_out() -> None:
    workspace = notebook("# Title", "%%bash\nls", "%%time\nx = 1", "x", markdown=frozenset({0}))
    assert place_in(workspace, 3, 0, 1) == ("# %%time\nx = 1\n\nx", "")
    assert place_in(workspace, 1, 1, 2) is None  # bash itself is not completed


def test_there_is_no_place_behind_the_cell() -> None:
    assert place_in(notebook("x", "y"), 1, 3, 0) is None


def test_cells_follow_the_notebook_s_structure() -> None:
    workspace = notebook("a = 1", "b = 2", "c")
    swapped = [types.NotebookCell(types.NotebookCellKind.Code, cell(n)) for n in (1, 0)]
    workspace.update_notebook_document(
        types.DidChangeNotebookDocumentParams(
            types.VersionedNotebookDocumentIdentifier(2, NOTEBOOK),
            types.NotebookDocumentChangeEvent(
                cells=types.NotebookDocumentCellChanges(
                    structure=types.NotebookDocumentCellChangeStructure(
                        types.NotebookCellArrayChange(0, 2, swapped)
                    )
                )
            ),
        )
    )
    assert place_in(workspace, 2, 0, 1) == ("b = 2\n\na = 1\n\nc", "")
    assert place_in(workspace, 0, 0, 5) == ("b = 2\n\na = 1", "")


def test_the_cursor_behind_a_magic_is_in_its_code() -> None:
    workspace = notebook("files = !ls", "!pip install x\n%time x = np.un")
    assert place_in(workspace, 1, 1, 15) == ("files = list[str]()  # !ls\n\n# !pip install x\nx = np.un", "")


def test_cells_in_other_languages_are_no_context() -> None:
    workspace = notebook("x = 1", "select 1", "x")
    other = workspace.open_document(cell(1))
    assert other is not None
    other.language_id = "sql"
    assert place_in(workspace, 2, 0, 1) == ("x = 1\n\nx", "")
    assert find_completion_target(workspace, other, types.Position(0, 1), FOLDER) is None


def unsaved(uri: str, language: str = "python", folder: Path | None = FOLDER) -> Path | None:
    return path_of_unsaved(Document(uri, "", language_id=language), folder)


def test_what_was_never_saved_is_a_file_in_the_workspace() -> None:
    assert unsaved("untitled:Untitled-1") == FOLDER / "Untitled-1.py"
    assert unsaved("untitled:/somewhere/tool.py") == FOLDER / "tool.py"
    assert unsaved("untitled:C%3A%5Cwork%5Ctool.py") == FOLDER / "tool.py"
    assert unsaved("file://") == FOLDER / "unnamed.py"  # Neovim's buffer without a name


def test_what_is_no_python_and_what_is_no_document_is_not_completed() -> None:
    assert unsaved("untitled:Untitled-1", "plaintext") is None
    assert unsaved("git:/workspace/main.py") is None
    assert unsaved("untitled:Untitled-1", folder=None) is None


@pytest.mark.parametrize("uri", ["output:tasks", "vscode-userdata:/settings.json", "http://x/y.py", ""])
def test_other_schemes_have_no_name(uri: str) -> None:
    assert unsaved_name(uri) is None


def test_a_notebook_that_was_never_saved() -> None:
    assert path_of_notebook("untitled:Untitled-1.ipynb", FOLDER, LANGUAGE) == FOLDER / "Untitled_1_ipynb.py"
    assert path_of_notebook("untitled:Untitled-1.ipynb", None) is None
    assert path_of_notebook("git:/a.ipynb", FOLDER) is None


def test_a_saved_file_is_its_own_place() -> None:
    workspace = EditorWorkspace(None)
    workspace.put_text_document(types.TextDocumentItem("file:///w/a.py", "python", 1, "%x = 1"))
    document = workspace.open_document("file:///w/a.py")
    assert document is not None
    target = find_completion_target(workspace, document, types.Position(0, 2), None)
    assert target is not None
    assert (target.path, target.text, target.offset) == (Path("/w/a.py"), "%x = 1", 2)
