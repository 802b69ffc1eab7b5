"""Ghost text in VS Code on a TypeScript file: a member that the installed library has, judged by the compiler."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbench import OpenWorkbench

from npm_project import HEAD, NEEDS_COMPILER, NEEDS_NPM, errors_in, make_project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200), NEEDS_NPM, NEEDS_COMPILER]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("typescript")
    make_project(folder)
    (folder / "mail.ts").write_text(f'{HEAD}// Change the priority of the task with the id "mail"\n')
    return folder


def test_a_call_of_an_installed_library(start: OpenWorkbench, project: Path) -> None:
    # VS Code's own list, of the same members by the alphabet, would choose the first of them: ghost text goes on from that
    bench = start(project, user={"editor.suggestOnTriggerCharacters": False})
    bench.open("mail.ts")
    bench.wait_for_index(900)
    bench.end_of_file()
    bench.page.keyboard.type("queue.", delay=60)
    ghost = bench.wait_for_ghost(r"^setPriority\(.*\)")
    bench.pictures("vscode-typescript")
    bench.page.locator(".editor-instance .view-lines").first.focus()
    bench.page.keyboard.press("Tab")
    bench.page.keyboard.press("Escape")
    bench.save()
    written = bench.read("mail.ts")
    assert f"queue.{ghost.strip()}" in written
    assert errors_in(project, "mail.ts", written) == []
