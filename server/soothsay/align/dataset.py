"""A set of rows on disk: it grows place by place, can be gone on with, and is written in TRL's standard formats at the end.

``places.jsonl`` holds a line for each place, with its rows: what is cut short by a crash is one line, which is made again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from soothsay.align.card import DataCard, card_of, without_leaks
from soothsay.align.exclusions import Exclusions
from soothsay.align.rows import Split, TrainingRow, row_from_json, row_to_json, without_repetitions
from soothsay.errors import SoothsayError, readable_errors
from soothsay.paths import state_folder
from soothsay_common.private import make_private, write_private

_SPLITS: tuple[Split, ...] = ("train", "dev")
PREFERENCES, COMPLETIONS = "preference", "completion"


def datasets_folder() -> Path:
    """Return where sets of rows lie, a folder each."""
    return state_folder() / "align" / "pairs"


@dataclass(frozen=True, slots=True)
class RowFolder:
    """A set of rows in ``folder``. Methods raise `SoothsayError` where the folder cannot be used."""

    folder: Path

    @property
    def _places(self) -> Path:
        return self.folder / "places.jsonl"

    def begin(self, about: Mapping[str, Any], *, fresh: bool) -> dict[str, int]:
        """Make the folder ready; return how many rows it has of each place already.

        ``about`` is what rows depend on: a folder that was made with something else is refused, unless it is to be ``fresh``.
        """
        with readable_errors(self.folder):
            make_private(self.folder)
            if fresh:
                for each in self.folder.glob("*.json*"):
                    each.unlink()
            settings = self.folder / "settings.json"
            written = json.dumps(about, sort_keys=True)
            if settings.exists() and settings.read_text(encoding="utf-8") != written:
                raise SoothsayError(
                    f"{self.folder} was made with other options: add --fresh, or name another folder"
                )
            write_private(settings, written)
            self._cut_off_half_a_line()
            return {place: len(rows) for place, rows in self._lines()}

    def _cut_off_half_a_line(self) -> None:
        if not self._places.exists():
            write_private(self._places, "")
            return
        with self._places.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            if size and file.read(1) != b"\n":
                file.seek(0)
                whole = sum(len(line) for line in file if line.endswith(b"\n"))
                file.truncate(whole)

    def add(self, place: str, rows: Sequence[TrainingRow]) -> None:
        """Write the rows of a place."""
        line = json.dumps({"place": place, "rows": [row_to_json(row) for row in rows]})
        try:
            with self._places.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise SoothsayError(f"cannot write {self._places}: {error.strerror}") from error

    def _lines(self) -> Iterator[tuple[str, list[TrainingRow]]]:
        with self._places.open(encoding="utf-8") as file:
            for line in file:
                data = json.loads(line)
                yield data["place"], [row_from_json(each) for each in data["rows"]]

    def finish(self, seed: int, exclusions: Exclusions, about: Mapping[str, Any]) -> DataCard:
        """Write the splits and the card of all rows that are there."""
        found = [row for _, rows in self._lines() for row in rows]
        once = list(without_repetitions(found))
        rows = without_leaks(once, exclusions)
        card = card_of(rows, seed, len(found) - len(once), len(once) - len(rows), about)
        try:
            for split in _SPLITS:
                mine = [row for row in rows if row.split(seed) == split]
                pairs = [_preference(row) for row in mine if row.is_pair]
                _write_lines(self.folder / f"{split}.{PREFERENCES}.jsonl", pairs)
                once_each = {(row.prompt, row.chosen): _completion(row) for row in mine}
                _write_lines(self.folder / f"{split}.{COMPLETIONS}.jsonl", list(once_each.values()))
            write_private(self.folder / "card.json", json.dumps(card.to_json(), indent=2) + "\n")
            write_private(self.folder / "card.md", card.to_markdown())
        except OSError as error:
            raise SoothsayError(f"cannot write into {self.folder}: {error.strerror}") from error
        return card


def _preference(row: TrainingRow) -> dict[str, str]:
    return {"prompt": row.prompt, "chosen": row.chosen, "rejected": row.rejected, "kind": row.kind}


def _completion(row: TrainingRow) -> dict[str, str]:
    return {"prompt": row.prompt, "completion": row.chosen, "kind": row.kind}


def _write_lines(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    write_private(path, "".join(json.dumps(row) + "\n" for row in rows))


def read_lines(folder: Path, split: Split, form: str) -> list[dict[str, str]]:
    """Return the rows of a finished set. Raises `SoothsayError`."""
    path = folder / f"{split}.{form}.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [cast("dict[str, str]", json.loads(line)) for line in lines]
    except OSError as error:
        raise SoothsayError(
            f"cannot read {path}: {error.strerror}; make it with `soothsay align pairs`"
        ) from error
    except ValueError as error:
        raise SoothsayError(f"{path} is damaged: {error}") from error
