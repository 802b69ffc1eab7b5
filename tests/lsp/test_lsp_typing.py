"""While somebody types: what is shown is answered from memory, what follows is written ahead, places are read ahead."""

from __future__ import annotations

import asyncio

from fake_editor import Editor, until
from lsprotocol import types


def edit(editor: Editor, line: int, character: int, text: str, version: int = 2) -> None:
    at = types.Position(line, character)
    editor.client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(version=version, uri=editor.uri()),
            content_changes=[types.TextDocumentContentChangePartial(range=types.Range(at, at), text=text)],
        )
    )


def move(editor: Editor, line: object, character: object) -> None:
    params = {"textDocument": {"uri": editor.uri()}, "position": {"line": line, "character": character}}
    editor.client.protocol.notify("soothsay/didMoveCursor", params)


async def indexed(editor: Editor) -> None:
    """Wait until the index is built and everybody has heard of it: what was remembered before is forgotten then."""
    await editor.happened("build done")
    await asyncio.sleep(0.1)


async def test_what_is_shown_and_typed_is_answered_without_the_model(editor: Editor) -> None:
    await editor.start(settings={"completion": {"speculate": False}})
    await indexed(editor)
    editor.open("client.")
    (text,) = await editor.inline(0, 7)
    before = await editor.command("soothsay.explainLast")
    for end in range(1, 4):
        edit(editor, 0, 6 + end, text[end - 1], end + 1)
        assert await editor.inline(0, 7 + end) == [text[end:]]
    assert len(editor.journal("complete")) == 1
    stats = await editor.command("soothsay.stats")
    assert stats["model"]["evaluated"] == 7 and stats["eventLoop"]["beats"] > 0
    assert before is not None


async def test_what_would_follow_is_written_while_it_is_shown(editor: Editor) -> None:
    await editor.start()
    await indexed(editor)
    editor.open("client.")
    (text,) = await editor.inline(0, 7)
    ahead = await editor.happened("complete", 2)
    assert ahead[1]["line"] == f"client.{text}".splitlines()[-1]
    await until(lambda: len(editor.journal("complete")) == 2, "one completion ahead, and no more")
    edit(editor, 0, 7, text)
    last = text.splitlines()[-1]
    position = (text.count("\n"), len(last) + (0 if "\n" in text else 7))
    asked = len(editor.journal("complete"))
    assert await editor.inline(*position)
    assert len(editor.journal("complete")) == asked, "the answer was there"


async def test_a_place_is_read_when_the_cursor_stays_there_and_left_when_it_is_needed(editor: Editor) -> None:
    await editor.start()
    editor.open("x = 1\nSLOW = client.\ny = 2\n")
    await editor.inline(2, 5)
    move(editor, 1, 14)
    assert (await editor.happened("prepare"))[0]["line"] == "SLOW = client."
    assert await asyncio.wait_for(editor.inline(0, 5), 30)
    await editor.happened("prepare cancelled")


async def test_what_is_further_away_is_read_while_something_is_shown(editor: Editor) -> None:
    await editor.start(settings={"completion": {"speculate": False}})
    await indexed(editor)
    editor.open("client.")
    await editor.inline(0, 7)
    assert (await editor.happened("prepare"))[0]["line"] == "client."


async def test_it_is_read_after_what_would_follow_was_written(editor: Editor) -> None:
    await editor.start()
    await indexed(editor)
    editor.open("client.")
    await editor.inline(0, 7)
    await editor.happened("prepare")
    assert len(editor.journal("complete")) == 2


async def test_moves_that_say_nothing_are_ignored(editor: Editor) -> None:
    await editor.start()
    editor.open("x = 1\n")
    for line, character in ((-1, 0), ("a", 0), (0, None), (99, 0)):
        move(editor, line, character)
    editor.client.protocol.notify("soothsay/didMoveCursor", None)
    assert await editor.inline(0, 5)
    assert not editor.journal("prepare")


async def test_windows_line_ends_are_the_client_s_alone(editor: Editor) -> None:
    r"""A client makes its own line ends of ``\n``; a ``\r`` that is inserted by one that does not would be seen as ``^M``."""
    await editor.start(settings={"completion": {"speculate": False}})
    await indexed(editor)
    editor.open("import boto3\r\nä = 1\r\nclient.\r\n")
    (text,) = await editor.inline(2, 7)
    assert "\n" in text and "\r" not in text
    (asked,) = editor.journal("complete")
    assert (asked["above"], asked["line"]) == ("import boto3\nä = 1\n", "client.")
    first, rest = text.split("\n", 1)
    edit(editor, 2, 7, f"{first}\r\n")  # what was accepted, as the client has it
    assert await editor.inline(3, 0) == [rest]
    assert len(editor.journal("complete")) == 1, "it was typed as it was shown"
    (shown,) = editor.journal("mirror")[-1:]
    assert "\r" not in str(shown)
