"""Any edits, in every position encoding, leave the document as a client has it that counts in encoded units."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import (
    Position,
    Range,
    TextDocumentContentChangeEvent,
    TextDocumentContentChangePartial,
    TextDocumentContentChangeWholeDocument,
    TextDocumentItem,
)

from client_text import CODECS, ClientText
from soothsay.frontend.documents import Document, EditorWorkspace, offset_at, position_at
from soothsay_languages.lines import Encoding, LineTable

PIECES = ["a", "bc ", "\n", "\r\n", "\r", "ä", "漢", "😀", "𝒙", "\x0c", "\x85", "\u2028", "\ufeff"]

texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
positions = st.builds(Position, st.integers(0, 9), st.integers(0, 14))
changes = st.one_of(
    st.builds(TextDocumentContentChangePartial, range=st.builds(Range, positions, positions), text=texts),
    st.builds(TextDocumentContentChangeWholeDocument, text=texts),
)


def open_document(text: str, encoding: str) -> Document:
    workspace = EditorWorkspace(None, position_encoding=encoding)
    item = TextDocumentItem(uri="file:///w/a.py", language_id="python", version=1, text=text)
    workspace.put_text_document(item)
    document = workspace.open_document(item.uri)
    assert document is not None
    return document


def apply(client: ClientText, change: TextDocumentContentChangeEvent) -> None:
    if isinstance(change, TextDocumentContentChangeWholeDocument):
        client.replace_all(change.text)
    else:
        start, end = change.range.start, change.range.end
        client.replace((start.line, start.character), (end.line, end.character), change.text)


@pytest.mark.parametrize("encoding", CODECS)
@given(text=texts, edits=st.lists(changes, max_size=8))
def test_edits_leave_the_client_s_text(encoding: str, text: str, edits: list) -> None:
    client, document = ClientText.of(text, encoding), open_document(text, encoding)
    for edit in edits:
        apply(client, edit)
        document.apply_change(edit)
        assert document.source == client.text
        readable = re.sub("\r\n?", "\n", re.sub("[\ud800-\udfff]", "\ufffd", client.text))
        assert document.text == readable


@pytest.mark.parametrize("encoding", CODECS)
@given(text=texts, position=positions)
def test_any_position_is_the_client_s(encoding: Encoding, text: str, position: Position) -> None:
    before = ClientText.of(text, encoding).before(position.line, position.character)
    whole = before[:-1] if "\ud800" <= before[-1:] <= "\udfff" else before  # inside of a pair is before it
    assert offset_at(LineTable(text), position, encoding) == len(whole)


@pytest.mark.parametrize("encoding", CODECS)
@given(text=texts)
def test_position_and_offset_are_inverse(encoding: Encoding, text: str) -> None:
    for offset in range(len(text) + 1):
        if text[max(offset - 1, 0) : offset + 1] != "\r\n":
            lines = LineTable(text)
            assert offset_at(lines, position_at(lines, offset, encoding), encoding) == offset


@given(text=texts, edits=st.lists(changes, max_size=4), surrogate=st.integers(0xD800, 0xDFFF).map(chr))
def test_a_lone_surrogate_is_replaced_after_every_edit(text: str, edits: list, surrogate: str) -> None:
    document = open_document(text, "utf-32")
    for edit in edits:
        edit.text += surrogate
        document.apply_change(edit)
        assert document.text.encode().decode() == re.sub("\r\n?", "\n", document.source).replace(
            surrogate, "\ufffd"
        )
        assert document.text is document.text  # looked through once an edit
