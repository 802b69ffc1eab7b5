"""Ghost text with tab stops in real VS Code: accepted, and walked through. The server is the real one around a fake session."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from workbench import OpenWorkbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SERVER = Path(__file__).parents[2] / "lsp" / "fake_server.py"  # what it answers is said there
BEFORE = "if x:\n    y = VALUES"
CALL = """create_job(
        name={name},
        path="C:\\\\${{home}}",
        role={role},
    )"""


def interpreter(folder: Path) -> Path:
    """A Python that runs the fake server in place of soothsay's."""
    script = folder / "python"
    python, server = shlex.quote(sys.executable), shlex.quote(str(SERVER))
    text = f'#!/bin/sh\ncase "$*" in *serve*) exec {python} {server} --stdio;; esac\nexec {python} "$@"\n'
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)
    return script


def test_tab_accepts_it_and_walks_its_values(start: OpenWorkbench, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "a.py").write_text(BEFORE, encoding="utf-8")
    journal = tmp_path / "journal"
    journal.touch()
    bench = start(
        workspace,
        machine={"soothsay.server.python": str(interpreter(tmp_path))},
        environment={"FAKE_JOURNAL": str(journal)},
    )
    bench.open("a.py")
    bench.end_of_file()
    bench.wait(lambda: True if "build done" in journal.read_text(encoding="utf-8") else None, 180)
    bench.page.keyboard.type(".", delay=60)
    assert bench.wait_for_ghost(r"create_job\(") == CALL.format(name="jobName", role="roleArn")
    bench.page.keyboard.press("Tab")
    bench.page.locator(".editor-instance .view-lines").get_by_text("roleArn").first.wait_for()
    bench.page.keyboard.type("mine", delay=60)
    assert bench.ghost_text() == ""
    bench.page.keyboard.press("Tab")
    bench.page.keyboard.type("ROLE", delay=60)
    bench.page.keyboard.press("Tab")
    bench.page.keyboard.type(" # done", delay=60)
    bench.save()
    assert bench.read("a.py") == f"{BEFORE}.{CALL.format(name='mine', role='ROLE')} # done"
