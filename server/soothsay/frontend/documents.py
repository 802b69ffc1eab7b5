"""Open documents: positions, offsets and incremental edits, in the position encoding chosen by the client.

pygls splits lines with `str.splitlines`, which also breaks at form feeds and other characters that do not end a line in LSP,
and clamps a position past the end of the last line to *before* its last character. With either, our copy of the document would
differ from the editor's after an edit, so these functions replace those of pygls.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import get_args
from urllib.parse import quote, unquote

import pygls.workspace
from lsprotocol.types import (
    DidCloseNotebookDocumentParams,
    Position,
    TextDocumentContentChangeEvent,
    TextDocumentContentChangePartial,
    VersionedTextDocumentIdentifier,
)
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from soothsay_languages.lines import Encoding, LineTable, units

logger = logging.getLogger(__name__)

MAX_CHARACTERS = 5_000_000  # longer documents are data: they are kept up to date but not completed

_OTHER_LINE_END = re.compile(r"\r\n?")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def offset_at(lines: LineTable, position: Position, encoding: Encoding) -> int:
    """Return the offset (code points) of ``position``, clamped to its line and to the text."""
    return lines.offset(position.line, position.character, encoding)


def position_at(lines: LineTable, offset: int, encoding: Encoding) -> Position:
    """Return the position of ``offset`` (code points): the inverse of `offset_at`."""
    return Position(*lines.position(offset, encoding))


def path_of_uri(uri: str) -> Path | None:
    """Return the path of the file that ``uri`` names; None where it names none, or one that no file system can hold."""
    try:
        path = to_fs_path(uri)
        if not path or "\0" in path:
            return None
        os.fsencode(path)
    except ValueError:  # no URI, or half of a surrogate pair
        return None
    return Path(path)


def _readable(source: str) -> str:
    """Return ``source`` with U+FFFD in place of each lone surrogate, and newlines as its line ends."""
    try:
        source.encode()
    except UnicodeEncodeError:
        source = _LONE_SURROGATE.sub("\ufffd", source)
    return _OTHER_LINE_END.sub("\n", source) if "\r" in source else source


class Document(TextDocument):
    """A pygls document whose edits follow the LSP definition of a line."""

    lost = False  # an edit could not be read: the text is not the client's until it is sent as a whole
    _read: tuple[str, LineTable] = ("", LineTable(""))  # the source that was read last, and its text

    @property
    def encoding(self) -> Encoding:
        """The position encoding chosen by the client."""
        chosen = getattr(self.position_codec.encoding, "value", self.position_codec.encoding)
        return next((known for known in get_args(Encoding) if known == chosen), "utf-16")

    @property
    def file(self) -> Path | None:
        """The path of its file, which need not exist; None for ``untitled:`` and other URIs that are not files."""
        return path_of_uri(self.uri)

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
        """Apply an edit from the client, which replaces a range or the whole text.

        A range that runs backwards is turned round, as editors do.
        """
        if not isinstance(change, TextDocumentContentChangePartial):
            self.lost = False
            super().apply_change(change)
            return
        text, lines = self.source, LineTable(self.source)
        (start, left), (end, right) = sorted(
            (self._cut(lines, change.range.start), self._cut(lines, change.range.end)),
            key=lambda cut: (cut[0], len(cut[1])),
        )
        before, after = text[:start] + left, text[end:]
        if right:  # the end is inside of a character, whose first half is replaced
            after = _halves(after[0])[1] + after[1:]
        is_utf16 = self.encoding == "utf-16"
        self._source = _join(before, change.text, after) if is_utf16 else before + change.text + after

    def _cut(self, lines: LineTable, position: Position) -> tuple[int, str]:
        """Return the offset of ``position`` and, where it is inside of a surrogate pair, the half before it."""
        offset = offset_at(lines, position, self.encoding)
        char = lines.text[offset : offset + 1]
        if self.encoding != "utf-16" or char <= "\uffff":
            return offset, ""
        line = lines.start(position.line)
        inside = line is not None and units(lines.text[line:offset], "utf-16") < position.character
        return offset, _halves(char)[0] if inside else ""


def _halves(char: str) -> tuple[str, str]:
    """Return the two surrogates that UTF-16 writes for ``char``."""
    data = char.encode("utf-16-le")
    return data[:2].decode("utf-16-le", "surrogatepass"), data[2:].decode("utf-16-le", "surrogatepass")


def _join(*parts: str) -> str:
    """Return ``parts`` as one text, in which the halves of a surrogate pair that meet are one character."""
    text, seams = "".join(parts), pairwise(part for part in parts if part)
    if any("\ud800" <= left[-1] < "\udc00" <= right[0] <= "\udfff" for left, right in seams):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text


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
            doc_uri if _is_uri(doc_uri) else quote(doc_uri, safe=""),
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )

    def open_document(self, uri: str) -> Document | None:
        """Return the document if the client has it open and its text is known, else None. Does not read the disk."""
        document = self.text_documents.get(unquote(uri))
        return document if isinstance(document, Document) and not document.lost else None

    def update_text_document(
        self, text_doc: VersionedTextDocumentIdentifier, change: TextDocumentContentChangeEvent
    ) -> None:
        """Apply an edit; ignore that of a document that is not open, or whose text is not known."""
        document = self.text_documents.get(unquote(text_doc.uri))
        is_lost = isinstance(document, Document) and document.lost
        if document is None or (is_lost and isinstance(change, TextDocumentContentChangePartial)):
            logger.warning("ignored an edit of a document that is not open, or whose text is not known")
        else:
            super().update_text_document(text_doc, change)

    def remove_notebook_document(self, params: DidCloseNotebookDocumentParams) -> None:
        """Remove a notebook and all of its cells, also those that the client does not name."""
        super().remove_notebook_document(params)
        key = unquote(params.notebook_document.uri)
        for cell in [cell for cell, notebook in self._cell_in_notebook.items() if notebook == key]:
            self.remove_text_document(cell)

    def lose(self, params: object) -> Iterator[str]:
        """Take the text of the documents that ``params`` would have changed for unknown; yield their URIs."""
        for uri in _uris_in(params):
            key = unquote(uri)
            cells = [cell for cell, notebook in self._cell_in_notebook.items() if notebook == key]
            for each in (key, *cells):
                document = self.text_documents.get(each)
                if isinstance(document, Document):
                    document.lost = True
                    yield document.uri

    def all_folders(self) -> list[Path]:
        """Return the workspace folders, or the root that older clients send."""
        uris = [folder.uri for folder in self.folders.values()] or [self.root_uri or ""]
        return [path for uri in uris if (path := path_of_uri(uri))]

    def first_folder(self) -> Path | None:
        """Return the first workspace folder; None without one."""
        return next(iter(self.all_folders()), None)


def _is_uri(uri: str) -> bool:
    try:
        to_fs_path(uri)
    except ValueError:
        return False
    return True


def _uris_in(params: object) -> Iterator[str]:
    """Yield the URI of the text document or the notebook in the parameters of a change."""
    for key in ("textDocument", "notebookDocument"):
        document = params.get(key) if isinstance(params, dict) else None
        if isinstance(document, dict) and isinstance(uri := document.get("uri"), str):
            yield uri
