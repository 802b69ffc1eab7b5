"""Synchronisation of the workspace's database with its files."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from soothsay_index.build.careful_pool import TaskDiedError
from soothsay_index.build.process_pool import OpenExecutor, open_process_pool
from soothsay_index.build.reading import (
    CUTTING,
    FileRows,
    FileState,
    ParsedFiles,
    file_rows,
    file_state,
    read_files,
)
from soothsay_index.progress import OnProgress
from soothsay_index.sources.base import Used
from soothsay_index.sources.ignore import printable
from soothsay_index.sources.workspace import Workspace, module_tree
from soothsay_index.store.database import Database, quote
from soothsay_index.store.rows import FILES, OWNERS, SYMBOLS, owner_row, symbol_row, table_of
from soothsay_index.store.skipped import read_skipped, summarize, write_skipped
from soothsay_index.store.suspects import Suspects
from soothsay_index.types import IndexSummary, Progress

log = logging.getLogger(__name__)

_FILES_AT_ONCE = 64
OnParsed = Callable[[ParsedFiles], None]
_TABLES = (
    "symbols",
    "owners",
    "chunks",
    "files",
)  # in this order, so that a file counts as known only when all its rows are written


def ignore_parsed(_: ParsedFiles) -> None:
    """Ignore parsed files."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The files of a workspace by name, those that have changed, and the reasons for what is skipped."""

    names: Sequence[str]
    changed: Sequence[str]
    skipped: Mapping[str, str]


def _used_in(some: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> Used:
    """Return what ``some`` of the workspace's files use of packages; ``rows`` are all of its files."""
    own = {row["module"].split(".", 1)[0] for row in rows}
    modules: dict[str, int] = {}
    services: dict[str, int] = {}
    for row in some:
        for module in set(row["modules"].split()):
            if module.split(".", 1)[0] not in own:
                modules[module] = modules.get(module, 0) + 1
        for service in set(row["services"].split()):
            services[service] = services.get(service, 0) + 1
    return Used(modules, services)


class FileSync:
    """Write the rows of workspace files. Thread-safe; only the holder of the workspace's lease may use it."""

    def __init__(
        self,
        workspace: Workspace,
        database: Database,
        suspects: Suspects | None = None,
        open_executor: OpenExecutor = open_process_pool,
    ) -> None:
        """``suspects`` are read in a process that ``open_executor`` opens."""
        self._workspace = workspace
        self._database = database
        self._suspects = suspects or Suspects(database.folder)
        self._open_executor = open_executor
        self._lock = threading.RLock()
        self._known: dict[str, FileState] = {}
        self._skipped = read_skipped(database.folder)  # reasons by name
        self._sweep()

    def reconcile(self, executor: Executor, progress: OnProgress, stop: threading.Event) -> int:
        """Index all files that changed since they were indexed; return how many were rewritten.

        Single files can be updated concurrently: only the writing of each batch is locked.
        """
        before = dict(self._known)
        found = self._look_around(before, stop)
        if found is None:
            return 0
        changed, skipped = found.changed, dict(found.skipped)
        lost = before.keys() - set(found.names)
        with self._lock:
            # A file may have come while the folders were walked.
            self._forget([name for name in lost if not self._may_read(name)])
        total = len(found.names)
        progress(Progress("workspace", total - len(changed), total))
        batches = [changed[at : at + _FILES_AT_ONCE] for at in range(0, len(changed), _FILES_AT_ONCE)]
        futures = {executor.submit(file_rows, *self._task(batch)): batch for batch in batches}
        done = 0
        for future in as_completed(futures):
            if stop.is_set():
                for waiting in futures:
                    waiting.cancel()
                break
            for batch in self._outcomes(future, futures[future], executor):
                skipped |= {printable(name): reason for name, reason in batch.skipped.items()}
                self._write_current(batch, before)
                done += len(batch.files)
                if batch.files:
                    progress(Progress("workspace", total - len(changed) + done, total, batch.files[-1].path))
        if done or lost:
            self._write_modules()
        if not stop.is_set():
            self._record_skipped(skipped)
            progress(Progress("workspace", total, total, f"{done} changed"))
        return done

    def update(self, paths: Iterable[Path], on_parsed: OnParsed = ignore_parsed) -> list[str]:
        """Index changed files again and remove deleted ones; return the names of the rewritten files.

        ``on_parsed`` gets the parsed files before they are written, which may have to wait for a batch of a build.
        """
        names = list(dict.fromkeys(name for path in paths if (name := self._workspace.name_of(path))))
        keys = {name: self._key(name) for name in names}
        suspected = [name for name in names if keys[name] in self._suspects]
        rewritten = self._read_apart(suspected, keys) if suspected else []
        names = [name for name in names if name not in suspected]
        with self._suspects.noted(keys[name] for name in names):
            return [*rewritten, *self._update(names, on_parsed)]

    def _update(self, names: Sequence[str], on_parsed: OnParsed) -> list[str]:
        known = self._stamps(names)
        cut = read_files(self._workspace, names, known)
        on_parsed(cut)
        with self._lock:
            # While waiting for the lock, the files may have changed or been stored by another thread.
            if known != self._stamps(names) or not all(self._is_current(state) for state, *_ in cut.files):
                cut = read_files(self._workspace, names, self._stamps(names))
            batch = cut.rows()
            now = {printable(name): reason for name, reason in batch.skipped.items()}
            kept = {name: reason for name, reason in self._skipped.items() if name not in set(names)}
            self._record_skipped(kept | now)
            added = any(name not in self._known for name in names)
            gone = [name for name in batch.gone if name in self._known]
            self._write(batch)
            if gone or (added and batch.files):
                self._write_modules()
        return [state.path for state in batch.files]

    def _read_apart(self, names: Sequence[str], keys: Mapping[str, str]) -> list[str]:
        """Index files again that may end the process which reads them; return the names of the rewritten ones."""
        rewritten: list[str] = []
        with self._open_executor(0) as executor:  # somebody has saved them just now
            futures = {name: executor.submit(file_rows, *self._task([name])) for name in names}
            for name, future in futures.items():
                for batch in self._outcomes(future, [name], executor):
                    with self._lock:
                        now = {printable(each): reason for each, reason in batch.skipped.items()}
                        self._record_skipped({**self._skipped, **now})
                        self._write(batch)
                        self._write_modules()
                    rewritten += [state.path for state in batch.files]
                    if not batch.skipped:
                        self._suspects.clear(keys[name])
        return rewritten

    def _key(self, name: str) -> str:
        """Return what stands for a file as it is now."""
        seen = file_state(self._workspace.path_of(name), name)
        return f"{name} {seen.size} {seen.mtime}"

    def remove(self, paths: Iterable[Path]) -> int:
        """Remove files from the index; return how many were known."""
        names = [name for path in paths if (name := self._workspace.name_of(path)) in self._known]
        with self._lock:
            self._forget([name for name in names if name])
            if names:
                self._write_modules()
        return len(names)

    def used(self) -> Used:
        """Return the external modules that the indexed files import and the services they create clients of."""
        rows = self._uses()
        return _used_in(rows, rows)

    def used_in(self, path: Path) -> Used:
        """Return the same of one file, and of the files of the workspace that it imports. Of all, where it is not indexed."""
        rows, name = self._uses(), self._workspace.name_of(path)
        if not any(row["path"] == name for row in rows):
            return _used_in(rows, rows)
        imported = {module for row in rows if row["path"] == name for module in row["modules"].split()}
        imported |= {module.rpartition(".")[0] for module in imported}  # what was imported is a name in it
        return _used_in([row for row in rows if row["path"] == name or row["module"] in imported], rows)

    def _uses(self) -> list[dict[str, Any]]:
        return self._database.rows("files", columns=["path", "module", "modules", "services"])

    def _look_around(self, before: Mapping[str, FileState], stop: threading.Event) -> _Found | None:
        """Return the files of the workspace, compared with ``before``; None when stopped."""
        names: list[str] = []
        changed: list[str] = []
        skipped: dict[str, str] = {}
        for folder in self._workspace.folders():
            if stop.is_set():
                return None
            skipped |= {self._shown(each.path): each.reason for each in folder.skipped}
            for path in folder.files:
                name = self._workspace.name_of(path)
                if name is None:
                    continue
                names.append(name)
                old, now = before.get(name), file_state(path, name)
                # Equal size and time to the nanosecond mean unchanged, as in git.
                if old is None or (old.size, old.mtime) != (now.size, now.mtime):
                    changed.append(name)
        return _Found(names, changed, skipped)

    def _outcomes(
        self, future: Future[FileRows], names: Sequence[str], executor: Executor
    ) -> Iterator[FileRows]:
        """Yield the rows of the files ``names``; one that ends the process which reads it is skipped."""
        try:
            yield future.result()
        except TaskDiedError:
            if len(names) == 1:
                yield FileRows(gone=tuple(names), skipped={names[0]: "ends the process that reads it"})
                return
            for name in names:
                yield from self._outcomes(executor.submit(file_rows, *self._task([name])), [name], executor)

    def _write_current(self, batch: FileRows, before: Mapping[str, FileState]) -> None:
        """Write the files of a build's batch, except those that were updated one by one in between: these are newer."""
        with self._lock:
            current = [
                each.path
                for each in (*batch.files, *batch.touched)
                if self._known.get(each.path) == before.get(each.path)
            ]
            self._write(batch.only(current))
        self._database.index_recent_rows()

    # -- what is not indexed -------------------------------------------------------------------------------

    def _record_skipped(self, skipped: dict[str, str]) -> None:
        if skipped == self._skipped:
            return
        self._skipped = skipped
        write_skipped(self._database.folder, skipped)
        if skipped:
            found = IndexSummary(skipped=summarize(skipped)).describe_skipped()
            log.warning("%s: %s", printable(str(self._workspace.root)), found)

    def _shown(self, path: Path) -> str:
        inside = path.is_relative_to(self._workspace.root)
        return printable(path.relative_to(self._workspace.root).as_posix() if inside else str(path))

    # -- writing -------------------------------------------------------------------------------------------

    def _task(self, names: Sequence[str]) -> tuple[Path, Sequence[Path], Sequence[str], dict[str, str]]:
        return self._workspace.root, self._workspace.docs, names, self._stamps(names)

    def _stamps(self, names: Sequence[str]) -> dict[str, str]:
        known = self._known
        return {name: known[name].stamp for name in names if name in known}

    def _is_current(self, state: FileState) -> bool:
        now = file_state(self._workspace.path_of(state.path), state.path)
        return (now.size, now.mtime) == (state.size, state.mtime)

    def _may_read(self, name: str) -> bool:
        return self._workspace.may_read(self._workspace.path_of(name))

    def _write(self, batch: FileRows) -> None:
        """Add the new rows before removing the old ones, so that a reader always sees one of them."""
        with self._lock, self._database.writing():
            states = {state.path: state for state in batch.files}
            old = [
                f"(path = {quote(name)} AND stamp != {quote(state.stamp)})"
                for name, state in states.items()
                if name in self._known and self._known[name].stamp != state.stamp
            ]
            for table in _TABLES:
                if table in batch.tables:
                    self._database.add(table, batch.tables[table])
                if old:
                    self._database.delete(table, " OR ".join(old))
            self._known.update(states)
            self._touch(batch.touched)
            self._forget([name for name in batch.gone if name in self._known])

    def _touch(self, states: Sequence[FileState]) -> None:
        """Store the new size and time of files whose text is unchanged, so that the next build skips them."""
        later = {each.path: each for each in states if self._known.get(each.path) not in (None, each)}
        if not later:
            return
        rows = self._database.rows_in("files", "path", list(later))
        changed = [row | {"size": later[row["path"]].size, "mtime": later[row["path"]].mtime} for row in rows]
        self._database.add("files", table_of(changed, FILES))
        old = " OR ".join(f"(path = {quote(name)} AND mtime != {now.mtime})" for name, now in later.items())
        self._database.delete("files", old)
        self._known.update(later)

    def _forget(self, names: Sequence[str]) -> None:
        if not names:
            return
        with self._database.writing():
            for table in reversed(_TABLES):  # first of all the file is no longer known
                self._database.delete_in(table, "path", names)
        for name in names:
            self._known.pop(name, None)

    def _write_modules(self) -> None:
        """Write the symbols of modules and packages again: they belong to no single file."""
        with self._lock:
            rows = self._database.rows("files", columns=["module", "uri", "is_package"])
            listed = sorted((row["module"], row["uri"], row["is_package"]) for row in rows)
            stamp = hashlib.blake2b(repr(listed).encode("utf-8", "replace"), digest_size=12).hexdigest()
            symbols, owners = module_tree(listed, self._workspace.name)
            with self._database.writing():
                made = self._database.rows("symbols", "path = ''", ["stamp"], limit=1)
                if made and made[0]["stamp"] == stamp:
                    return
                symbol_rows = [symbol_row(symbol, "", stamp=stamp) for symbol in symbols]
                owner_rows = [owner_row(owner, "", stamp=stamp) for owner in owners]
                for table, new in (
                    ("symbols", table_of(symbol_rows, SYMBOLS)),
                    ("owners", table_of(owner_rows, OWNERS)),
                ):
                    self._database.add(table, new)
                    self._database.delete(table, f"path = '' AND stamp != {quote(stamp)}")

    def _sweep(self) -> None:
        """Remove rows that a killed process left behind: of no file, or of an older text."""
        newest: dict[str, FileState] = {}
        for row in self._database.rows("files", columns=["path", "stamp", "size", "mtime"]):
            state = FileState(row["path"], row["stamp"], row["size"], row["mtime"])
            if not state.stamp.startswith(CUTTING):
                state = replace(state, size=-1, mtime=-1)  # as if it had changed
            known = newest.get(state.path)
            if known is None or known.mtime <= state.mtime:
                newest[state.path] = state
        self._known = newest
        for table in reversed(_TABLES):
            rows = self._database.arrow(table, "path != ''", ["path", "stamp"])
            for row in rows.group_by(["path", "stamp"]).aggregate([]).to_pylist():
                state = newest.get(row["path"])
                if state is None or state.stamp != row["stamp"]:
                    where = f"path = {quote(row['path'])} AND stamp = {quote(row['stamp'])}"
                    self._database.delete(table, where)
