"""Tab stops over stdio: who gets a snippet, and what is left of it while it is typed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fake_editor import Editor, capabilities
from lsprotocol import types

SNIPPET = (
    'create_job(\n    name=${1:jobName},\n    path="C:\\\\\\\\\\${home\\}",\n    role=${2:roleArn},\n)$0'
)
PLAIN = 'create_job(\n    name="",\n    path="C:\\\\${home}",\n    role="",\n)'
TAKES = {"soothsay": {"snippets": True}}


async def inline_text(editor: Editor, line: int, character: int) -> str | types.StringValue:
    result = await editor.client.text_document_inline_completion_async(editor.inline_params(line, character))
    assert isinstance(result, types.InlineCompletionList)
    (item,) = result.items
    here = types.Position(line, character)
    assert item.range == types.Range(here, here)
    return item.insert_text


@pytest.mark.parametrize(
    ("experimental", "setting", "text"),
    [
        (TAKES, True, types.StringValue(SNIPPET)),
        (TAKES, False, PLAIN),
        (None, True, PLAIN),
        ({"soothsay": {"status": True}}, True, PLAIN),
    ],
    ids=["announced", "switched off", "not announced", "another ability"],
)
async def test_ghost_text(
    editor: Editor, experimental: Any, setting: bool, text: str | types.StringValue
) -> None:
    settings = {"completion": {"snippets": setting}}
    await editor.start(capabilities(experimental=experimental), settings=settings)
    editor.open("x.VALUES")
    assert await inline_text(editor, 0, 8) == text
    explained = await editor.explain()
    assert [(stop["label"], stop["start"]) for stop in explained["tab_stops"]] == [
        ("jobName", 21),
        ("roleArn", PLAIN.rindex('""')),
    ]


def document(snippets: bool) -> types.TextDocumentClientCapabilities:
    item = types.ClientCompletionItemOptions(snippet_support=snippets)
    return types.TextDocumentClientCapabilities(
        completion=types.CompletionClientCapabilities(completion_item=item)
    )


async def test_a_list_item(editor: Editor) -> None:
    await editor.start(capabilities(text_document=document(snippets=True)))
    editor.open("if x:\n    x.VALUES")
    (item,) = (await editor.complete(1, 12)).items
    edit = types.Range(types.Position(1, 6), types.Position(1, 12))
    assert item.text_edit == types.TextEdit(range=edit, new_text="VALUES" + SNIPPET)
    assert item.insert_text_format == types.InsertTextFormat.Snippet
    assert item.insert_text_mode == types.InsertTextMode.AdjustIndentation  # the editor indents it
    assert isinstance(item.documentation, types.MarkupContent)
    assert "Left to you: `jobName`, `roleArn`." in item.documentation.value


async def test_a_list_item_for_a_client_without_snippets(editor: Editor) -> None:
    await editor.start(capabilities(text_document=document(snippets=False)))
    editor.open("x.VALUES")
    (item,) = (await editor.complete(0, 8)).items
    assert isinstance(item.text_edit, types.TextEdit) and item.text_edit.new_text == "VALUES" + PLAIN
    assert item.insert_text_format == types.InsertTextFormat.PlainText


async def test_typed_through_it_keeps_the_stops_that_remain(editor: Editor) -> None:
    await editor.start(capabilities(experimental=TAKES))
    await editor.happened("build done")
    await asyncio.sleep(0.1)  # what was remembered before the index was built is forgotten
    text = "x.VALUES"
    editor.open(text)
    await inline_text(editor, 0, 8)
    version = 1
    for typed, rest in (
        ("create_job(", SNIPPET.removeprefix("create_job(")),
        ('\n    name=""', SNIPPET.partition("${1:jobName}")[2].replace("${2:", "${1:")),
    ):
        version += 1
        text += typed
        change = types.TextDocumentContentChangeWholeDocument(text)
        editor.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, editor.uri()), [change]
            )
        )
        line, character = text.count("\n"), len(text) - text.rfind("\n") - 1
        assert await inline_text(editor, line, character) == types.StringValue(rest)
    assert len(editor.journal("complete")) == 1  # answered from memory; nothing is written ahead of values
