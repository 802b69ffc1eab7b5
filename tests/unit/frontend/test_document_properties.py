"""Any edits, in every position encoding, leave the document as a client has it that counts in encoded units."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import (
    Position,
    Range,
    TextDocumentContentChangePartial,
    TextDocumentContentChangeWholeDocument,
    TextDocumentItem,
)

from soothsay.frontend.documents import Document, EditorWorkspace, offset_at, position_at
from soothsay_languages.lines import Encoding, LineTable

CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
PIECES = ["a", "bc ", "\n", "\r\n", "\r", "ä", "漢", "😀", "𝒙", "\x0c", "\x85", "\u2028", "\ufeff"]

texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
positions = st.builds(Position, st.integers(0, 9), st.integers(0, 14))
changes = st.one_of(
    st.builds(TextDocumentContentChangePartial, range=st.builds(Range, positions, positions), text=texts),
    st.builds(TextDocumentContentChangeWholeDocument, text=texts),
)


@dataclass
class Client:
    """A client's document: a list of units (bytes, UTF-16 code units or code points), and nothing clever."""

    units: list[bytes]
    encoding: str

    @classmethod
    def of(cls, text: str, encoding: str) -> Client:
        return cls(cls.split(text, encoding), encoding)

    @staticmethod
    def split(text: str, encoding: str) -> list[bytes]:
        codec, size = CODECS[encoding]
        encoded = text.encode(codec)
        return [encoded[at : at + size] for at in range(0, len(encoded), size)]

    @property
    def text(self) -> str:
        return b"".join(self.units).decode(CODECS[self.encoding][0])

    def index(self, position: Position) -> int:
        """The index of the unit at ``position``, clamped to its line; before a character, never inside."""
        line, at = 0, 0
        while line < position.line:
            while at < len(self.units) and not self._ends_line(at):
                at += 1
            if at == len(self.units):
                return at
            at += 1
            line += 1
        for _ in range(position.character):
            if at < len(self.units) and self._letter(at) not in ("\n", "\r"):
                at += 1
        while self._is_inside(at):
            at -= 1
        return at

    def apply(
        self, change: TextDocumentContentChangePartial | TextDocumentContentChangeWholeDocument
    ) -> None:
        new = self.split(change.text, self.encoding)
        if isinstance(change, TextDocumentContentChangeWholeDocument):
            self.units = new
        else:
            start, end = self.index(change.range.start), self.index(change.range.end)
            self.units[start : max(start, end)] = new

    def _letter(self, at: int) -> str:
        """The ASCII character of a unit; empty for any other."""
        number = int.from_bytes(self.units[at], "little")
        return chr(number) if number < 0x80 else ""

    def _ends_line(self, at: int) -> bool:
        letter = self._letter(at)
        before_newline = at + 1 < len(self.units) and self._letter(at + 1) == "\n"
        return letter == "\n" or (letter == "\r" and not before_newline)

    def _is_inside(self, at: int) -> bool:
        if at >= len(self.units):
            return False
        number = int.from_bytes(self.units[at], "little")
        if self.encoding == "utf-8":
            return 0x80 <= number < 0xC0
        return self.encoding == "utf-16" and 0xDC00 <= number < 0xE000


def open_document(text: str, encoding: str) -> Document:
    workspace = EditorWorkspace(None, position_encoding=encoding)
    item = TextDocumentItem(uri="file:///w/a.py", language_id="python", version=1, text=text)
    workspace.put_text_document(item)
    document = workspace.open_document(item.uri)
    assert document is not None
    return document


@pytest.mark.parametrize("encoding", CODECS)
@given(text=texts, edits=st.lists(changes, max_size=8))
def test_edits_leave_the_client_s_text(encoding: str, text: str, edits: list) -> None:
    client, document = Client.of(text, encoding), open_document(text, encoding)
    for edit in edits:
        client.apply(edit)
        document.apply_change(edit)
        assert document.source == client.text
        assert document.text == re.sub("\r\n?", "\n", client.text)


@pytest.mark.parametrize("encoding", CODECS)
@given(text=texts, position=positions)
def test_any_position_is_the_client_s(encoding: Encoding, text: str, position: Position) -> None:
    client = Client.of(text, encoding)
    before = b"".join(client.units[: client.index(position)]).decode(CODECS[encoding][0])
    assert offset_at(LineTable(text), position, encoding) == len(before)


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
