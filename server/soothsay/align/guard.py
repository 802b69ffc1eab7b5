"""The guard: an adapter may be used only if it takes nothing away, and gives what it is for.

It decides on figures of four suites, measured with the adapter and without it on the same tasks (`guard_measure.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

SuiteName = Literal["frequent", "infilling", "missing", "documents"]
_MOST_LOST = 1.0  # points


@dataclass(frozen=True, slots=True)
class SuiteFigure:
    """What one suite found: how many of its ``tasks`` had what is counted, without the adapter and with it."""

    suite: SuiteName
    tasks: int
    base: int
    adapter: int

    @property
    def points(self) -> float:
        """Return by how many percentage points the adapter has changed the share."""
        return 100 * (self.adapter - self.base) / self.tasks if self.tasks else 0.0


@dataclass(frozen=True, slots=True)
class GuardRule:
    """What a suite counts, and which change of it is allowed."""

    counts: str
    demand: str
    allows: Callable[[SuiteFigure], bool]


def _hardly_falls(figure: SuiteFigure) -> bool:
    return figure.points >= -_MOST_LOST


def _falls(figure: SuiteFigure) -> bool:
    return figure.adapter < figure.base or figure.adapter == 0


def _rises(figure: SuiteFigure) -> bool:
    return figure.adapter > figure.base or figure.adapter == figure.tasks


RULES: Mapping[SuiteName, GuardRule] = {
    "frequent": GuardRule("valid calls of frequent functions", "loses 1 point at most", _hardly_falls),
    "infilling": GuardRule("lines of other files filled in exactly", "loses 1 point at most", _hardly_falls),
    "missing": GuardRule("calls of what does not exist", "falls", _falls),
    "documents": GuardRule("the right one of five documents followed", "rises", _rises),
}


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """What the guard measured of one file of weights with one scale, and what it decided.

    ``suites`` is a hash of the tasks. ``base_sha256`` is of the pulled weights, ``weights`` names the file that ran.
    """

    adapter_sha256: str
    base_sha256: str
    scale: float
    suites: str
    made: str  # date and time
    figures: tuple[SuiteFigure, ...]
    weights: str = ""

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what the adapter fails, a few words each."""
        lacking = [f"no figure for {RULES[name].counts}" for name in RULES if not self._measured(name)]
        failed = [
            f"{RULES[figure.suite].counts}: {share(figure.base, figure)} to {share(figure.adapter, figure)} %"
            for figure in self.figures
            if figure.tasks and not RULES[figure.suite].allows(figure)
        ]
        return (*lacking, *failed)

    @property
    def passed(self) -> bool:
        """Return whether the adapter may be used."""
        return not self.problems

    @property
    def why(self) -> str:
        """Return why it was refused, in a line; "" when it was not."""
        return "; ".join(self.problems)

    def _measured(self, name: SuiteName) -> bool:
        return any(figure.suite == name and figure.tasks for figure in self.figures)


def share(count: int, figure: SuiteFigure) -> str:
    """Return ``count`` of the figure's tasks in percent."""
    return f"{100 * count / figure.tasks:.1f}" if figure.tasks else "-"


def rows(verdict: GuardVerdict) -> Sequence[tuple[str, ...]]:
    """Return the table of a verdict: what is counted, tasks, base, adapter, change, demand, and whether it is met."""
    return [
        (
            RULES[each.suite].counts,
            str(each.tasks),
            f"{share(each.base, each)} %",
            f"{share(each.adapter, each)} %",
            f"{each.points:+.1f}",
            RULES[each.suite].demand,
            "yes" if each.tasks and RULES[each.suite].allows(each) else "no",
        )
        for each in verdict.figures
    ]


def verdict_from_json(plain: Mapping[str, Any]) -> GuardVerdict:
    """Return the verdict in ``plain`` (`dataclasses.asdict`). Raises `KeyError`, `TypeError`."""
    figures = tuple(SuiteFigure(**each) for each in plain["figures"])
    if any(figure.suite not in RULES for figure in figures):
        raise KeyError("suite")
    return GuardVerdict(**{**plain, "figures": figures})
