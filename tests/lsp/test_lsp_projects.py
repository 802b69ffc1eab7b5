"""16 and 17: each root, each project outside, and each script with needs of its own is completed by a session of its own."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from fake_editor import Editor
from lsprotocol import types

ANSWER = "create_job(\n    name=1,\n)"


def add_root(editor: Editor, folder: Path) -> None:
    root = types.WorkspaceFolder(uri=folder.as_uri(), name=folder.name)
    event = types.WorkspaceFoldersChangeEvent(added=[root], removed=[])
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))


async def test_a_file_of_the_second_root_has_a_session_of_its_own(editor: Editor, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    await editor.start()
    await editor.happened("open")
    add_root(editor, second)
    for name in ("main.py", str(second / "helpers.py"), str(second / "inner" / "more.py")):
        editor.open("text", name)
        assert await editor.inline(0, 4, name) == [ANSWER]
    assert [each["workspace"] for each in editor.journal("open")] == [str(editor.workspace), str(second)]
    asked = {Path(each["path"]).name: each["workspace"] for each in editor.journal("complete")}
    assert asked == {
        "main.py": str(editor.workspace), "helpers.py": str(second), "more.py": str(second)
    }  # fmt: skip


async def test_a_file_without_a_workspace_has_its_folder_alone(editor: Editor) -> None:
    await editor.start(folders=False)
    (editor.workspace / "shop" / "src").mkdir(parents=True)
    (editor.workspace / "shop" / "pyproject.toml").write_text("")
    for name in ("loose/a.py", "shop/src/b.py"):
        editor.open("text", name)
        assert await editor.inline(0, 4, name) == [ANSWER]
    opened = [(each["workspace"], each["subfolders"]) for each in editor.journal("open")]
    assert opened == [(str(editor.workspace / "loose"), False), (str(editor.workspace / "shop"), True)]


async def test_a_project_is_opened_and_indexed_before_its_first_completion(
    editor: Editor, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    await editor.start()
    await editor.happened("open")
    editor.open("text", "main.py")
    assert await editor.inline(0, 4, "main.py") == [ANSWER]
    add_root(editor, second)
    editor.open("text", str(second / "helpers.py"))
    await editor.happened("open", 2)
    assert editor.journal("open")[-1]["workspace"] == str(second)
    assert {each["path"] for each in editor.journal("complete")} == {str(editor.workspace / "main.py")}


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the server looks for the environments that Hatch makes for scripts."""
    monkeypatch.setenv("HATCH_DATA_DIR", str(tmp_path / "hatch"))
    return tmp_path / "hatch" / "env" / "virtual" / ".scripts"


async def test_a_script_that_says_what_it_needs_has_its_own_environment(
    environments: Path, editor: Editor
) -> None:
    await editor.start()
    await editor.happened("open")
    script = editor.workspace / "tool.py"
    text = '# /// script\n# dependencies = ["oats"]\n# ///\ntext'
    script.write_text(text)
    digest = base64.urlsafe_b64encode(hashlib.sha256(str(script).encode()).digest()).decode()[:8]
    made = environments / digest
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python3").touch()
    (made / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.4\n")
    (made / "lib" / "python3.12" / "site-packages" / "oats-1.0.dist-info").mkdir(parents=True)
    for name, content, line in (("main.py", "text", 0), ("tool.py", text, 3)):
        editor.open(content, name)
        assert await editor.inline(line, 4, name) == [ANSWER]
    opened = [(each["workspace"], each["interpreter"], each["subfolders"]) for each in editor.journal("open")]
    assert opened == [
        (str(editor.workspace), "", True),
        (str(editor.workspace), str(made / "bin" / "python3"), False),
    ]
