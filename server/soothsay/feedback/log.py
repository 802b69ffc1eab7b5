"""The log as a file: SQLite in the user's state folder, which only they may read, within limits of size and age.

The file is opened anew for each write: several windows share it, and none keeps it open when it is purged.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from soothsay.config import FeedbackSettings
from soothsay.errors import SoothsayError, readable_errors
from soothsay.feedback.gate import gate_path
from soothsay.feedback.rows import FeedbackRow
from soothsay.feedback.thresholds import thresholds_path
from soothsay.paths import state_folder
from soothsay_common.private import make_private, write_private

_VERSION = 1  # of the table
_WAIT_S = 5.0  # for another window that writes
_DAY_S = 86_400.0
_GONE = 0.1  # of the rows, when the file is too large
_COLUMNS = tuple(field.name for field in fields(FeedbackRow))
_JSON = ("features", "evidence")
_SCHEMA = f"CREATE TABLE IF NOT EXISTS completions ({', '.join(_COLUMNS)}, PRIMARY KEY (id))"
_BY_TIME = "CREATE INDEX IF NOT EXISTS by_time ON completions (time)"


@dataclass(frozen=True, slots=True)
class LogSummary:
    """What is in the log."""

    path: Path
    bytes: int
    rows: int
    with_texts: int
    oldest: float | None
    newest: float | None
    became: dict[str, int]


def log_path() -> Path:
    """Return where the log of this user lies."""
    return state_folder() / "feedback.sqlite"


class FeedbackLog:
    """The log at ``path``. Its methods block, and raise `SoothsayError`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Return whether anything was ever written, and not purged since."""
        return self.path.exists()

    def add(self, row: FeedbackRow, limits: FeedbackSettings) -> None:
        """Write ``row``, unless it is older than the last purge."""
        if row.time < self._purged_at():
            return
        values = asdict(row)
        for name in _JSON:
            values[name] = json.dumps(values[name])
        marks = ", ".join(f":{name}" for name in _COLUMNS)
        with self._opened() as connection:
            connection.execute(f"INSERT OR REPLACE INTO completions VALUES ({marks})", values)
        self.limit(limits)

    def update(self, id: str, **values: object) -> None:
        """Change columns of the row ``id``, if it is still there."""
        if not self.exists():
            return
        changes = ", ".join(f"{name} = :{name}" for name in values)
        with self._opened() as connection:
            connection.execute(f"UPDATE completions SET {changes} WHERE id = :id", {**values, "id": id})

    def limit(self, limits: FeedbackSettings) -> None:
        """Delete rows that are too old, and the oldest ones while the file is too large."""
        if not self.exists():
            return
        with self._opened() as connection:
            oldest = time.time() - limits.max_days * _DAY_S
            connection.execute("DELETE FROM completions WHERE time < ?", (oldest,))
        while self._size() > limits.max_mb * 1_000_000 and (count := self.summary().rows):
            fewer = max(1, int(count * _GONE))
            with self._opened() as connection:
                connection.execute(
                    "DELETE FROM completions WHERE id IN (SELECT id FROM completions ORDER BY time LIMIT ?)",
                    (fewer,),
                )

    def rows(self, last: int | None = None, id: str | None = None) -> Iterator[FeedbackRow]:
        """Yield the rows, the oldest first: only the ``last`` ones, or the one whose id begins with ``id``."""
        if not self.exists():
            return
        with self._opened() as connection:
            found = connection.execute(
                "SELECT * FROM completions WHERE id LIKE ? || '%' ORDER BY time DESC LIMIT ?",
                (id or "", -1 if last is None else last),
            ).fetchall()
        for values in reversed(found):
            yield _row(dict(zip(_COLUMNS, values, strict=True)))

    def summary(self) -> LogSummary:
        """Return what is in the log."""
        if not self.exists():
            return LogSummary(self.path, 0, 0, 0, None, None, {})
        with self._opened() as connection:
            rows, texts, oldest, newest = connection.execute(
                "SELECT count(*), count(text), min(time), max(time) FROM completions"
            ).fetchone()
            became = dict(
                connection.execute("SELECT became, count(*) FROM completions GROUP BY became").fetchall()
            )
        return LogSummary(self.path, self._size(), rows, texts, oldest, newest, became)

    def purge(self) -> int:
        """Delete everything, and return how many rows there were. What was shown before is not written afterwards."""
        if not self.path.parent.is_dir():
            return 0
        with _readable_errors(self.path):
            write_private(self._purged, "")
            os.utime(self._purged)
        count = 0
        with contextlib.suppress(SoothsayError):  # a damaged file is deleted all the same
            if self.exists():
                with self._opened() as connection:  # a window that has it open finds nothing in it, either
                    count = connection.execute("DELETE FROM completions").rowcount
        with _readable_errors(self.path):
            # its journal, and what was learned from it
            names = (self.path.name, gate_path().stem, thresholds_path().stem)
            for each in [found for name in names for found in self.path.parent.glob(f"{name}*")]:
                each.unlink(missing_ok=True)
        return count

    @property
    def _purged(self) -> Path:
        return self.path.with_suffix(".purged")

    def _purged_at(self) -> float:
        try:
            return self._purged.stat().st_mtime
        except OSError:
            return 0.0

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction, which is committed at the end."""
        with _readable_errors(self.path):
            make_private(self.path.parent)
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            os.close(os.open(self.path, flags, 0o600))
            self.path.chmod(0o600)
            with contextlib.closing(sqlite3.connect(self.path, timeout=_WAIT_S)) as connection:
                connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
                connection.execute("PRAGMA auto_vacuum = FULL")  # and its place given back
                with connection:
                    self._prepare(connection)
                    yield connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise SoothsayError(f"{self.path} was written by a newer version of soothsay")
        if version < _VERSION:
            connection.execute(_SCHEMA)
            connection.execute(_BY_TIME)
            connection.execute(f"PRAGMA user_version = {_VERSION}")


def _row(values: dict[str, Any]) -> FeedbackRow:
    features: dict[str, float] = json.loads(values.pop("features"))
    evidence: list[str] = json.loads(values.pop("evidence"))
    return FeedbackRow(**values, features=features, evidence=tuple(evidence))


@contextmanager
def _readable_errors(path: Path) -> Iterator[None]:
    try:
        with readable_errors(path):
            yield
    except sqlite3.Error as error:
        raise SoothsayError(f"cannot use {path}: {error}") from error
