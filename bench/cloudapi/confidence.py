"""Whether the model knows what it does not know: probabilities of the drafted name against whether the call was valid.

Every measure is of the tokens of the first API name in the draft of ``base``. Thresholds and the logistic combination
(after CARD's features) are chosen on the development split, what is reported is of the test split. What a trigger is
worth is computed from what was generated: the retrieving method's call where it fires, the draft's where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from bench.oracle.report import table
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Row = dict[str, Any]
Scores = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
RETRIEVING = "dag, top 3"  # what a draft that is not believed is replaced by
_BINS = 10
_FEWEST = 60  # drafts in each half: with fewer, curves show nothing but chance
_FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class Certainty:
    """What the model's distribution says of each token of a name."""

    probabilities: tuple[float, ...]
    margins: tuple[float, ...]
    entropies: tuple[float, ...]

    @classmethod
    def of(cls, row: Row) -> Certainty:
        return cls(*(tuple(column) for column in zip(*row["certainty"], strict=True)))


def _mean_log(probabilities: Sequence[float]) -> float:
    return math.exp(sum(math.log(max(p, _FLOOR)) for p in probabilities) / len(probabilities))


# each between 0 and 1, the surer the higher
MEASURES: Mapping[str, Callable[[Certainty], float]] = {
    "minimum probability": lambda name: min(name.probabilities),
    "mean log-probability": lambda name: _mean_log(name.probabilities),
    "probability of the whole name": lambda name: math.prod(name.probabilities),
    "probability of the first token": lambda name: name.probabilities[0],
    "least margin": lambda name: min(name.margins),
    "greatest entropy": lambda name: math.exp(-max(name.entropies)),
    "mean entropy": lambda name: math.exp(-sum(name.entropies) / len(name.entropies)),
}


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts of one split, their calls, and what retrieving instead of believing them would have brought.

    ``unknown``: the drafted name is not in the index, so DAG++ retrieves however sure the model is.
    """

    certainty: tuple[Certainty, ...]
    valid: Truth
    unknown: Truth
    retrieved: Truth  # is the call valid that was written with documents

    @classmethod
    def of(cls, rows: Sequence[Row], split: str) -> Drafts:
        """Those tasks of ``split`` that both ``base`` and `RETRIEVING` have answered."""
        mine = {row["id"]: row for row in rows if row["split"] == split and row["method"] == "base"}
        theirs = {row["id"]: row for row in rows if row["split"] == split and row["method"] == RETRIEVING}
        ids = [each for each, row in sorted(mine.items()) if row["certainty"] and each in theirs]
        return cls(
            tuple(Certainty.of(mine[each]) for each in ids),
            _truth(mine[each]["outcome"] == "valid" for each in ids),
            _truth(mine[each]["outcome"] == "no_such_api" for each in ids),
            _truth(theirs[each]["outcome"] == "valid" for each in ids),
        )

    def scores(self, measure: Callable[[Certainty], float]) -> Scores:
        """How sure the model was of each."""
        return np.array([measure(name) for name in self.certainty], dtype=np.float64)

    def selective(self, scores: Scores, threshold: float) -> tuple[float, float]:
        """The share that is retrieved for below ``threshold``, and the share of valid calls that this makes."""
        fired = (scores < threshold) | self.unknown
        return float(fired.mean()), float(np.where(fired, self.retrieved, self.valid).mean())


@dataclass(frozen=True, slots=True)
class Examined:
    """One measure on the test split. ``threshold`` is the development split's best."""

    name: str
    auroc: float
    ece: float
    threshold: float
    retrieved: float  # share of the tasks, at the threshold
    validity: float  # share of valid calls, at the threshold
    scores: Scores
    drafts: Drafts


def expected_calibration_error(scores: Scores, truth: Truth, bins: int = _BINS) -> float:
    """The mean distance of what is said from what is true, in ``bins`` of equal width (Naeini et al. 2015)."""
    places = np.minimum((scores * bins).astype(int), bins - 1)
    total = 0.0
    for place in range(bins):
        there = places == place
        if there.any():
            total += there.mean() * abs(scores[there].mean() - truth[there].mean())
    return float(total)


def risk_coverage(scores: Scores, truth: Truth) -> tuple[Scores, Scores]:
    """Coverage, and the share of wrong ones among the most confident: both from few to all."""
    order = np.argsort(-scores, kind="stable")
    wrong = np.cumsum(~truth[order])
    number = np.arange(1, len(order) + 1)
    return number / len(order), wrong / number


def best_threshold(scores: Scores, drafts: Drafts) -> float:
    """The threshold with the most valid calls; of several the one that retrieves least often."""
    candidates = np.unique(np.concatenate([scores, [0.0, 1.0 + _FLOOR]]))
    return float(max(candidates, key=lambda each: (drafts.selective(scores, each)[1], -each)))


def examine(rows: Sequence[Row]) -> list[Examined]:
    """All measures, and their combination, on the drafts of ``base``."""
    dev, test = Drafts.of(rows, "dev"), Drafts.of(rows, "test")
    if min(len(dev.certainty), len(test.certainty)) < _FEWEST:
        return []
    if min(len(set(dev.valid.tolist())), len(set(test.valid.tolist()))) < 2:
        return []  # a sample in which all are valid, or none
    found = [
        _examined(name, dev.scores(measure), dev, test.scores(measure), test)
        for name, measure in MEASURES.items()
    ]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(_features(dev), dev.valid)
    of_dev, of_test = (model.predict_proba(_features(each))[:, 1] for each in (dev, test))
    return [*found, _examined("logistic combination", of_dev, dev, of_test, test)]


def _examined(name: str, of_dev: Scores, dev: Drafts, of_test: Scores, test: Drafts) -> Examined:
    threshold = best_threshold(of_dev, dev)
    auroc = float(roc_auc_score(test.valid, of_test))
    ece = expected_calibration_error(of_test, test.valid)
    return Examined(name, auroc, ece, threshold, *test.selective(of_test, threshold), of_test, test)


def _truth(values: Iterable[bool]) -> Truth:
    return np.array(list(values), dtype=np.bool_)


def _features(drafts: Drafts) -> Scores:
    columns = [drafts.scores(measure) for measure in MEASURES.values()]
    columns.append(np.array([len(name.probabilities) for name in drafts.certainty], dtype=np.float64))
    return np.stack(columns, axis=1)


def summary(found: Sequence[Examined]) -> str:
    """The table. The last columns are DAG++ with this measure as its trigger."""
    head = ("measure", "AUROC", "ECE", "threshold (dev)", "retrieved (test)", "valid (test)")
    lines = [
        (
            each.name, f"{each.auroc:.3f}", f"{each.ece:.3f}", f"{each.threshold:.2f}",
            f"{100 * each.retrieved:.1f} %", f"{100 * each.validity:.1f} %",
        )
        for each in found
    ]  # fmt: skip
    drafts = found[0].drafts
    lines.append(("(never)", "", "", "", "0.0 %", f"{100 * drafts.valid.mean():.1f} %"))
    lines.append(("(always)", "", "", "", "100.0 %", f"{100 * drafts.retrieved.mean():.1f} %"))
    return table(head, lines)
