"""Ghost text with tab stops in real Neovims: accepted, and walked through. The server is the real one around a fake session."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nvim_driver import SELECTED, Neovim, until
from nvim_installs import Install, neovim_011, neovim_012

pytestmark = pytest.mark.timeout(300)

SERVER = Path(__file__).parents[1] / "lsp" / "fake_server.py"  # what it answers is said there
INIT = f"""
require("soothsay").setup({{
  cmd = {{ [[{sys.executable}]], [[{SERVER}]], "--stdio" }},
}})
vim.o.expandtab = true
"""
BEFORE = "if x:\n    y = f(VALUES."
CALL = """create_job(
        name={name},
        path="C:\\\\${{home}}",
        role={role},
    )"""


@pytest.fixture(scope="module", params=[neovim_011, neovim_012], ids=["0.11", "0.12"])
def install(request: pytest.FixtureRequest) -> Install:
    return request.param()


@pytest.fixture(scope="module")
def running(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neovim]:
    folder = tmp_path_factory.mktemp("neovim")
    (folder / ".git").mkdir()
    (folder / "a.py").write_text(f"{BEFORE})\n", encoding="utf-8")
    journal = folder / "journal"
    journal.touch()
    neovim = Neovim(install, folder, INIT, {"FAKE_JOURNAL": str(journal)})
    neovim.edit(folder / "a.py")
    until(lambda: "build done" in journal.read_text(encoding="utf-8"), "the index", 120)
    yield neovim
    neovim.close()


@pytest.fixture
def neovim(running: Neovim) -> Neovim:
    """Ghost text is shown within brackets."""
    running.nvim.input("<C-\\><C-n>")
    running.lua("vim.snippet.stop()")  # the test before may have ended within one
    running.nvim.command("edit!")
    running.nvim.current.window.cursor = (2, len(BEFORE.splitlines()[-1]))
    running.nvim.input("i")
    until(lambda: running.ghost().startswith("create_job("), "ghost text", 60)
    return running


def call(name: str, role: str) -> str:
    return f"{BEFORE}{CALL.format(name=name, role=role)})"


def mode(neovim: Neovim) -> str:
    return neovim.nvim.api.get_mode()["mode"]


def test_tab_accepts_it_and_walks_its_values(neovim: Neovim) -> None:
    assert neovim.ghost() == CALL.format(name="jobName", role="roleArn")
    neovim.type("<Tab>")
    until(lambda: mode(neovim) == "s", "the first value to be selected", 30)
    assert neovim.text() == call("jobName", "roleArn")
    until(lambda: "name=‹jobName" in neovim.screen.text(SELECTED), "it to be drawn so", 30)
    neovim.type('"mine"')
    assert neovim.text() == call('"mine"', "roleArn")
    assert not neovim.ghost()
    neovim.type("<Tab>")
    until(lambda: mode(neovim) == "s", "the second value to be selected", 30)
    neovim.type("ROLE<Tab>")
    until(lambda: neovim.nvim.current.window.cursor == (6, 5), "the cursor behind the call", 30)
    assert neovim.text() == call('"mine"', "ROLE")
    neovim.type(".x")
    assert neovim.text() == call('"mine"', "ROLE").removesuffix(")") + ".x)"


def test_a_part_is_plain_up_to_the_first_value(neovim: Neovim) -> None:
    neovim.type("<M-w>")
    until(lambda: neovim.text() == f"{BEFORE}create_job)", "the word", 30)
    until(lambda: neovim.ghost().startswith("(\n        name=jobName"), "what is left", 60)
    neovim.type("<M-l>")
    until(lambda: neovim.text() == f"{BEFORE}create_job()", "the line", 30)
    until(lambda: neovim.ghost().startswith("\n        name=jobName"), "what is left", 60)
    neovim.type("<M-l>")
    until(lambda: mode(neovim) == "s", "the first value to be selected", 30)
    assert neovim.text() == call("jobName", "roleArn")


def test_what_is_typed_ahead_keeps_the_values(neovim: Neovim) -> None:
    neovim.type("create_job(")
    until(lambda: neovim.ghost().startswith("\n        name=jobName"), "what is left", 60)
    neovim.type("<Tab>")
    until(lambda: mode(neovim) == "s", "the first value to be selected", 30)
    assert neovim.text() == call("jobName", "roleArn")


def test_it_can_be_undone_by_itself(neovim: Neovim) -> None:
    neovim.type("<Tab>")
    until(lambda: mode(neovim) == "s", "the first value to be selected", 30)
    neovim.type("<Esc>u")
    assert neovim.text() == f"{BEFORE})"
