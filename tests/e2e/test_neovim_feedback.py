"""What became of ghost text in real Neovims, in the log. The server is the real one around a fake session."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from nvim_driver import Neovim, until
from nvim_installs import Install, neovim_011, neovim_012

from soothsay.feedback.log import FeedbackLog
from soothsay.feedback.rows import FeedbackRow

pytestmark = pytest.mark.timeout(300)

SERVER = Path(__file__).parents[1] / "lsp" / "fake_server.py"  # what it answers is said there
CALL = "create_job(\n    name=1,\n)"
INIT = """
require("soothsay").setup({
  cmd = { [[PYTHON]], [[SERVER]], "--stdio", "--quick-feedback" },
  settings = {
    completion = { speculate = false },
    feedback = { workspaces = { [[FOLDER]] }, texts = true },
  },
})
"""


@pytest.fixture(scope="module", params=[neovim_011, neovim_012], ids=["0.11", "0.12"])
def install(request: pytest.FixtureRequest) -> Install:
    return request.param()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.fixture
def neovim(install: Install, folder: Path) -> Iterator[Neovim]:
    journal = folder / "journal"
    journal.touch()
    init = (
        INIT.replace("PYTHON", sys.executable).replace("SERVER", str(SERVER)).replace("FOLDER", str(folder))
    )
    environment = {"FAKE_JOURNAL": str(journal), "SOOTHSAY_STATE": str(folder / "state")}
    opened = Neovim(install, folder, init, environment)
    show(opened, folder, "first.py")
    until(lambda: "build done" in journal.read_text(encoding="utf-8"), "the index", 120)
    yield opened
    opened.close()


def show(neovim: Neovim, folder: Path, name: str) -> None:
    """Open a new file, and type up to where ghost text is shown."""
    neovim.nvim.input("<C-\\><C-n>")
    (folder / name).write_text("x = 1\n\n", encoding="utf-8")
    neovim.edit(folder / name)


def ghost(neovim: Neovim, folder: Path, name: str) -> None:
    show(neovim, folder, name)
    neovim.type("GS")
    neovim.type("client.")
    until(lambda: neovim.ghost().startswith("create_job("), "ghost text", 60)
    time.sleep(0.3)  # what is passed by sooner nobody has read


def test_accepted_partly_accepted_rejected_ignored_and_undone(neovim: Neovim, folder: Path) -> None:
    ghost(neovim, folder, "accepted.py")
    neovim.type("<Tab>")
    until(lambda: "name=1" in neovim.text(), "the call", 30)
    ghost(neovim, folder, "undone.py")
    neovim.type("<Tab>")
    until(lambda: "name=1" in neovim.text(), "the call", 30)
    neovim.type("<Esc>u")
    until(lambda: "name=1" not in neovim.text(), "the call to go", 30)
    ghost(neovim, folder, "partly.py")
    neovim.type("<M-w>")
    until(lambda: neovim.text().endswith("client.create_job"), "the word", 30)
    neovim.type("s")
    ghost(neovim, folder, "rejected.py")
    neovim.type("delete()")
    ghost(neovim, folder, "ignored.py")
    neovim.type("<Esc>ggAone<Esc>")

    def settled() -> Sequence[FeedbackRow]:
        logged = FeedbackLog(folder / "state" / "feedback.sqlite").rows()
        rows = [row for row in logged if row.prefix == "x = 1\nclient."]  # others follow each key
        return rows if len(rows) == 5 and all(row.kept_5min is not None for row in rows) else ()

    accepted, undone, partly, rejected, ignored = until(settled, "five rows", 60)
    assert (accepted.became, accepted.text, accepted.settled) == ("accepted", CALL, CALL)
    assert accepted.kept_5min == len(CALL)
    assert (undone.became, undone.kept_5min, undone.settled) == ("accepted", 0, "")
    assert (partly.became, partly.taken) == ("partly", len("create_job"))
    assert rejected.became == "rejected"
    assert rejected.settled and "delete()".startswith(rejected.settled)  # so far as it was typed by then
    assert (ignored.became, ignored.kept_5min) == ("ignored", 0)
