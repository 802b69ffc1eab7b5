"""Positions and edits, in every encoding, with every kind of line end."""

from __future__ import annotations

import random
import re

import pytest
from lsprotocol.types import (
    Position,
    Range,
    TextDocumentContentChangePartial,
    TextDocumentContentChangeWholeDocument,
    TextDocumentItem,
    VersionedTextDocumentIdentifier,
)

from soothsay.frontend.documents import Document, EditorWorkspace, offset_at, position_at
from soothsay_languages.lines import Encoding, LineTable

ENCODINGS: list[Encoding] = ["utf-8", "utf-16", "utf-32"]


@pytest.mark.parametrize(
    ("encoding", "after_emoji", "after_umlaut"), [("utf-8", 4, 6), ("utf-16", 2, 3), ("utf-32", 1, 2)]
)
def test_units(encoding: Encoding, after_emoji: int, after_umlaut: int) -> None:
    text = "x\n😀äb"
    assert offset_at(LineTable(text), Position(1, after_emoji), encoding) == 3
    assert offset_at(LineTable(text), Position(1, after_umlaut), encoding) == 4
    assert position_at(LineTable(text), 4, encoding) == Position(1, after_umlaut)


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 1), ("utf-8", 3), ("utf-16", 1)])
def test_inside_a_character_is_before_it(encoding: Encoding, character: int) -> None:
    assert offset_at(LineTable("😀b"), Position(0, character), encoding) == 0


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", ["ab\ncd", "ab\r\ncd", "ab\rcd"])
def test_a_position_past_the_end_is_clamped(text: str, encoding: Encoding) -> None:
    assert offset_at(LineTable(text), Position(0, 99), encoding) == 2  # never behind the line end
    assert offset_at(LineTable(text), Position(1, 99), encoding) == len(text)
    assert offset_at(LineTable(text), Position(9, 0), encoding) == len(text)


def test_only_lsp_line_ends_end_lines() -> None:
    text = "a\x0cb\u2028c\x85d\x1ce\nf"
    assert LineTable(text).start(1) == text.index("f")
    assert LineTable(text).start(2) is None


def test_the_line_after_a_final_newline_exists() -> None:
    assert LineTable("a\n").start(1) == 2
    assert LineTable("a\n").start(2) is None
    assert LineTable("").start(0) == 0
    assert LineTable("").start(1) is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_far_down_are_found(end: str) -> None:
    text = "".join(f"line {number}{end}" for number in range(50_000))
    starts = [0, *(match.end() for match in re.finditer(end, text))]
    for number in (0, 1, 4_095, 31_234, 49_999, 50_000):
        assert LineTable(text).start(number) == starts[number]
    assert LineTable(text).start(50_001) is None


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_offset_and_position_are_inverse(encoding: Encoding) -> None:
    for text in ("a😀b\nä\n\n漢字\x0c x", "a😀\r\nb\r\n", "a\rb\r\nc\nd"):
        for offset in range(len(text) + 1):
            if text[max(offset - 1, 0) : offset + 1] != "\r\n":
                assert (
                    offset_at(LineTable(text), position_at(LineTable(text), offset, encoding), encoding)
                    == offset
                )


def open_document(text: str, encoding: Encoding = "utf-16", uri: str = "file:///w/a%20b.py") -> Document:
    workspace = EditorWorkspace(None, position_encoding=encoding)
    workspace.put_text_document(TextDocumentItem(uri=uri, language_id="python", version=1, text=text))
    document = workspace.open_document(uri)
    assert document is not None
    return document


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_random_edits_keep_the_document_in_step(encoding: Encoding) -> None:
    dice = random.Random(7)
    expected = "def f():\n    return '😀'\n"
    document = open_document(expected, encoding)
    pieces = ["", "x", "😀", "ä\n", "\r\n", "\x0c", "漢", "\n\n", "\u2028"]
    for _ in range(400):
        boundaries = [
            offset
            for offset in range(len(expected) + 1)
            if expected[max(offset - 1, 0) : offset + 1] != "\r\n"
        ]
        start, end = sorted((dice.choice(boundaries), dice.choice(boundaries)))
        end = min(end, start + 12)
        if end not in boundaries:
            end = start
        text = dice.choice(pieces)
        edit = Range(
            position_at(LineTable(expected), start, encoding), position_at(LineTable(expected), end, encoding)
        )
        document.apply_change(TextDocumentContentChangePartial(range=edit, text=text))
        expected = expected[:start] + text + expected[end:]
        assert document.source == expected


def test_whole_changes_replace_everything() -> None:
    document = open_document("old")
    document.apply_change(TextDocumentContentChangeWholeDocument(text="new"))
    assert document.source == "new"


def test_a_range_outside_the_document_appends() -> None:
    document = open_document("a")
    document.apply_change(
        TextDocumentContentChangePartial(range=Range(Position(9, 9), Position(9, 9)), text="b")
    )
    assert document.source == "ab"


def replace(document: Document, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
    document.apply_change(TextDocumentContentChangePartial(Range(Position(*start), Position(*end)), text))


def test_a_backwards_range_is_turned_round_as_editors_do() -> None:
    document = open_document("abc")
    replace(document, (0, 2), (0, 0), "-")
    assert document.source == "-c"


def test_a_client_that_counts_utf_16_edits_inside_of_surrogate_pairs() -> None:
    document = open_document("a😀b")
    replace(document, (0, 2), (0, 3), "")
    assert (document.source, document.text) == ("a\ud83db", "a\ufffdb")
    replace(document, (0, 2), (0, 2), "\ude01")
    assert document.source == "a😁b"
    replace(document, (0, 2), (0, 2), "-")
    assert document.source == "a\ud83d-\ude01b"
    replace(document, (0, 2), (0, 3), "")
    assert document.source == "a😁b"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-32"])
def test_other_clients_edit_whole_characters(encoding: Encoding) -> None:
    document = open_document("a😀b", encoding)
    replace(document, (0, 2), (0, 3), "-")
    assert document.source == {"utf-8": "a-😀b", "utf-32": "a😀-"}[encoding]


def test_a_lost_text_is_known_again_once_it_is_sent_as_a_whole() -> None:
    workspace = EditorWorkspace(None)
    uri = "file:///w/a%20b.py"
    workspace.put_text_document(TextDocumentItem(uri=uri, language_id="python", version=1, text="old"))
    change = {"textDocument": {"uri": uri}, "contentChanges": [{"range": None}]}
    assert list(workspace.lose(change)) == [uri]
    assert workspace.open_document(uri) is None
    edit = TextDocumentContentChangePartial(Range(Position(0, 0), Position(0, 0)), "x")
    workspace.update_text_document(VersionedTextDocumentIdentifier(2, uri), edit)
    assert workspace.open_document(uri) is None
    workspace.update_text_document(
        VersionedTextDocumentIdentifier(3, uri), TextDocumentContentChangeWholeDocument("new")
    )
    known = workspace.open_document(uri)
    assert known is not None
    assert known.source == "new"


@pytest.mark.parametrize(
    "uri", ["file://[", "file:///a%00b.py", "file:///\ud800.py", "", "no uri", "file://"]
)
def test_what_names_no_file_is_a_document_all_the_same(uri: str) -> None:
    document = open_document("x", uri=uri)
    assert (document.source, document.file) == ("x", None)


def test_lone_surrogates_can_be_encoded_and_keep_their_place() -> None:
    document = open_document("a\ud800b")
    assert document.text == "a\ufffdb"
    assert document.offset_of(Position(0, 2)) == 2


def test_positions_outside_are_not_located() -> None:
    document = open_document("a\n")
    assert document.offset_of(Position(1, 5)) == 2
    assert document.offset_of(Position(2, 0)) is None


def test_files_and_others() -> None:
    assert str(open_document("").file) == "/w/a b.py"
    assert open_document("", uri="untitled:Untitled-1").file is None
    workspace = EditorWorkspace("file:///root")
    assert workspace.open_document("file:///never/opened.py") is None
    assert str(workspace.first_folder()) == "/root"
    assert EditorWorkspace(None).first_folder() is None
