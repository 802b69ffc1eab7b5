"""What a person switches: automatic completions, files, a snooze; and that *why not* is explained."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from fake_editor import Editor, capabilities, listen, until
from lsprotocol import types
from pygls.exceptions import JsonRpcException

ANSWER = "create_job(\n    name=1,\n)"


async def ask_for_it(editor: Editor, line: int, character: int, name: str = "main.py") -> list[Any]:
    """Return the ghost text that the editor's command for it brings."""
    params = editor.inline_params(line, character, name)
    params.context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked)
    result = await editor.client.text_document_inline_completion_async(params)
    assert isinstance(result, types.InlineCompletionList)
    return [item.insert_text for item in result.items]


async def problem(editor: Editor) -> str:
    return (await editor.explain())["oracle"]["problem"]


async def test_without_automatic_completions_only_the_command_brings_one(editor: Editor) -> None:
    await editor.start(settings={"completion": {"automatic": False}})
    editor.open("text")
    assert await editor.inline(0, 4) == []
    assert await problem(editor) == (
        "the setting completion.automatic is false: completions are given when they are asked for"
    )
    assert editor.journal("complete") == []
    assert await ask_for_it(editor, 0, 4) == [ANSWER]
    assert len((await editor.complete(0, 4)).items) == 1


async def test_switching_automatic_completions_off_opens_no_new_session(editor: Editor) -> None:
    await editor.start()
    await editor.happened("loaded")
    editor.open("text")
    settings = {"completion": {"automatic": False}}
    editor.client.set_configuration(settings, section="soothsay")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    while await editor.inline(0, 4):
        pass
    assert len(editor.journal("open")) == 1


async def test_excluded_files_are_left_alone(editor: Editor) -> None:
    await editor.start(settings={"completion": {"exclude": ["vendor/", "!"]}})
    await editor.told("soothsay.completion.exclude: '!' is not a pattern; ignored")
    editor.open("client.wrong(1)\n", "vendor/main.py")
    assert await editor.inline(0, 4, "vendor/main.py") == []
    assert await problem(editor) == "main.py is excluded by the setting completion.exclude"
    editor.open("text")
    assert await editor.inline(0, 4) == [ANSWER]
    await editor.happened("look")
    assert {entry["path"] for entry in editor.journal("mirror", "look")} == {"main.py"}


async def test_a_pause_is_explained(editor: Editor) -> None:
    await editor.start()
    editor.open("text")
    assert await editor.command("soothsay.toggle") == {"paused": True}
    assert await editor.inline(0, 4) == []
    assert (await problem(editor)).startswith("completions are paused")
    assert await editor.command("soothsay.toggle") == {"paused": False}
    assert await editor.inline(0, 4) == [ANSWER]


async def test_a_snooze_says_until_when_and_ends_by_itself(editor: Editor) -> None:
    heard = listen(editor)
    await editor.start(capabilities(experimental={"soothsay": {"status": True}}))
    editor.open("text")
    assert await editor.inline(0, 4) == [ANSWER]
    assert await editor.command("soothsay.snooze", 0.02) == {"paused": True}
    await until(lambda: heard[-1].state == "paused", "paused")
    until_when = datetime.fromisoformat(heard[-1].pausedUntil)
    assert until_when.tzinfo is not None
    await until(lambda: heard[-1].state == "ready", "ready")
    assert heard[-1].pausedUntil is None
    assert await editor.inline(0, 4) == [ANSWER]


async def test_a_snooze_is_ended_by_resume_and_outlasted_by_a_pause(editor: Editor) -> None:
    await editor.start()
    editor.open("text")
    await editor.command("soothsay.snooze")
    assert await editor.inline(0, 4) == []
    await editor.command("soothsay.resume")
    assert await editor.inline(0, 4) == [ANSWER]
    await editor.command("soothsay.snooze", 0.001)
    await editor.command("soothsay.pause")
    await editor.happened("loaded")
    for _ in range(5):
        assert await editor.inline(0, 4) == []


@pytest.mark.parametrize("minutes", [0, -1, "ten", True, 1e9])
async def test_a_snooze_of_nonsense_is_an_error(editor: Editor, minutes: object) -> None:
    await editor.start()
    with pytest.raises(JsonRpcException) as error:
        await editor.command("soothsay.snooze", minutes)
    assert error.value.code == types.ErrorCodes.InvalidParams
    assert "takes minutes" in error.value.message


async def test_why_nothing_is_shown_is_explained_beside_what_was_shown_last(editor: Editor) -> None:
    await editor.start()
    editor.open("text\nNOTHING\n")
    assert await editor.inline(0, 4) == [ANSWER]
    assert (await editor.explain())["nothingSince"] is None
    assert await editor.inline(1, 7) == []
    why = await editor.explain()
    assert why["text"] == ANSWER
    assert why["nothingSince"] == {
        "step": "breaks",
        "explanation": "with it, the file would parse worse than without",
        "dropped": ")",
        "gate": None,
    }
