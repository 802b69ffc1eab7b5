"""What files of a workspace may set, in an editor that does not ask whether to trust them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fake_editor import Editor, capabilities
from lsprotocol import types

PLAIN = capabilities(
    experimental={"soothsay": {"settingsTrusted": None}}
)  # as an editor that knows nothing of it
FOREIGN = {
    "model": {"path": "/elsewhere/weights.gguf", "name": "foreign"},
    "index": {"interpreter": "/elsewhere/python", "docs": ["/home"], "uri": "s3://elsewhere/index"},
    "trigger": {"threshold": 0.6},
}


async def test_a_workspace_chooses_no_program_model_or_folder(editor: Editor) -> None:
    await editor.start(PLAIN, options={"index": {"python": "/mine/python"}}, settings=FOREIGN)
    (opened,) = await editor.happened("open")
    assert (opened["model"], opened["interpreter"]) == ("qwen2.5-coder-0.5b", "/mine/python")
    assert (opened["path"], opened["docs"], opened["uri"]) == ("", [], "")
    assert opened["threshold"] == 0.6  # decides nothing of that kind
    await editor.told(
        "soothsay.model.name, soothsay.model.path, soothsay.index.python, soothsay.index.docs, soothsay.index.uri: "
        "not taken from the editor's configuration, which files of the workspace may be part of; "
        "set this in the server's initialization options"
    )
    await reconfigured(editor, FOREIGN)
    assert len(editor.client.messages) == 1  # it is said once


@pytest.mark.parametrize("pushed", [FOREIGN, {"soothsay": FOREIGN}], ids=["plain", "section"])
async def test_nor_by_what_the_editor_pushes(editor: Editor, pushed: dict[str, Any]) -> None:
    unasked = capabilities(workspace=None, experimental={"soothsay": {"settingsTrusted": False}})
    await editor.start(unasked)
    await editor.happened("loaded")
    params = types.DidChangeConfigurationParams(settings=pushed)
    editor.client.workspace_did_change_configuration(params)
    await editor.told("soothsay.model.name, soothsay.model.path")
    assert {entry["model"] for entry in editor.journal("open")} == {"qwen2.5-coder-0.5b"}


async def test_what_the_user_has_given_may_be_said_again(editor: Editor) -> None:
    given = {"model": {"name": "mine"}, "index": {"python": "/mine/python"}}
    await editor.start(PLAIN, options={"soothsay": given}, settings=given)
    (opened,) = await editor.happened("open")
    assert (opened["model"], opened["interpreter"]) == ("mine", "/mine/python")
    assert editor.client.messages == []


async def test_an_editor_that_asks_for_trust_may_send_everything(editor: Editor) -> None:
    await editor.start(settings=FOREIGN)
    (opened,) = await editor.happened("open")
    assert (opened["model"], opened["interpreter"]) == ("foreign", "/elsewhere/python")
    assert editor.client.messages == []


async def reconfigured(editor: Editor, settings: dict[str, Any]) -> None:
    editor.client.set_configuration(settings, section="soothsay")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await asyncio.sleep(0.2)
