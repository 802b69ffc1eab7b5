"""What a model is trained on: one row is a prompt, what should follow, and what should not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

RowKind = Literal["call", "written", "sample", "repair", "raft", "distractors", "settled", "commit"]
"""Where a row comes from: a wrong ``call`` beside the right one; a call as somebody has ``written`` it; a right ``sample`` of
the model's; a wrong call and what the checker says of it before the right one (``repair``); the right document among others
(``raft``), or only others (``distractors``); what a person left of a completion (``settled``); lines that a ``commit`` changed, below its message and the old ones."""
Split = Literal["train", "dev"]
KINDS: tuple[RowKind, ...] = get_args(RowKind)

_DEV = 10  # one group of so many is held back
_HASH = 16  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One row. ``prompt`` holds the model's markers as text. Without ``rejected`` only ``chosen`` is known.

    ``reason`` is what is wrong with ``rejected``, as the judge says it. ``package`` is the one whose code or documentation it
    comes from, "" for the workspace's; ``target`` the package of what is called, as far as it is known; ``file`` the file.
    """

    prompt: str
    chosen: str
    rejected: str
    kind: RowKind
    package: str
    target: str
    file: str
    reason: str = ""

    @property
    def is_pair(self) -> bool:
        """Whether something is rejected."""
        return bool(self.rejected)

    @property
    def key(self) -> str:
        """The same for rows that teach the same: what is around the place may differ."""
        near = "\n".join(self.prompt.splitlines()[-2:])
        return digest(near, self.chosen, self.rejected)

    def split(self, seed: int) -> Split:
        """Return where the row belongs: a package is in one split as a whole, and so is a file of the workspace."""
        groups = [each for each in (self.package, self.target) if each] or [self.file]
        return "dev" if any(_is_held_back(group, seed) for group in groups) else "train"


def digest(*texts: str) -> str:
    """Return a hash that differs for different ``texts``."""
    return hashlib.sha256(json.dumps(texts).encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]


def _is_held_back(group: str, seed: int) -> bool:
    return int(digest("split", str(seed), group), 16) % _DEV == 0


def row_to_json(row: TrainingRow) -> dict[str, Any]:
    """Return ``row`` as JSON."""
    return asdict(row)


def row_from_json(data: dict[str, Any]) -> TrainingRow:
    """Return the row of `row_to_json`."""
    return TrainingRow(**data)


def without_repetitions(rows: Iterable[TrainingRow]) -> Iterator[TrainingRow]:
    """Yield each row once."""
    seen: set[str] = set()
    for row in rows:
        if row.key not in seen:
            seen.add(row.key)
            yield row


def data_hash(rows: Iterable[TrainingRow]) -> str:
    """Return the hash of the rows, in their order."""
    whole = hashlib.sha256()
    for row in rows:
        whole.update(json.dumps(row_to_json(row), sort_keys=True).encode("utf-8", "surrogatepass"))
    return whole.hexdigest()
