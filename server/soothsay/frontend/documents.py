"""Open documents: positions, offsets and incremental edits, in the position encoding chosen by the client.

pygls splits lines with `str.splitlines`, which also breaks at form feeds and other characters that do not end a line in LSP,
and clamps a position past the end of the last line to *before* its last character. With either, our copy of the document would
differ from the editor's after an edit, so these functions replace those of pygls.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pygls.workspace
from lsprotocol.types import (
    Position,
    PositionEncodingKind,
    TextDocumentContentChangeEvent,
    TextDocumentContentChangePartial,
)
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

MAX_CHARACTERS = 5_000_000  # longer documents are data: they are kept up to date but not completed

_LINE_END = re.compile(r"\r\n|\r|\n")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BLOCK = 1 << 16


def offset_at(text: str, position: Position, encoding: str) -> int:
    """Return the offset (code points) of ``position``, clamped to its line and to the document."""
    start = line_start(text, position.line)
    if start is None:
        return len(text)
    line = text[start : _line_end(text, start)]
    return start + _code_points(line, position.character, encoding)


def position_at(text: str, offset: int, encoding: str) -> Position:
    """Return the position of ``offset`` (code points): the inverse of `offset_at`."""
    before = text[:offset]
    if _only_newlines(text):
        line, start = before.count("\n"), before.rfind("\n") + 1
    else:
        ends = [match.end() for match in _LINE_END.finditer(before)]
        line, start = len(ends), ends[-1] if ends else 0
    return Position(line=line, character=units(before[start:], encoding))


def line_start(text: str, line: int) -> int | None:
    """Return the offset (code points) at which ``line`` (0-based) starts; None when there is no such line."""
    if not _only_newlines(text):
        ends = [0, *(match.end() for match in _LINE_END.finditer(text))]
        return ends[line] if line < len(ends) else None
    # str.count over blocks is fast (memchr); only the block that contains the line is searched line by line.
    start = 0
    while start < len(text) and (seen := text.count("\n", start, start + _BLOCK)) < line:
        line -= seen
        start += _BLOCK
    for _ in range(line):
        start = text.find("\n", start) + 1
        if start == 0:
            return None
    return start


def _only_newlines(text: str) -> bool:
    r"""Return whether every line ends in ``\n`` or ``\r\n``."""
    return "\r" not in text or text.count("\r") == text.count("\r\n")


def _line_end(text: str, start: int) -> int:
    end = _LINE_END.search(text, start)
    return end.start() if end else len(text)


def _width(character: str, encoding: str) -> int:
    code = ord(character)
    if encoding == PositionEncodingKind.Utf8:
        return 1 + (code > 0x7F) + (code > 0x7FF) + (code > 0xFFFF)
    if encoding == PositionEncodingKind.Utf16:
        return 1 + (code > 0xFFFF)
    return 1


def units(text: str, encoding: str) -> int:
    """Return the length of ``text`` in code units of ``encoding``."""
    return len(text) if text.isascii() else sum(_width(character, encoding) for character in text)


def _code_points(line: str, room: int, encoding: str) -> int:
    """Return the number of code points of ``line`` that fit into ``room`` units; a split character is left out."""
    if line.isascii():
        return min(room, len(line))
    for index, character in enumerate(line):
        room -= _width(character, encoding)
        if room < 0:
            return index
    return len(line)


def _encodable(text: str) -> str:
    """Return ``text`` with U+FFFD in place of each lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text)
    return text


class Document(TextDocument):
    """A pygls document whose edits follow the LSP definition of a line."""

    _checked: tuple[str, str] = ("", "")  # the source that was checked last, and its encodable text

    @property
    def encoding(self) -> str:
        """The position encoding chosen by the client: ``utf-8``, ``utf-16`` or ``utf-32``."""
        return str(getattr(self.position_codec.encoding, "value", self.position_codec.encoding))

    @property
    def file(self) -> Path | None:
        """The path of its file, which need not exist; None for ``untitled:`` and other URIs that are not files."""
        path = to_fs_path(self.uri)
        return Path(path) if path else None

    @property
    def text(self) -> str:
        """The content, with lone surrogates (which JSON allows and UTF-8 does not) replaced by U+FFFD."""
        source = self.source
        if self._checked[0] is not source:  # once per edit: checking a long file takes milliseconds
            self._checked = source, _encodable(source)
        return self._checked[1]

    def offset_of(self, position: Position) -> int | None:
        """Return the offset (code points) of ``position``; None when the document has no such line."""
        if line_start(self.source, position.line) is None:
            return None
        return offset_at(self.source, position, self.encoding)

    def apply_change(self, change: TextDocumentContentChangeEvent) -> None:
        """Apply an edit from the client, which replaces a range or the whole text."""
        if not isinstance(change, TextDocumentContentChangePartial):
            super().apply_change(change)
            return
        text = self.source
        start = offset_at(text, change.range.start, self.encoding)
        end = max(start, offset_at(text, change.range.end, self.encoding))
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

    def first_folder(self) -> Path | None:
        """Return the first workspace folder, or the root that older clients send; None without one."""
        uris = [folder.uri for folder in self.folders.values()] or [self.root_uri or ""]
        path = to_fs_path(uris[0])
        return Path(path) if path else None
