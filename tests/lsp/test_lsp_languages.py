"""Over stdio: documents are completed as what they are, and those of other languages are left alone."""

from __future__ import annotations

import pytest
from fake_editor import Editor, until
from lsprotocol import types

ANSWER = "create_job(\n    name=1,\n)"
WRONG = "client.wrong(1)\n"
OTHERS = [
    ("main.zig", "zig"),
    ("data.csv", "csv"),
    ("README.md", "markdown"),
    ("notes.txt", "plaintext"),
]


def changed(editor: Editor, name: str, text: str, version: int = 2) -> None:
    document = types.VersionedTextDocumentIdentifier(version=version, uri=editor.uri(name))
    change = types.TextDocumentContentChangeWholeDocument(text=text)
    editor.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))


def cursor_moved(editor: Editor, name: str) -> None:
    editor.client.protocol.notify(
        "soothsay/didMoveCursor",
        {"textDocument": {"uri": editor.uri(name)}, "position": {"line": 0, "character": 2}},
    )


@pytest.mark.parametrize(("name", "language"), OTHERS)
async def test_another_language_is_answered_with_nothing_and_nothing_is_done_for_it(
    editor: Editor, name: str, language: str
) -> None:
    await editor.start()
    await editor.happened("build done")
    editor.open(WRONG, name, language)
    cursor_moved(editor, name)
    changed(editor, name, "client.cr\n")
    assert await editor.inline(0, 9, name) == []
    assert (await editor.complete(0, 9, name)).items == ()
    editor.open(WRONG)
    await editor.happened("look")  # at the Python document: what is done ahead would have been done by now
    assert editor.uri(name) not in editor.client.diagnostics
    assert editor.journal("complete", "prepare") == []
    assert {entry["path"] for entry in editor.journal("mirror", "look")} == {"main.py"}


async def test_why_not_is_explained(editor: Editor) -> None:
    await editor.start()
    editor.open("client.cr")
    assert await editor.inline(0, 9) == [ANSWER]
    editor.open("let x", "main.zig", "zig")
    assert await editor.inline(0, 5, "main.zig") == []
    why = await editor.explain()
    assert why["text"] == ""
    assert why["verdict"] == "unverified"
    problem = why["oracle"]["problem"]
    assert problem.startswith("zig is not completed: soothsay knows the languages ")
    assert "python" in problem
    assert "yaml" in problem


async def test_the_client_s_name_of_the_language_counts_more_than_the_file_s(editor: Editor) -> None:
    await editor.start()
    editor.open("client.cr", "main.py", "plaintext")
    editor.open("client.cr", "tool", "python")
    editor.open("client.cr", "other.py", "")
    assert await editor.inline(0, 9, "main.py") == []
    assert await editor.inline(0, 9, "tool") == [ANSWER]
    assert await editor.inline(0, 9, "other.py") == [ANSWER]
    assert [entry["language"] for entry in editor.journal("complete")] == ["python", "python"]


@pytest.mark.parametrize(
    ("name", "named", "language"),
    [
        ("a.yml", "yaml", "yaml"),
        ("compose.yaml", "dockercompose", "yaml"),
        ("a.sh", "shellscript", "shellscript"),
        ("a.bash", "sh", "shellscript"),  # Neovim's name
        ("b.yaml", "", "yaml"),
    ],
)
async def test_yaml_and_shell_are_completed_and_have_no_hints(
    editor: Editor, name: str, named: str, language: str
) -> None:
    await editor.start()
    editor.open(WRONG, name, named)
    assert await editor.inline(0, 6, name) == [ANSWER]
    (asked,) = editor.journal("complete")
    assert asked["language"] == language
    assert editor.journal("mirror")[0]["path"] == name
    editor.open(WRONG)
    await editor.happened("look")
    assert {entry["path"] for entry in editor.journal("look")} == {"main.py"}


async def test_a_language_is_switched_off_and_on_again(editor: Editor) -> None:
    await editor.start(settings={"languages": {"disabled": ["yaml"]}})
    editor.open("a: b", "a.yaml", "yaml")
    editor.open("client.cr")
    assert await editor.inline(0, 4, "a.yaml") == []
    assert (await editor.explain())["oracle"]["problem"] == (
        "yaml is disabled by the setting languages.disabled"
    )
    assert await editor.inline(0, 9) == [ANSWER]
    editor.client.set_configuration({"languages": {"disabled": []}}, section="soothsay")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.happened("loaded", 2)
    assert await editor.inline(0, 4, "a.yaml") == [ANSWER]


async def test_switching_python_off_takes_its_hints_away(editor: Editor) -> None:
    await editor.start()
    editor.open(WRONG)
    await editor.happened("look")
    editor.client.set_configuration({"languages": {"disabled": ["python"]}}, section="soothsay")
    await wait_for_hints(editor, 1)
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await wait_for_hints(editor, 0)
    assert await editor.inline(0, 6) == []


async def wait_for_hints(editor: Editor, count: int) -> None:
    uri = editor.uri()
    await until(lambda: len(editor.client.diagnostics.get(uri, ())) == count, f"{count} hints")


async def test_a_file_of_another_language_does_not_choose_the_workspace(editor: Editor) -> None:
    await editor.start(folders=False)
    editor.open("fn main() {}", "src/main.zig", "zig")
    assert await editor.inline(0, 2, "src/main.zig") == []
    assert editor.journal("open") == []
    editor.open("client.cr")
    assert await editor.inline(0, 9) == [ANSWER]
    assert editor.journal("open")[0]["workspace"] == str(editor.workspace)


async def test_what_was_never_saved_gets_the_suffix_of_its_language(editor: Editor) -> None:
    await editor.start()
    editor.open("a: b", "untitled:Untitled-1", "yaml")
    assert await editor.inline(0, 4, "untitled:Untitled-1") == [ANSWER]
    assert editor.journal("complete")[0]["path"] == str(editor.workspace / "Untitled-1.yml")
