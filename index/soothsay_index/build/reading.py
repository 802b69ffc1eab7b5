"""Reading and parsing of workspace files into rows. Uses no database, so that child processes can run it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.texts import UnreadableError, VanishedError
from soothsay_index.sources.workspace import Workspace
from soothsay_index.store.rows import (
    CHUNKS,
    FILES,
    OWNERS,
    SYMBOLS,
    chunk_row,
    owner_row,
    rows_with,
    symbol_row,
    table_of,
)

log = logging.getLogger(__name__)

# How files are cut, in their stamps: rows of files that were cut in another way are written again at the next build.
CUTTING = "5-"


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was read: the hash of its text, its size in bytes, its time of change in nanoseconds."""

    path: str
    stamp: str = ""
    size: int = -1
    mtime: int = -1


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows of some files, files whose text is unchanged (``touched``), and files to remove (``gone``).

    ``skipped`` are the reasons, by name, of those to remove that are still there.
    """

    files: tuple[FileState, ...] = ()
    gone: tuple[str, ...] = ()
    touched: tuple[FileState, ...] = ()
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)

    def only(self, names: Sequence[str]) -> FileRows:
        """Return the same restricted to the files ``names``."""
        return FileRows(
            tuple(state for state in self.files if state.path in names),
            self.gone,
            tuple(state for state in self.touched if state.path in names),
            {name: rows_with(table, "path", names) for name, table in self.tables.items()},
            self.skipped,
        )


@dataclass(frozen=True, slots=True)
class ParsedFiles:
    """Parsed files, files whose text is unchanged (``touched``), and files to remove (``gone``); ``skipped`` as above."""

    files: tuple[tuple[FileState, IndexedFile, FileFacts], ...] = ()
    gone: tuple[str, ...] = ()
    touched: tuple[FileState, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, FileFacts]:
        """Return the facts of each file by name; empty facts for removed files."""
        there = {state.path: facts for state, _, facts in self.files}
        return {**there, **dict.fromkeys(self.gone, FileFacts())}

    def rows(self) -> FileRows:
        """Return the parsed files as rows. What has none, for a value that no column takes, is skipped."""
        try:
            states = tuple(state for state, *_ in self.files)
            return FileRows(states, self.gone, self.touched, _tables(self.files), self.skipped)
        except (ValueError, TypeError, OverflowError, pa.ArrowException) as error:
            odd = [each[0].path for each in self.files if not _has_rows(each)]
            if not odd:
                raise
            log.warning("%s cannot be stored: %s", ", ".join(odd), error)
        files = tuple(each for each in self.files if each[0].path not in odd)
        reasons = dict.fromkeys(odd, "could not be stored")
        return replace(self, files=files, gone=(*self.gone, *odd), skipped={**self.skipped, **reasons}).rows()


def file_rows(root: Path, docs: Sequence[Path], names: Sequence[str], known: Mapping[str, str]) -> FileRows:
    """Return the rows of the files ``names`` of a workspace, except those whose text has the hash that is ``known``."""
    return read_files(Workspace(root, docs), names, known).rows()


def read_files(workspace: Workspace, names: Sequence[str], known: Mapping[str, str]) -> ParsedFiles:
    """Read and parse the files ``names``, except those whose text has the hash that is ``known``."""
    cut: list[tuple[FileState, IndexedFile, FileFacts]] = []
    gone: list[str] = []
    touched: list[FileState] = []
    skipped: dict[str, str] = {}
    for name in names:
        path = workspace.path_of(name)
        seen = file_state(path, name)
        try:
            text = workspace.read(path)
        except UnreadableError as error:
            text = None
            if not isinstance(error, VanishedError):
                skipped[name] = str(error)
        if text is None:
            gone.append(name)
            continue
        stamp = CUTTING + hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
        state = replace(seen, stamp=stamp)
        if known.get(name) == stamp:
            touched.append(state)
            continue
        place = workspace.place(name)
        try:
            facts = workspace.cut(place, text)
        except Exception as error:  # one odd file must not stop the others
            log.warning("%s is not indexed: %s: %s", name, type(error).__name__, error)
            skipped[name] = f"could not be understood ({type(error).__name__})"
            gone.append(name)
            continue
        # Files without a source are stored as well, or they would be read again in each build.
        cut.append((state, place, facts or FileFacts()))
    return ParsedFiles(tuple(cut), tuple(gone), tuple(touched), skipped)


def file_state(path: Path, name: str) -> FileState:
    """Return size and time of a file; both -1 if it does not exist."""
    try:
        seen = path.stat()
    except OSError:
        return FileState(name)
    return FileState(name, size=seen.st_size, mtime=seen.st_mtime_ns)


def _has_rows(cut: tuple[FileState, IndexedFile, FileFacts]) -> bool:
    try:
        _tables([cut])
    except (ValueError, TypeError, OverflowError, pa.ArrowException):
        return False
    return True


def _tables(cut: Sequence[tuple[FileState, IndexedFile, FileFacts]]) -> dict[str, pa.Table]:
    symbols, owners, chunks, files = [], [], [], []
    for state, place, facts in cut:
        symbols += [symbol_row(symbol, "", place.path, state.stamp) for symbol in facts.symbols]
        owners += [owner_row(owner, "", place.path, state.stamp) for owner in facts.owners]
        chunks += [
            chunk_row(chunk, place.module, place.package, stamp=state.stamp, position=position)
            for position, chunk in enumerate(facts.chunks)
        ]
        files.append(
            {
                "path": place.path,
                "uri": place.uri,
                "stamp": state.stamp,
                "size": state.size,
                "mtime": state.mtime,
                "module": place.module,
                "is_package": place.is_package,
                "modules": " ".join(facts.imports.modules),
                "services": " ".join(facts.imports.services),
            }
        )
    return {
        "symbols": table_of(symbols, SYMBOLS),
        "owners": table_of(owners, OWNERS),
        "chunks": table_of(chunks, CHUNKS),
        "files": table_of(files, FILES),
    }
