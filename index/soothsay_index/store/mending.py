"""Damaged files of a database: a table is asked what searches ask; what cannot be read is given up, to be indexed again.

Whatever can be read is kept. Nothing is given up for a fault that may pass, such as too many open files.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from soothsay_index.errors import SoothsayIndexError
from soothsay_index.store.database import Database
from soothsay_index.store.manifest import ReleaseState

log = logging.getLogger(__name__)

_ENDS = {".lance": b"LANC", ".manifest": b"LANC", ".arrow": b"ARROW1"}  # the last bytes of a whole file
_FAULTS = (RuntimeError, ValueError, OSError)  # what LanceDB raises
_FRAGMENT_BITS = 32  # of a row id: the rest is the fragment, which is one file
_ROWS_AT_ONCE = 4_096


@dataclass(frozen=True, slots=True)
class Damage:
    """What was damaged: the tables, those of them that have lost rows, and how many packages must be read again."""

    tables: tuple[str, ...]
    lost: frozenset[str]
    releases: int

    def describe(self, folder: Path) -> str:
        """Return it as a sentence for the person."""
        if self.releases:
            then = f"{self.releases} packages are indexed again"
        elif self.lost:
            then = "what could not be read is indexed again"
        else:
            then = "it was repaired, nothing is lost"
        return (
            f"the index in {folder} was damaged ({', '.join(self.tables) or 'its list of packages'}): {then}"
        )


def mend(database: Database) -> Damage | None:
    """Find and mend damage (blocking); return what there was. Raises `SoothsayIndexError` where files may not be read."""
    with database.writing():
        broken = [name for name in database.names if not _is_sound(database, name)]
        lost = frozenset(name for name in broken if _mend_table(database, name))
        if broken:
            database.reopen()
        if "files" in database.names:
            if lost - {"vectors"}:
                database.delete("files", "true")  # every file is read again
            gone = 0
        else:
            gone = _forget_lost(database, lost)
        found = Damage(tuple(broken), lost, gone)
    return found if broken or gone else None


# -- finding --------------------------------------------------------------------------------------------------------


def _is_sound(database: Database, name: str) -> bool:
    """Return whether a table answers what searches ask; one that was never written does."""
    if not database.folder_of(name).exists():
        return True
    try:
        _ask(database, name)
    except _FAULTS as error:
        log.warning("the table %s in %s is damaged: %s", name, database.folder, str(error).splitlines()[0])
        return False
    return True


def _ask(database: Database, name: str) -> None:
    """Read every file that a search may read. Raises what LanceDB raises."""
    table = database.open_anew(name)
    columns = database.indexed_columns(name)
    column = next(iter(columns), database.schema(name).names[0])
    table.search().select([column]).limit(1_000_000_000).to_arrow()
    for row in table.search().limit(1).to_arrow().to_pylist():
        for each in filter(row.get, columns):
            value = str(row[each]).replace("'", "''")
            table.search().where(f"{each} = '{value}'").select([each]).limit(1).to_arrow()
        text = database.text_column(name)
        if text:
            table.search(row[text], query_type="fts", fts_columns=text).limit(1).select([column]).to_arrow()
        if "vector" in row:
            table.search(row["vector"], vector_column_name="vector").limit(1).select([column]).to_arrow()


# -- mending --------------------------------------------------------------------------------------------------------


def _mend_table(database: Database, name: str) -> bool:
    """Mend a table; return whether rows are lost."""
    files = _damaged_files(database.folder_of(name))
    for file in files:
        if file.suffix == ".manifest":
            file.unlink()  # the version before it counts
    try:
        table = database.open_anew(name)
    except _FAULTS as error:
        if not files:
            raise SoothsayIndexError(f"Cannot read the index in {database.folder}: {error}") from error
        database.drop(name)
        return True
    if _can_index_again(database, name, table):
        return any(file.suffix == ".manifest" for file in files)
    rows, complete = _readable_rows(table, name, database, is_damaged=bool(files))
    database.overwrite(name, rows)
    return not complete or any(file.suffix == ".manifest" for file in files)


def _can_index_again(database: Database, name: str, table: Any) -> bool:
    """Make the indices of a table again, where only they are damaged; return whether it is sound now."""
    try:
        database.make_indices(name, table)
    except _FAULTS:
        return False  # the rows cannot be read either
    return _is_sound(database, name)


def _damaged_files(folder: Path) -> list[Path]:
    """Return the files that are empty, cut off or not what their names say."""
    damaged: list[Path] = []
    for file in folder.rglob("*"):
        end = _ENDS.get(file.suffix)
        if end is None or not file.is_file():
            continue
        try:
            with file.open("rb") as stream:
                stream.seek(max(0, file.stat().st_size - len(end)))
                if stream.read() != end:
                    damaged.append(file)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise SoothsayIndexError(
                f"Cannot read {file} ({error.strerror}): check its permissions."
            ) from error
    return damaged


def _readable_rows(table: Any, name: str, database: Database, *, is_damaged: bool) -> tuple[pa.Table, bool]:
    """Return the rows that can be read, and whether these are all."""
    schema = database.schema(name)
    pieces = [schema.empty_table()]
    complete = True
    try:
        found = table.search().select(["_rowid"]).limit(1_000_000_000).to_arrow()
        ids = sorted(found.column("_rowid").to_pylist())
    except _FAULTS as error:  # which rows are deleted cannot be read
        _check_is_damage(error, database, is_damaged=is_damaged)
        return schema.empty_table(), False
    for batch in _batches(ids):
        try:
            pieces.append(table.take_row_ids(batch).select(schema.names).to_arrow().cast(schema))
        except _FAULTS as error:
            _check_is_damage(error, database, is_damaged=is_damaged)
            complete = False
    return pa.concat_tables(pieces), complete


def _batches(ids: Sequence[int]) -> Iterator[list[int]]:
    """Split sorted row ids into batches of one file each."""
    for _, group in groupby(ids, key=lambda row_id: row_id >> _FRAGMENT_BITS):
        rows = list(group)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            yield rows[start : start + _ROWS_AT_ONCE]


def _check_is_damage(error: Exception, database: Database, *, is_damaged: bool) -> None:
    """Raise `SoothsayIndexError` unless a damaged or missing file explains ``error``."""
    if not is_damaged and "not found" not in str(error).lower():
        raise SoothsayIndexError(f"Cannot read the index in {database.folder}: {error}") from error


# -- what is lost ---------------------------------------------------------------------------------------------------


def _forget_lost(database: Database, lost: frozenset[str]) -> int:
    """Record the releases whose rows are gone as not written; return their number."""
    states = database.manifest().releases
    gone = _without(database, "symbols", [key for key, state in states.items() if state.symbols])
    gone |= _without(database, "chunks", [key for key, state in states.items() if state.chunks])
    if "owners" in lost:
        gone |= _without(database, "owners", [key for key, state in states.items() if state.symbols])
    if gone:
        database.remove_releases(sorted(gone))
    if "vectors" in lost or (database.count("vectors") == 0 and any(map(_has_vectors, states.values()))):
        kept = {key: state for key, state in states.items() if key not in gone and _has_vectors(state)}
        database.record_releases({key: replace(state, embedded=False) for key, state in kept.items()})
    return len(gone)


def _without(database: Database, table: str, releases: Sequence[str]) -> set[str]:
    """Return those of ``releases`` of which ``table`` has no row."""
    if not releases:
        return set()
    rows = database.arrow(table, columns=["release"], limit=1_000_000_000)
    return set(releases) - set(rows.column("release").unique().to_pylist())


def _has_vectors(state: ReleaseState) -> bool:
    return state.embedded and bool(state.symbols or state.chunks)
