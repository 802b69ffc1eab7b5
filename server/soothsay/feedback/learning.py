"""Learning from the log, in a process of its own: the display gate, and the trigger's threshold of each workspace.

python -P -m soothsay.feedback.learning
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from soothsay.errors import SoothsayError
from soothsay.feedback.gate import OUTCOMES, DisplayGate, Weight, gate_path, gate_to_text
from soothsay.feedback.log import FeedbackLog, log_path
from soothsay.feedback.rows import FeedbackRow
from soothsay.feedback.thresholds import LearnedThreshold, thresholds_path, thresholds_to_text
from soothsay_common.priority import lower_process_priority
from soothsay_common.private import replace_private

_MOST = 5_000  # rows, the newest
_KEPT = 0.5  # of what was accepted: it counts as kept
_HELD_OUT = 0.2  # of the rows, the newest, that a gate must foretell better than their share does
_RIDGE = 1.0
_STEPS = 25
_LEAST_SPREAD = 1e-9
_EACH = 40  # outcomes with documents, and without, that a threshold is learned from
_FARTHEST = 0.15  # from the threshold of the model
_BELIEVED = (0.3, 0.95)  # no threshold is lower or higher

Vector: TypeAlias = NDArray[np.float64]


def outcome(row: FeedbackRow) -> bool | None:
    """Return whether the completion was accepted and kept; None while that is not known."""
    if row.became in ("rejected", "ignored"):
        return False
    last = next((each for each in (row.kept_5min, row.kept_30s, row.kept_10s) if each is not None), None)
    if last is None:
        return None
    return last >= _KEPT * row.characters  # of all of it: a word that was taken of a long one is no success


def learn(rows: Sequence[FeedbackRow]) -> DisplayGate | None:
    """Return a gate; None where too little is known, or where it would foretell no better than the mean does."""
    known = [(row, result) for row in rows if (result := outcome(row)) is not None]
    if len(known) < OUTCOMES:
        return None
    features, results = [row.features for row, _ in known], np.array([result for _, result in known], float)
    names = sorted({name for each in features for name in each})
    table = np.array([[each.get(name, np.nan) for name in names] for each in features], float)
    split = int(len(known) * (1 - _HELD_OUT))
    if not _foretells(table[:split], results[:split], table[split:], results[split:]):
        return None
    return _fitted(names, table, results)


def learn_threshold(rows: Sequence[FeedbackRow]) -> float | None:
    """Return the certainty below which looking up pays, from the rows of one workspace and one model.

    A logistic regression on certainty, on whether documents were looked up, and on both together: looking up pays where it
    makes a completion likelier to be kept. None where too little is known, where it pays no more for unsure names than for
    sure ones, or where newer rows are foretold no better with it than without.
    """
    known = [
        (row.features["confidence"], row.features["threshold"], row.features.get("retrieved", 0.0), result)
        for row in rows
        if row.method == "full" and "confidence" in row.features and (result := outcome(row)) is not None
    ]
    grounded = sum(retrieved for _, _, retrieved, _ in known)
    if len(known) < OUTCOMES or min(grounded, len(known) - grounded) < _EACH:
        return None
    table = np.array([[certainty, retrieved, certainty * retrieved] for certainty, _, retrieved, _ in known])
    results = np.array([result for *_, result in known], float)
    split = int(len(known) * (1 - _HELD_OUT))
    with_it = _surprise(_foretold(table[:split], results[:split], table[split:]), results[split:])
    alone = _surprise(_foretold(table[:split, :1], results[:split], table[split:, :1]), results[split:])
    if with_it >= alone:
        return None
    weights = _fitted(("certainty", "retrieved", "both"), table, results).weights
    gain, change = (weights[name].weight / weights[name].scale for name in ("retrieved", "both"))
    if change >= 0:
        return None
    usual = known[-1][1]
    near = min(max(-gain / change, usual - _FARTHEST), usual + _FARTHEST)
    return round(min(max(near, _BELIEVED[0]), _BELIEVED[1]), 3)


def learn_thresholds(rows: Sequence[FeedbackRow]) -> Iterator[LearnedThreshold]:
    """Yield the thresholds of the workspaces, and models, that ``rows`` tell enough of."""
    groups: dict[tuple[str, str], list[FeedbackRow]] = {}
    for row in rows:
        groups.setdefault((row.workspace, row.model), []).append(row)
    for (workspace, model), own in groups.items():
        if (certainty := learn_threshold(own)) is not None:
            yield LearnedThreshold(workspace, model, certainty, len(own))


def _foretells(seen: Vector, results: Vector, new: Vector, held_out: Vector) -> bool:
    """Return whether what is learned from rows says more of newer ones than the share of those that were kept."""
    share = (results.sum() + 1) / (len(results) + 2)
    foretold = _foretold(seen, results, new)
    return _surprise(foretold, held_out) < _surprise(np.full(len(held_out), share), held_out)


def _foretold(seen: Vector, results: Vector, new: Vector) -> Vector:
    """Return the probabilities of ``new`` rows, as learned from those that were ``seen``."""
    names = [str(number) for number in range(seen.shape[1])]
    gate = _fitted(names, seen, results)
    rows = [{name: value for name, value in zip(names, row, strict=True) if value == value} for row in new]
    return np.array([gate.chance(row).probability for row in rows])


def _surprise(foretold: Vector, results: Vector) -> float:
    """Return the mean negative logarithm of the probability that was given to what happened."""
    safe = np.clip(foretold, 1e-6, 1 - 1e-6)
    return float(-np.mean(results * np.log(safe) + (1 - results) * np.log(1 - safe)))


def _fitted(names: Sequence[str], table: Vector, results: Vector) -> DisplayGate:
    """Return a logistic regression with a ridge, by Newton's method."""
    present = ~np.isnan(table)
    counts = np.maximum(present.sum(axis=0), 1)
    means = np.where(present, table, 0.0).sum(axis=0) / counts
    centred = np.where(present, table - means, 0.0)
    spreads = np.sqrt((centred**2).sum(axis=0) / counts)
    used = spreads > _LEAST_SPREAD
    x = np.column_stack([np.ones(len(results)), centred[:, used] / spreads[used]])
    ridge = np.diag([0.0, *[_RIDGE] * int(used.sum())]) + 1e-9 * np.eye(x.shape[1])
    weights = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        foretold = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (foretold - results) + ridge @ weights
        curve = (x * (foretold * (1 - foretold))[:, None]).T @ x + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights - step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-6:
            break
    chosen = [name for name, is_used in zip(names, used, strict=True) if is_used]
    facts = zip(chosen, means[used], spreads[used], weights[1:], strict=True)
    return DisplayGate(
        len(results),
        float(weights[0]),
        {name: Weight(float(mean), float(spread), float(weight)) for name, mean, spread, weight in facts},
    )


def main() -> int:
    """Learn from the log of this user and keep it, or remove what nothing can be said for any more."""
    lower_process_priority()
    try:
        log = FeedbackLog(log_path())
        rows = list(log.rows(last=_MOST))
        gate, thresholds = learn(rows), tuple(learn_thresholds(rows))
        is_there = log.exists()  # it may have been purged by now
        keep(gate_to_text(gate) if gate and is_there else None, gate_path())
        keep(thresholds_to_text(thresholds) if thresholds and is_there else None, thresholds_path())
    except (SoothsayError, OSError) as error:
        print(f"nothing is learned from the feedback log: {error}", file=sys.stderr)
        return 1
    return 0


def keep(text: str | None, path: Path) -> None:
    """Write ``text``; None: remove the file that is there. Raises `OSError`."""
    if text is None:
        path.unlink(missing_ok=True)
        return
    replace_private(path, text)


if __name__ == "__main__":
    sys.exit(main())
