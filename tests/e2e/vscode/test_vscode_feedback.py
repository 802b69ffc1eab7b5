"""What became of ghost text in real VS Code, in the log. The server is the real one around a fake session."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from workbench import OpenWorkbench, Workbench

from soothsay.feedback.log import FeedbackLog
from soothsay.feedback.rows import FeedbackRow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SERVER = Path(__file__).parents[2] / "lsp" / "fake_server.py"  # what it answers is said there
CALL = "create_job(\n    name=1,\n)"
ACTS = ("accepted", "undone", "partly", "rejected", "ignored")


def interpreter(folder: Path) -> Path:
    """A Python that runs the fake server, which looks after seconds, in place of soothsay's."""
    script = folder / "python"
    python, server = shlex.quote(sys.executable), shlex.quote(str(SERVER))
    serve = f"exec {python} {server} --stdio --quick-feedback"
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *serve*) {serve};; esac\nexec {python} "$@"\n', encoding="utf-8"
    )
    script.chmod(0o755)
    return script


def ghost(bench: Workbench, name: str) -> None:
    bench.open(name)
    bench.end_of_file()
    bench.page.keyboard.type(".", delay=60)
    bench.wait_for_ghost(r"create_job\(")
    bench.page.wait_for_timeout(300)  # what is passed by sooner nobody has read


def test_accepted_partly_accepted_rejected_ignored_and_undone(start: OpenWorkbench, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for act in ACTS:
        (workspace / f"{act}.py").write_text("x = 1\nclient", encoding="utf-8")
    journal = tmp_path / "journal"
    journal.touch()
    bench = start(
        workspace,
        user={"soothsay.completion.speculate": False},
        machine={
            "soothsay.server.python": str(interpreter(tmp_path)),
            "soothsay.feedback.workspaces": [str(workspace)],
            "soothsay.feedback.texts": True,
        },
        environment={"FAKE_JOURNAL": str(journal), "SOOTHSAY_STATE": str(tmp_path / "state")},
    )
    keys = bench.page.keyboard
    bench.open("accepted.py")
    bench.wait(lambda: True if "build done" in journal.read_text(encoding="utf-8") else None, 180)
    for act, then in zip(
        ACTS, (("Tab",), ("Tab", "Control+Z"), ("Control+ArrowRight",), (), ("Control+Home",)), strict=True
    ):
        ghost(bench, f"{act}.py")
        for key in then:
            keys.press(key)
            bench.page.wait_for_timeout(300)
        if act in ("partly", "rejected", "ignored"):
            keys.type("delete", delay=60)
        bench.save()

    def settled() -> Sequence[FeedbackRow] | None:
        rows = list(FeedbackLog(tmp_path / "state" / "feedback.sqlite").rows())
        first = [row for row in rows if row.prefix == "x = 1\nclient."]  # others follow each key
        is_whole = len(first) == len(ACTS) and all(row.kept_5min is not None for row in rows)
        return first if is_whole else None

    accepted, undone, partly, rejected, ignored = bench.wait(settled, 60)
    assert (accepted.became, accepted.text, accepted.settled) == ("accepted", CALL, CALL)
    assert (undone.became, undone.kept_5min, undone.settled) == ("accepted", 0, "")
    assert (partly.became, partly.taken) == ("partly", len("create_job"))
    assert rejected.became == "rejected"
    assert rejected.settled and "delete".startswith(rejected.settled)  # so far as it was typed by then
    assert (ignored.became, ignored.kept_5min) == ("ignored", 0)
