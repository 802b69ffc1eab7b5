"""Hints on wrong calls, the code action that replaces them, and what the oracle is told of open documents."""

from __future__ import annotations

import asyncio
from typing import Any

from fake_editor import Editor, capabilities, until
from lsprotocol import types

WRONG = "x = 1\n😀 = client.wrong(a, b)\n"
ALL = types.Range(types.Position(0, 0), types.Position(9, 0))


def change(editor: Editor, text: str, version: int = 2, name: str = "main.py") -> None:
    document = types.VersionedTextDocumentIdentifier(version=version, uri=editor.uri(name))
    whole = types.TextDocumentContentChangeWholeDocument(text)
    editor.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))


def close(editor: Editor, name: str = "main.py") -> None:
    document = types.TextDocumentIdentifier(editor.uri(name))
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(document))


async def hints(editor: Editor, count: int, name: str = "main.py") -> list[types.Diagnostic]:
    """Wait until this many hints are shown."""

    def shown() -> list[types.Diagnostic]:
        return list(editor.client.diagnostics.get(editor.uri(name), ()))

    await until(lambda: editor.uri(name) in editor.client.diagnostics and len(shown()) == count, "hints")
    return shown()


def actions(editor: Editor, where: types.Range = ALL, **context: Any) -> asyncio.Future[list[Any]]:
    return asyncio.ensure_future(_actions(editor, where, context))


async def _actions(editor: Editor, where: types.Range, context: dict[str, Any]) -> list[Any]:
    params = types.CodeActionParams(
        text_document=types.TextDocumentIdentifier(editor.uri()),
        range=where,
        context=types.CodeActionContext(**{"diagnostics": [], **context}),
    )
    return list(await editor.client.text_document_code_action_async(params) or ())


# -- hints ---------------------------------------------------------------------------------------------


async def test_a_hint(editor: Editor) -> None:
    await editor.start()
    editor.open(WRONG)
    (hint,) = await hints(editor, 1)
    assert hint == types.Diagnostic(
        range=types.Range(types.Position(1, 12), types.Position(1, 17)),  # the character counts for two
        message="no wrong (x 1)",
        severity=types.DiagnosticSeverity.Hint,
        code="not-a-member",
        source="soothsay",
    )
    looks = editor.journal("look")
    assert not looks[-1]["typed"]
    assert {look["thread"] for look in looks} == {"soothsay-hints"}


async def test_hints_follow_the_text_and_go_with_the_document(editor: Editor) -> None:
    await editor.start()
    editor.open(WRONG)
    await hints(editor, 1)
    change(editor, WRONG * 2)
    await hints(editor, 2)
    change(editor, "fine", 3)
    await hints(editor, 0)
    change(editor, WRONG, 4)
    await hints(editor, 1)
    close(editor)
    await hints(editor, 0)


async def test_typing_is_looked_at_once_when_it_ends(editor: Editor) -> None:
    await editor.start(settings={"index": {"enabled": False}})
    await editor.happened("loaded")
    editor.open("fine")
    await editor.happened("look")
    for version in range(2, 10):
        change(editor, f"{WRONG}# {version}", version)
        await asyncio.sleep(0.02)
    await hints(editor, 1)
    assert len(editor.journal("look")) == 2


async def test_which_hints_are_wanted_is_a_setting_that_needs_no_new_session(editor: Editor) -> None:
    await editor.start(settings={"diagnostics": {"enabled": "all"}})
    editor.open(WRONG)
    await hints(editor, 1)
    assert editor.journal("look")[-1]["typed"]
    editor.client.set_configuration({"diagnostics": {"enabled": "off"}}, section="soothsay")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await hints(editor, 0)
    assert await actions(editor) == []
    assert len(editor.journal("open")) == 1


async def test_what_was_open_before_the_model_is_looked_at_when_it_is_there(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "slow"}})
    editor.open(WRONG)
    await hints(editor, 1)


async def test_other_languages_have_no_hints(editor: Editor) -> None:
    await editor.start()
    editor.open(WRONG, "main.lua", "lua")
    editor.open(WRONG)
    await hints(editor, 1)
    assert editor.uri("main.lua") not in editor.client.diagnostics


async def test_a_completion_goes_first(editor: Editor) -> None:
    await editor.start()
    await editor.happened("build done")
    editor.open(f"LONG\nclient.cr\n{WRONG}")
    await editor.happened("look")
    assert await asyncio.wait_for(editor.inline(1, 9), 30)
    await editor.happened("look cancelled")
    change(editor, WRONG)
    await hints(editor, 1)


# -- the code action -----------------------------------------------------------------------------------


async def test_the_action(editor: Editor) -> None:
    workspace = types.WorkspaceClientCapabilities(
        configuration=True, workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
    )
    result = await editor.start(capabilities(workspace=workspace))
    assert result.capabilities.code_action_provider == types.CodeActionOptions(
        code_action_kinds=(types.CodeActionKind.QuickFix,)  # pyright: ignore[reportArgumentType]
    )
    editor.open(WRONG)
    (hint,) = await hints(editor, 1)
    (action,) = await actions(editor, hint.range, diagnostics=[hint])
    assert (action.title, action.kind) == ("Replace with client.right(…)", types.CodeActionKind.QuickFix)
    assert list(action.diagnostics) == [hint]
    (changed,) = action.edit.document_changes
    assert changed.text_document == types.OptionalVersionedTextDocumentIdentifier(uri=editor.uri(), version=1)
    (edit,) = changed.edits
    assert edit.new_text == "right()"
    assert edit.range == types.Range(types.Position(1, 12), types.Position(1, 23))
    assert {each["thread"] for each in editor.journal("repair")} == {"soothsay-model"}


async def test_a_client_without_versions_and_a_second_question_that_costs_nothing(editor: Editor) -> None:
    await editor.start()
    await editor.happened("build done")
    editor.open(WRONG)
    await hints(editor, 1)
    for _ in range(2):
        (action,) = await actions(editor)
        assert list(action.edit.changes) == [editor.uri()]
    assert len(editor.journal("repair")) == 1


async def test_no_action_for_what_cannot_be_verified_or_is_elsewhere_or_was_not_asked_for(
    editor: Editor,
) -> None:
    await editor.start()
    await editor.happened("build done")
    editor.open(f"client.wrong(NEVER)\n{WRONG}")
    await hints(editor, 2)
    here = types.Range(types.Position(0, 9), types.Position(0, 9))
    assert await actions(editor, here) == []
    nowhere = types.Range(types.Position(1, 2), types.Position(1, 2))
    assert await actions(editor, nowhere) == []
    assert await actions(editor, only=[types.CodeActionKind.RefactorExtract]) == []
    automatic = types.CodeActionTriggerKind.Automatic
    assert await actions(editor, trigger_kind=automatic) == []
    assert len(editor.journal("repair")) == 1
    assert len(await actions(editor)) == 1
    assert len(await actions(editor, trigger_kind=automatic)) == 1  # known by now


async def test_a_repair_makes_way_for_a_completion_and_begins_again(editor: Editor) -> None:
    await editor.start()
    await editor.happened("build done")
    editor.open("client.cr\nclient.wrong(SLOW)\n")
    await hints(editor, 1)
    pending = actions(editor)
    await editor.happened("repair")
    assert await asyncio.wait_for(editor.inline(0, 9), 30)
    await editor.happened("repair cancelled")
    await editor.happened("repair", 2)
    editor.release()
    assert await pending  # in the end


async def test_a_repair_waits_for_a_completion(editor: Editor) -> None:
    await editor.start()
    await editor.happened("build done")
    editor.open("STUCK\nclient.wrong()\n")
    await hints(editor, 1)
    ghost = editor.inline(0, 5)
    await editor.happened("complete")
    pending = actions(editor)
    await editor.explain()  # the request for actions has been read by now
    editor.release()
    assert len(await pending) == 1
    assert ghost.done()
    assert await ghost


async def test_an_edit_makes_an_action_void(editor: Editor) -> None:
    await editor.start()
    await editor.happened("build done")
    editor.open("client.wrong(SLOW)\n")
    await hints(editor, 1)
    pending = actions(editor)
    await editor.happened("repair")
    change(editor, "client.wrong(SLOW, x)\n")
    assert await pending == []
    await editor.happened("repair cancelled")


# -- unsaved buffers -----------------------------------------------------------------------------------


async def test_open_documents_are_mirrored(editor: Editor) -> None:
    await editor.start()
    await editor.happened("loaded")
    editor.open("a = 1\n")
    change(editor, "a = 2\n")
    close(editor)
    await editor.happened("forget")
    seen = [(each["path"], each.get("text")) for each in editor.journal("mirror", "forget")]
    assert seen == [("main.py", "a = 1\n"), ("main.py", "a = 2\n"), ("main.py", None)]


async def test_what_was_open_before_the_session_is_mirrored_when_it_opens_and_again_in_the_next(
    editor: Editor,
) -> None:
    await editor.start(settings={"model": {"name": "slow"}})
    editor.open("a = 1\n")
    change(editor, "a = 2\n")
    await editor.happened("loaded")
    await editor.happened("build")
    assert editor.journal("mirror")[-1]["text"] == "a = 2\n"
    before = len(editor.journal("mirror"))
    editor.client.set_configuration({"model": {"name": "other"}}, section="soothsay")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.happened("mirror", before + 1)
    assert editor.journal("mirror")[-1]["text"] == "a = 2\n"
    events = [each["event"] for each in editor.journal("open", "mirror")]
    assert events[-2:] == ["open", "mirror"]
