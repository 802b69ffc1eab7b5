"""`python -m bench.replayed BEFORE AFTER`: which answers of two files of generations differ, answer by answer.

BEFORE and AFTER are files as the benchmarks keep them (``generations/*.jsonl.gz``), of two commits that ran the same
tasks. METHODS=base;full compares some methods. The exit status is 1 where an answer differs.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
_COMPARED = ("shown", "verdict", "reasons", "draft", "found")


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that changed: ``fields`` are what differs of it."""

    task: str
    method: str
    fields: tuple[str, ...]
    before: Row
    after: Row

    def describe(self) -> str:
        """Return it as text: a headline, then each field before and after."""
        lines = [f"{self.task} [{self.method}]: {', '.join(self.fields)}"]
        for name in self.fields:
            lines += [f"    - {_short(self.before[name])}", f"    + {_short(self.after[name])}"]
        return "\n".join(lines)


def read_generations(path: Path) -> list[Row]:
    """Return the rows of a file of generations."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()]


def differences(before: Sequence[Row], after: Sequence[Row]) -> tuple[int, list[Difference]]:
    """Return how many answers both files hold for the same task and key of text, and those that differ."""
    known = {(row["id"], row["method"]): row for row in before}
    shared, found = 0, []
    for row in after:
        other = known.get((row["id"], row["method"]))
        if other is None:
            continue
        shared += 1
        fields = tuple(name for name in _COMPARED if row.get(name) != other.get(name))
        if fields:
            found.append(Difference(row["id"], row["method"], fields, other, row))
    return shared, found


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:157]}…"


def main(arguments: Sequence[str]) -> int:
    """Print the differences of two files; return the exit status."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    before, after = (read_generations(Path(each)) for each in arguments)
    methods = {name for name in os.environ.get("METHODS", "").split(";") if name}
    if methods:
        after = [row for row in after if row["method"] in methods]
    shared, found = differences(before, after)
    for each in found:
        print(each.describe())
    shown = sum("shown" in each.fields for each in found)
    print(f"{shared} answers compared: {len(found)} differ, {shown} of them in the text that is shown")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
