"""The plugin in real Neovims, with the real server and the real model: ghost text, keys, explanation, health, status.

``SOOTHSAY_CAPTURES=docs pytest tests/e2e/test_neovim.py`` writes docs/neovim-*.txt anew. On a machine that is busy
with something else, ``SOOTHSAY_TEST_THREADS=1`` is faster: two threads of the model wait for each other.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nvim_driver import GHOST, SELECTED, Neovim, until
from nvim_installs import Install, neovim_011, neovim_012

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE = 180  # seconds; the machine may be busy with something else
CALL = "create_model_customization_job("
INIT = f"""
require("soothsay").setup({{
  cmd = {{ [[{sys.executable}]], "-m", "soothsay", "serve", "--stdio" }},
  settings = {{
    index = {{ python = [[{sys.executable}]] }},
    completion = {{ maxLatencyMs = 300000, linesMs = 300000, writeMs = 300000 }},
    model = {{ threads = {os.environ.get("SOOTHSAY_TEST_THREADS", "0")} }},
  }},
}})
vim.o.statusline = "%t %m%= %{{%v:lua.require'soothsay.status'.line()%}} %l,%c"
vim.o.messagesopt = "wait:300,history:500" -- a long message waits for no key
for _, group in ipairs({{ "SoothsayGhost", "ComplHint" }}) do
  vim.api.nvim_set_hl(0, group, {{ fg = "#808080" }}) -- no link: the screen knows it by its name
end
"""


@pytest.fixture(scope="module", params=[neovim_011, neovim_012], ids=["0.11", "0.12"])
def install(request: pytest.FixtureRequest) -> Install:
    return request.param()


@pytest.fixture(scope="module")
def folder(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples, as the root of a project."""
    folder = tmp_path_factory.mktemp("neovim")
    shutil.copytree(EXAMPLES, folder / "project")
    (folder / "project" / ".git").mkdir()
    return folder


@pytest.fixture(scope="module")
def running(install: Install, folder: Path) -> Iterator[Neovim]:
    """A Neovim whose server has loaded the model and built the index."""
    neovim = Neovim(install, folder, INIT, {})
    neovim.edit(folder / "project" / "bedrock.py")
    wait_for_server(neovim)
    yield neovim
    neovim.close()


@pytest.fixture
def neovim(running: Neovim, folder: Path) -> Neovim:
    """In normal mode, on ``bedrock.py`` as it is among the examples."""
    running.nvim.input("<C-\\><C-n>")
    running.lua("vim.snippet.stop()")  # the test before may have ended within one
    running.nvim.command("silent! only!")
    shutil.copy(EXAMPLES / "bedrock.py", folder / "project" / "bedrock.py")
    running.edit(folder / "project" / "bedrock.py")
    return running


def wait_for_server(neovim: Neovim) -> None:
    until(lambda: neovim.status().get("state") == "ready", "the model", PATIENCE)
    until(lambda: neovim.status().get("index"), "the index to be looked at", 10)
    until(lambda: vectors_only(neovim), "the index", PATIENCE)


def vectors_only(neovim: Neovim) -> bool:
    """Nothing is missing but vectors, which take minutes, and without which the text is searched."""
    index = neovim.status().get("index")
    return index is None or index["stage"] == "embedding"


def ask(neovim: Neovim) -> str:
    """Go to the end of the file and begin to insert; the ghost text that comes."""
    neovim.type("G$A")
    return until(neovim.ghost, "ghost text", PATIENCE)


def stats(neovim: Neovim) -> dict[str, Any]:
    """What the server has counted."""
    return neovim.lua("""
        local client = require("soothsay.server").client()
        local params = { command = "soothsay.stats" }
        return client:request_sync("workspace/executeCommand", params, 60000).result
    """)


def capture(neovim: Neovim, install: Install, name: str, groups: frozenset[str] = GHOST) -> str:
    """The screen; kept for the documentation where that is asked for."""
    text = neovim.screen.text(groups)
    target = os.environ.get("SOOTHSAY_CAPTURES")
    if target:
        marked = "the selected value" if groups == SELECTED else "ghost text"
        title = f"# Neovim {install.version[0]}.{install.version[1]}; {marked} stands between ‹ and ›\n"
        shown = re.sub(r"(\n~)+(?=\n)", "\n~", re.sub(r"\S*/(?=project/)", "", text))
        path = Path(target) / f"neovim-{name}-{install.version[0]}.{install.version[1]}.txt"
        path.write_text(title + shown, encoding="utf-8")
    return text


def test_a_place_is_read_before_anything_is_typed_there(neovim: Neovim) -> None:
    neovim.type("gg")
    before = stats(neovim)["model"]["evaluated"]
    neovim.type("G$")
    until(lambda: stats(neovim)["model"]["evaluated"] > before, "the model to read", PATIENCE)
    assert not neovim.ghost()


def test_type_see_accept_and_write(neovim: Neovim, install: Install, folder: Path) -> None:
    path = folder / "project" / "bedrock.py"
    before = path.read_text(encoding="utf-8")
    counted = stats(neovim)
    neovim.type("GS")  # the last line is typed anew
    neovim.type("response = client.")
    ghost = until(lambda: neovim.ghost().startswith(CALL) and neovim.ghost(), "the call", PATIENCE)
    assert "\n)" in ghost
    until(lambda: f"client.‹{CALL}" in neovim.screen.text(), "the ghost text on the screen", 5)
    assert "    jobName=" in capture(neovim, install, "ghost")
    assert neovim.text().endswith("response = client.")  # it is not in the buffer

    neovim.type("<Tab>")
    until(lambda: not neovim.ghost(), "the ghost text to go", 5)
    assert neovim.text() == before.rstrip("\n") + ghost
    until(lambda: neovim.nvim.api.get_mode()["mode"] == "s", "the first value to be selected", 5)
    assert "jobName=" in neovim.nvim.current.line
    until(
        lambda: 'jobName="‹jobName' in neovim.screen.text(SELECTED), "the first value to be seen selected", 5
    )
    capture(neovim, install, "tab-stops", SELECTED)
    neovim.type("<Esc>")
    neovim.nvim.command("write")
    assert path.read_text(encoding="utf-8") == before.rstrip("\n") + ghost + "\n"
    compile(path.read_text(encoding="utf-8"), str(path), "exec")

    now = stats(neovim)
    assert now["accepted"] == counted["accepted"] + 1
    assert now["shown"] > counted["shown"]


def test_several_lines_in_a_file_with_windows_line_ends(neovim: Neovim, folder: Path) -> None:
    path = folder / "project" / "bedrock.py"
    neovim.nvim.command("set fileformat=dos")
    neovim.nvim.command("write")
    neovim.edit(path)
    assert neovim.nvim.current.buffer.options["fileformat"] == "dos"
    ghost = ask(neovim)
    assert "\n" in ghost and "\r" not in ghost
    neovim.type("<Tab>")
    until(lambda: CALL in neovim.text(), "the call", 5)
    assert "\r" not in neovim.text()  # it would be drawn as ^M
    neovim.type("<Esc>")
    neovim.nvim.command("write")
    written = path.read_bytes()
    assert written.count(b"\r") == written.count(b"\r\n") == written.count(b"\n") > 3


def test_what_is_accepted_can_be_undone_by_itself(neovim: Neovim) -> None:
    before = neovim.text()
    neovim.type("Gcc")
    neovim.type("response = client.")
    until(neovim.ghost, "ghost text", PATIENCE)
    neovim.type("<Tab>")
    until(lambda: CALL in neovim.text(), "the call", 5)
    neovim.type("<Esc>u")
    assert neovim.text() == before


def test_a_word_and_a_line(neovim: Neovim) -> None:
    counted = stats(neovim)
    ghost = ask(neovim)
    neovim.type("<M-w>")
    until(lambda: neovim.text().endswith("client.create_model_customization_job"), "the word", 5)
    rest = until(neovim.ghost, "what is left", PATIENCE)
    assert rest.startswith("(")
    neovim.type("<M-l>")
    first = ghost.split("\n")[0]
    until(lambda: neovim.text().endswith("client." + first), "the line", 5)
    rest = until(neovim.ghost, "what is left of it", PATIENCE)
    neovim.type("<M-l>")  # the next line holds a tab stop: the whole rest is accepted, to be walked through
    until(lambda: neovim.text().endswith(first + rest), "the rest", 5)
    until(lambda: neovim.nvim.api.get_mode()["mode"] == "s", "the first value to be selected", 5)
    now = stats(neovim)
    assert now["partiallyAccepted"] == counted["partiallyAccepted"] + 2
    assert now["accepted"] == counted["accepted"] + 1


def test_it_stays_while_one_types_what_it_says(neovim: Neovim, install: Install) -> None:
    ghost = ask(neovim)
    neovim.type("create", 0.01)
    if install.version < (0, 12):  # 0.12 keeps what is drawn, and asks again
        assert neovim.ghost() == ghost.removeprefix("create")
    until(lambda: neovim.ghost() and ghost.endswith(neovim.ghost()), "what is left", PATIENCE)
    neovim.type("<Tab>")
    until(lambda: neovim.text().count("create_model") == 1 and CALL in neovim.text(), "the call", 5)
    assert "createcreate" not in neovim.text()


def test_dismissed(neovim: Neovim) -> None:
    ask(neovim)
    neovim.type("<C-]>")
    until(lambda: not neovim.ghost(), "the ghost text to go", 5)
    neovim.type("<Esc>")
    assert neovim.text().endswith("client.")


def test_keys_do_what_they_did_where_there_is_no_ghost_text(neovim: Neovim) -> None:
    neovim.nvim.command("set expandtab shiftwidth=4 softtabstop=4")
    neovim.nvim.command("Soothsay pause")
    until(lambda: neovim.status().get("state") == "paused", "the pause", 5)
    assert neovim.lua("return require('soothsay.status').line()") == "soothsay: paused"
    neovim.type("Go<Tab>x<Esc>")
    assert neovim.text().splitlines()[-1] == "    x"
    neovim.nvim.command("Soothsay resume")
    until(lambda: neovim.status().get("state") == "ready", "the end of the pause", 5)


def test_a_toggle_and_a_snooze(neovim: Neovim) -> None:
    for command, state in (("toggle", "paused"), ("toggle", "ready"), ("snooze 0.02", "paused")):
        neovim.nvim.command(f"Soothsay {command}")
        until(lambda state=state: neovim.status().get("state") == state, command, 5)
    until(lambda: neovim.status().get("state") == "ready", "the end of the snooze", 10)
    neovim.nvim.command("messages clear")
    neovim.nvim.input(":Soothsay snooze long<CR>")
    until(lambda: "'long' is not a number" in neovim.nvim.command_output("messages"), "the message", 5)


def set_automatic(neovim: Neovim, automatic: bool) -> None:
    neovim.lua(f"""
        local client = vim.lsp.get_clients({{ name = "soothsay" }})[1]
        local completion = {{ automatic = {str(automatic).lower()} }}
        client.settings = vim.tbl_deep_extend("force", client.settings, {{ soothsay = {{ completion = completion }} }})
        client:notify("workspace/didChangeConfiguration", {{ settings = client.settings }})
    """)


def test_a_completion_that_is_asked_for(neovim: Neovim) -> None:
    set_automatic(neovim, False)
    try:
        neovim.type("G$A")
        time.sleep(2.0)  # longer than Neovim and the plugin wait
        assert not neovim.ghost()
        neovim.type("<M-\\>")
        until(neovim.ghost, "ghost text", PATIENCE)
    finally:
        set_automatic(neovim, True)


def test_why_this_completion(neovim: Neovim, install: Install) -> None:
    ask(neovim)
    neovim.nvim.command("Soothsay explain")
    until(lambda: neovim.nvim.current.buffer.options["filetype"] == "soothsay-explain", "the window", 10)
    text = neovim.text()
    for part in (
        "✓ verified",
        " · bedrock.create_model_customization_job · botocore",
        "Draft  what the model wrote alone",
        "Trigger  documentation was looked up",
        "confidence 0.",
        "Evidence  <CR> opens the file",
        "client.create_model_customization_job(jobName=",
        "Type checker",
        "findings  ",
        "Answer  method full",
        "Time",
        "· total ",
    ):
        assert part in text
    until(lambda: "Why this completion?" in neovim.screen.text(), "the window on the screen", 5)
    until(lambda: "‹" not in neovim.screen.text(), "the ghost text behind it to go", 5)
    capture(neovim, install, "explain")
    groups = neovim.lua("""
        local groups = {}
        local namespace = vim.api.nvim_get_namespaces()["soothsay.explain"]
        for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })) do
            groups[mark[4].hl_group] = true
        end
        return vim.tbl_keys(groups)
    """)
    assert {"SoothsayVerified", "SoothsayTitle", "SoothsayLink"} <= set(groups)
    assert any(group.startswith("SoothsayToken") for group in groups)

    neovim.nvim.command("call search('Evidence')")
    neovim.type("j<CR>")
    until(lambda: "service-2.json" in neovim.nvim.current.buffer.name, "the service model", 20)
    # a package's file belongs to the project it was opened from
    assert neovim.lua("return #vim.lsp.get_clients({ name = 'soothsay' })") == 1


def test_checkhealth(neovim: Neovim) -> None:
    neovim.nvim.command("checkhealth soothsay")
    until(lambda: "index:" in neovim.text(), "the report", PATIENCE)
    text = neovim.text()
    assert "OK model: " in text
    assert re.search(r"OK oracle: .*\bty answers", text)
    assert "running as client" in text
    assert "ERROR" not in text
    neovim.nvim.command("bdelete!")


def test_the_status_line(neovim: Neovim, install: Install) -> None:
    ask(neovim)
    line = until(lambda: neovim.lua("return require('soothsay.status').line()"), "a status", 5)
    assert line.startswith("✓ botocore 1.")
    until(lambda: "✓ botocore 1." in neovim.screen.text(), "it on the screen", 5)


def test_commands_say_what_they_cannot_do(neovim: Neovim) -> None:
    neovim.nvim.command("messages clear")
    for command in ("nonsense", "cancel", "model no-such-model"):
        neovim.nvim.input(f":Soothsay {command}<CR>")
    said = until(
        lambda: "no-such-model" in (text := neovim.nvim.command_output("messages")) and text, "messages", 10
    )
    assert "soothsay: there is no 'nonsense'; there are cancel, explain, log, model, pause" in said
    assert "soothsay: nothing is being downloaded" in said
    assert "soothsay: there is no model 'no-such-model'" in said
    assert neovim.nvim.call("getcompletion", "Soothsay re", "cmdline") == ["reindex", "restart", "resume"]


def test_a_model_is_chosen_from_a_list(neovim: Neovim) -> None:
    neovim.lua("""
        _G.chosen = {}
        vim.ui.select = function(models, options, choose)
            for _, model in ipairs(models) do table.insert(_G.chosen, options.format_item(model)) end
            choose(nil)
        end
    """)
    neovim.nvim.command("Soothsay model")
    shown = until(lambda: neovim.lua("return _G.chosen"), "the list", 10)
    assert "qwen2.5-coder-0.5b (491 MB, Apache-2.0, in use)" in shown
    assert not any("MiniLM" in each for each in shown)


def test_a_killed_server_comes_back(neovim: Neovim, install: Install) -> None:
    (server,) = neovim.servers()
    server.kill()
    until(lambda: any(each.pid != server.pid for each in neovim.servers()), "another server", 30)
    until(lambda: neovim.status().get("state") == "ready", "the model", PATIENCE)
    until(lambda: vectors_only(neovim), "the index", PATIENCE)
    assert ask(neovim).startswith("create")
    assert len(neovim.servers()) == 1


def test_leaving_takes_the_server_with_it(neovim: Neovim) -> None:
    (server,) = neovim.servers()
    neovim.nvim.input("<C-\\><C-n>")
    neovim.close()
    until(lambda: not server.is_running(), "the server's end", 30)
