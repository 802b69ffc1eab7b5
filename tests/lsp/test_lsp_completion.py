"""Completions over stdio: ghost text, lists, cancelling, superseding, and what is no place to complete."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

import pytest
from fake_editor import Editor, capabilities
from lsprotocol import types
from pygls.exceptions import JsonRpcException

ANSWER = "create_job(\n    name=1,\n)"


async def test_ghost_text(editor: Editor) -> None:
    await editor.start()
    editor.open("import boto3\nclient.cr\n")
    result = await editor.client.text_document_inline_completion_async(editor.inline_params(1, 9))
    assert isinstance(result, types.InlineCompletionList)
    here = types.Position(1, 9)
    (item,) = result.items
    assert item == types.InlineCompletionItem(
        insert_text=ANSWER,
        range=types.Range(here, here),
        command=types.Command("Accepted", "soothsay.accepted", arguments=({"id": 1},)),
    )
    (asked,) = editor.journal("complete")
    assert asked["line"] == "client.cr"
    assert asked["method"] == "full"
    assert asked["language"] == "python"
    assert asked["path"] == str(editor.workspace / "main.py")


RESOLVES = types.TextDocumentClientCapabilities(
    completion=types.CompletionClientCapabilities(
        completion_item=types.ClientCompletionItemOptions(
            documentation_format=[types.MarkupKind.Markdown],
            resolve_support=types.ClientCompletionItemResolveOptions(["documentation", "detail"]),
        )
    )
)


async def test_list_item_and_its_evidence(editor: Editor) -> None:
    await editor.start(capabilities(text_document=RESOLVES))
    editor.open("😀client.cr\n")
    found = await editor.complete(0, 11)
    assert found.is_incomplete
    (item,) = found.items
    assert item.label == "crcreate_job("
    assert item.filter_text == "crcreate_job("
    assert item.sort_text == " soothsay"
    assert item.label_details == types.CompletionItemLabelDetails(
        detail=" ✓ verified", description="botocore 1.43.11"
    )
    edit = types.Range(types.Position(0, 9), types.Position(0, 11))
    assert item.text_edit == types.TextEdit(range=edit, new_text="cr" + ANSWER)
    assert item.commit_characters == ()  # "(" must not insert a call that brings its own
    assert item.command == types.Command("Accepted", "soothsay.accepted", arguments=({"id": 1},))
    assert item.documentation is None

    resolved = await editor.client.completion_item_resolve_async(item)
    assert isinstance(resolved.documentation, types.MarkupContent)
    assert resolved.documentation.kind == types.MarkupKind.Markdown
    for part in (
        "**✓ verified** (full)",
        "`create_jib`: the installed version has no such name; the model was not sure",
        "Confidence 0.65, threshold 0.80",
        "`bedrock.create_job` — botocore 1.43.11",
        "([source](<file:///site-packages/botocore/data/bedrock.json>))",
        "```python\nclient.create_job(name=...)\n```",
    ):
        assert part in resolved.documentation.value


async def test_the_evidence_comes_at_once_where_the_client_cannot_ask_for_it(editor: Editor) -> None:
    await editor.start(
        capabilities(
            text_document=types.TextDocumentClientCapabilities(
                completion=types.CompletionClientCapabilities()
            )
        )
    )
    editor.open("client.cr")
    (item,) = (await editor.complete(0, 9)).items
    assert item.detail == "botocore 1.43.11"
    assert isinstance(item.documentation, types.MarkupContent)
    assert "`bedrock.create_job` — botocore 1.43.11" in item.documentation.value


async def test_an_item_that_is_not_ours_stays_as_it_is(editor: Editor) -> None:
    await editor.start()
    for data in (None, {"id": 99}, {"id": "x"}, [1]):
        item = types.CompletionItem(label="x", data=data)
        assert await editor.client.completion_item_resolve_async(item) == item


async def test_both_ways_of_asking_share_one_answer(editor: Editor) -> None:
    await editor.start(settings={"completion": {"speculate": False}})
    editor.open("client.STUCK")
    both = asyncio.gather(editor.inline(0, 12), editor.complete(0, 12))
    await editor.happened("complete")
    await editor.explain()  # both requests have been read by now
    editor.release()
    ghost, found = await both
    assert ghost == [ANSWER]
    assert len(found.items) == 1
    assert len(editor.journal("complete")) == 1


async def test_edits_with_characters_of_every_width(editor: Editor) -> None:
    result = await editor.start()
    assert result.capabilities.position_encoding == "utf-16"
    sync = result.capabilities.text_document_sync
    assert isinstance(sync, types.TextDocumentSyncOptions)
    assert sync.change == types.TextDocumentSyncKind.Incremental
    editor.open("s = '😀ä漢'\r\nprint(\x0c)\r\n")

    def change(version: int, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        edit = types.TextDocumentContentChangePartial(
            range=types.Range(types.Position(*start), types.Position(*end)), text=text
        )
        document = types.VersionedTextDocumentIdentifier(version=version, uri=editor.uri())
        editor.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [edit]))

    change(2, (0, 7), (0, 8), "🎉x")  # the umlaut, behind a surrogate pair
    change(3, (1, 6), (1, 7), "s")  # the form feed, which is no line end
    change(4, (2, 0), (2, 0), "done😀.")  # behind the last line end
    assert await editor.inline(0, 10) == [ANSWER]
    assert (await editor.explain())["draft"] == "s = '😀🎉x"
    await editor.inline(1, 7)
    assert (await editor.explain())["draft"] == "print(s"
    await editor.inline(2, 7)
    assert (await editor.explain())["draft"] == "done😀."


async def test_the_client_chooses_the_encoding(editor: Editor) -> None:
    general = types.GeneralClientCapabilities(position_encodings=["utf-8", "utf-16"])
    result = await editor.start(capabilities(general=general))
    assert result.capabilities.position_encoding == "utf-8"
    editor.open("😀ab")
    await editor.inline(0, 5)
    assert (await editor.explain())["draft"] == "😀a"


async def test_cancel_stops_the_model(editor: Editor) -> None:
    await editor.start()
    editor.open("SLOW")
    request = editor.client.protocol.send_request(
        types.TEXT_DOCUMENT_INLINE_COMPLETION, editor.inline_params(0, 4), msg_id="mine"
    )
    await editor.happened("complete")
    editor.client.cancel_request(types.CancelParams(id="mine"))
    with pytest.raises(JsonRpcException) as refused:
        await asyncio.wait_for(asyncio.wrap_future(request), 30)
    assert refused.value.code == types.LSPErrorCodes.RequestCancelled == -32800
    await editor.happened("cancelled")
    editor.open("fine", "other.py")
    assert await editor.inline(0, 4, "other.py") == [ANSWER]


async def test_cancelling_one_of_two_leaves_the_other_its_answer(editor: Editor) -> None:
    await editor.start()
    editor.open("STUCK")
    editor.client.protocol.send_request(
        types.TEXT_DOCUMENT_INLINE_COMPLETION, editor.inline_params(0, 5), msg_id="mine"
    )
    other = asyncio.ensure_future(editor.complete(0, 5))
    await editor.happened("complete")
    editor.client.cancel_request(types.CancelParams(id="mine"))
    await editor.explain()  # the cancellation has been read by now
    editor.release()
    assert len((await other).items) == 1


async def test_superseded_requests_are_answered_while_the_model_is_busy(editor: Editor) -> None:
    await editor.start()
    editor.open("STUCK\nsecond\nthird")
    first = editor.inline(0, 5)
    await editor.happened("complete")
    second = editor.inline(1, 6)
    third = editor.inline(2, 5)
    assert await asyncio.wait_for(first, 30) == []
    assert await asyncio.wait_for(second, 30) == []
    assert not third.done()
    editor.release()
    assert await third == [ANSWER]
    assert [entry["line"] for entry in editor.journal("complete")] == ["STUCK", "third"]


async def test_other_requests_do_not_wait_for_the_model(editor: Editor) -> None:
    await editor.start()
    editor.open("STUCK")
    busy = editor.inline(0, 5)
    await editor.happened("complete")
    for _ in range(20):
        await asyncio.wait_for(editor.explain(), 30)
    assert not busy.done()
    editor.release()
    assert await busy == [ANSWER]


@pytest.mark.parametrize(
    ("line", "character", "name"),
    [(2, 0, "main.py"), (10**6, 0, "main.py"), (0, 0, "never-opened.py")],
)
async def test_no_place_to_complete(editor: Editor, line: int, character: int, name: str) -> None:
    await editor.start()
    editor.open("one\ntwo")
    assert await editor.inline(line, character, name) == []
    assert not (await editor.complete(line, character, name)).items
    assert editor.journal("complete") == []


async def test_behind_the_end_of_a_line_is_its_end(editor: Editor) -> None:
    await editor.start()
    editor.open("one\ntwo")
    assert await editor.inline(0, 99) == [ANSWER]
    assert (await editor.explain())["draft"] == "one"


async def test_a_closed_document(editor: Editor) -> None:
    await editor.start()
    editor.open("text")
    identifier = types.TextDocumentIdentifier(uri=editor.uri())
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=identifier))
    assert await editor.inline(0, 4) == []


async def test_a_huge_document_is_refused_with_one_message(editor: Editor) -> None:
    await editor.start()
    editor.open("x = 1\n" * 1_700_000)
    assert await editor.inline(0, 5) == []
    assert await editor.inline(1, 5) == []
    await editor.told("main.py has more than 5,000,000 characters")
    assert len(editor.client.messages) == 1


async def test_an_empty_completion_is_an_empty_list(editor: Editor) -> None:
    await editor.start()
    editor.open("NOTHING")
    assert await editor.inline(0, 7) == []
    assert (await editor.explain())["draft"] == "NOTHING"


async def test_errors_are_told_once_and_bugs_only_logged(
    editor: Editor, capfd: pytest.CaptureFixture[str]
) -> None:
    await editor.start()
    editor.open("ERROR\nBUG\nfine")
    assert await editor.inline(0, 5) == []
    assert await editor.inline(0, 4) == [ANSWER]  # "ERRO"
    assert await editor.inline(0, 5) == []
    assert await editor.inline(1, 3) == []
    assert await editor.inline(2, 4) == [ANSWER]
    assert [message.message for message in editor.client.messages] == [
        "the model is out of memory; choose a smaller one"
    ]
    assert editor.client.messages[0].type == types.MessageType.Error
    logged = capfd.readouterr().err
    assert "RuntimeError: a bug in the engine" in logged
    assert "Traceback" in logged


async def test_prints_do_not_reach_the_protocol(editor: Editor, capfd: pytest.CaptureFixture[str]) -> None:
    await editor.start()
    editor.open("PRINT")
    assert await editor.inline(0, 5) == [ANSWER]
    assert await editor.inline(0, 4) == [ANSWER]
    logged = capfd.readouterr().err
    for text in ("printed by Python", "written to descriptor 1", "printed by C"):
        assert text in logged


async def test_old_trigger_kinds_and_malformed_requests_are_answered(editor: Editor) -> None:
    await editor.start()
    editor.open("text")
    protocol = editor.client.protocol
    params = {"textDocument": {"uri": editor.uri()}, "position": {"line": 0, "character": 4}}

    async def ask(request: dict[str, object]) -> object:
        message = {
            "jsonrpc": "2.0",
            "id": "raw",
            "method": "textDocument/inlineCompletion",
            "params": request,
        }
        answer = protocol._request_futures["raw"] = Future()
        protocol._send_data(message)
        return await asyncio.wait_for(asyncio.wrap_future(answer), 5)

    result = await ask({**params, "context": {"triggerKind": 0}})
    assert "create_job" in str(result)
    with pytest.raises(JsonRpcException) as refused:
        await ask({**params, "position": "here"})
    assert refused.value.code == types.ErrorCodes.InvalidParams
