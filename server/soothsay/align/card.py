"""The data card: how many rows there are, of which kinds, from where, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from soothsay.align.exclusions import Exclusions
from soothsay.align.rows import KINDS, TrainingRow, data_hash

_LISTED = 40  # packages, on the page


@dataclass(frozen=True, slots=True)
class DataCard:
    """What is known of a set of rows."""

    about: Mapping[str, Any]
    counts: Mapping[str, int]
    kinds: Mapping[str, Mapping[str, int]]
    packages: Mapping[str, int]
    targets: Mapping[str, int]
    repeated: int
    leaked: int
    hash: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON, with the share of each kind."""
        total = self.counts["rows"] or 1
        shares = {kind: round(found["rows"] / total, 4) for kind, found in self.kinds.items()}
        return {
            "about": dict(self.about), "counts": dict(self.counts), "kinds": dict(self.kinds), "shares": shares,
            "packages": dict(self.packages), "targets": dict(self.targets), "repeated": self.repeated,
            "leaked": self.leaked, "hash": self.hash,
        }  # fmt: skip

    def to_markdown(self) -> str:
        """Return it as a page."""
        total = self.counts["rows"] or 1
        lines = ["# Data card", "", *(f"* {name}: {value}" for name, value in self.about.items())]
        lines += ["", "| kind | rows | share | pairs |", "|---|---|---|---|"]
        lines += [
            f"| {kind} | {found['rows']} | {100 * found['rows'] / total:.1f} % | {found['pairs']} |"
            for kind, found in self.kinds.items()
        ]
        lines += ["", *(f"* {name}: {count}" for name, count in self.counts.items())]
        lines += [f"* left out, because another row says the same: {self.repeated}"]
        lines += [f"* left out, because the exclusions cover them: {self.leaked}", f"* hash: {self.hash}"]
        for title, found in (("Code and documentation of", self.packages), ("Calls of", self.targets)):
            named = ", ".join(
                f"{name or 'the workspace'} ({count})" for name, count in list(found.items())[:_LISTED]
            )
            lines += ["", f"{title}: {named}."]
        return "\n".join(lines) + "\n"


def card_of(
    rows: Sequence[TrainingRow], seed: int, repeated: int, leaked: int, about: Mapping[str, Any]
) -> DataCard:
    """Return the card of ``rows``, which ``repeated`` and ``leaked`` ones were left out of."""
    splits = Counter(row.split(seed) for row in rows)
    counts = {
        "rows": len(rows), "pairs": sum(row.is_pair for row in rows), "train": splits["train"], "dev": splits["dev"],
    }  # fmt: skip
    kinds = {
        kind: {"rows": len(found), "pairs": sum(row.is_pair for row in found)}
        for kind in KINDS
        if (found := [row for row in rows if row.kind == kind])
    }
    packages = Counter(row.package for row in rows)
    targets = Counter(row.target for row in rows if row.target)
    return DataCard(
        about, counts, kinds, dict(packages.most_common()), dict(targets.most_common()), repeated,
        leaked, data_hash(rows),
    )  # fmt: skip


def is_leak(row: TrainingRow, exclusions: Exclusions) -> bool:
    """Return whether ``row`` is of what is excluded: its source, what it calls, or a dotted path in its completions."""
    named = exclusions.cover_any((row.package, row.target)) or exclusions.cover_file(row.file)
    told = exclusions.are_told_by(f"{row.chosen}\n{row.rejected}\n{_last_line(row.prompt)}")
    return named or told


def without_leaks(rows: Iterable[TrainingRow], exclusions: Exclusions) -> list[TrainingRow]:
    """Return the rows that may be trained."""
    return [row for row in rows if not is_leak(row, exclusions)]


def _last_line(prompt: str) -> str:
    return prompt.rpartition("\n")[2]
