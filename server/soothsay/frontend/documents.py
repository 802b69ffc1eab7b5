"""Open documents: positions, offsets and incremental edits, in the position encoding chosen by the client.

pygls splits lines with `str.splitlines`, which also breaks at form feeds and other characters that do not end a line in LSP,
and clamps a position past the end of the last line to *before* its last character. With either, our copy of the document would
differ from the editor's after an edit, so these functions replace those of pygls.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

import pygls.workspace
from lsprotocol.types import (
    Position,
    TextDocumentContentChangeEvent,
    TextDocumentContentChangePartial,
)
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from soothsay_languages.lines import Encoding, LineTable

MAX_CHARACTERS = 5_000_000  # longer documents are data: they are kept up to date but not completed

_OTHER_LINE_END = re.compile(r"\r\n?")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def offset_at(lines: LineTable, position: Position, encoding: Encoding) -> int:
    """Return the offset (code points) of ``position``, clamped to its line and to the text."""
    return lines.offset(position.line, position.character, encoding)


def position_at(lines: LineTable, offset: int, encoding: Encoding) -> Position:
    """Return the position of ``offset`` (code points): the inverse of `offset_at`."""
    return Position(*lines.position(offset, encoding))


def _readable(source: str) -> str:
    """Return ``source`` with U+FFFD in place of each lone surrogate, and newlines as its line ends."""
    try:
        source.encode()
    except UnicodeEncodeError:
        source = _LONE_SURROGATE.sub("\ufffd", source)
    return _OTHER_LINE_END.sub("\n", source) if "\r" in source else source


class Document(TextDocument):
    """A pygls document whose edits follow the LSP definition of a line."""

    _read: tuple[str, LineTable] = ("", LineTable(""))  # the source that was read last, and its text

    @property
    def encoding(self) -> Encoding:
        """The position encoding chosen by the client."""
        chosen = getattr(self.position_codec.encoding, "value", self.position_codec.encoding)
        return next((known for known in get_args(Encoding) if known == chosen), "utf-16")

    @property
    def file(self) -> Path | None:
        """The path of its file, which need not exist; None for ``untitled:`` and other URIs that are not files."""
        path = to_fs_path(self.uri)
        return Path(path) if path else None

    @property
    def text(self) -> str:
        """The content as it is read: lone surrogates (which JSON allows and UTF-8 does not) are U+FFFD, lines end in newlines.

        Its positions are the client's. Where the client's lines end otherwise, it makes such ends of the newlines in what
        it inserts.
        """
        return self.line_table.text

    @property
    def line_table(self) -> LineTable:
        """The lines of `text`."""
        source = self.source
        if self._read[0] is not source:  # once per edit: reading a long file takes milliseconds
            self._read = source, LineTable(_readable(source))
        return self._read[1]

    def offset_of(self, position: Position) -> int | None:
        """Return the offset (code points of `text`) of ``position``; None when the document has no such line."""
        if self.line_table.start(position.line) is None:
            return None
        return offset_at(self.line_table, position, self.encoding)

    def position_of(self, offset: int) -> Position:
        """Return the position of ``offset`` (code points of `text`)."""
        return position_at(self.line_table, offset, self.encoding)

    def apply_change(self, change: TextDocumentContentChangeEvent) -> None:
        """Apply an edit from the client, which replaces a range or the whole text."""
        if not isinstance(change, TextDocumentContentChangePartial):
            super().apply_change(change)
            return
        text, lines = self.source, LineTable(self.source)
        start = offset_at(lines, change.range.start, self.encoding)
        end = max(start, offset_at(lines, change.range.end, self.encoding))
        self._source = text[:start] + change.text + text[end:]


class EditorWorkspace(pygls.workspace.Workspace):
    """A pygls workspace whose documents are of type `Document`."""

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> Document:
        return Document(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )

    def open_document(self, uri: str) -> Document | None:
        """Return the document if the client has it open, else None. Does not read the disk."""
        document = self.text_documents.get(unquote(uri))
        return document if isinstance(document, Document) else None

    def all_folders(self) -> list[Path]:
        """Return the workspace folders, or the root that older clients send."""
        uris = [folder.uri for folder in self.folders.values()] or [self.root_uri or ""]
        return [Path(path) for uri in uris if (path := to_fs_path(uri))]

    def first_folder(self) -> Path | None:
        """Return the first workspace folder; None without one."""
        return next(iter(self.all_folders()), None)
