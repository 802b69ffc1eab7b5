"""Whether the model knows what it does not know: probabilities of the drafted name against whether the call was valid.

Every measure is of the tokens of the first API name in the draft of ``base``. Thresholds and the logistic combination
(after CARD's features) are chosen on the development split, what is reported is of the test split.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from bench.oracle.report import table
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

Row = dict[str, Any]
Scores = npt.NDArray[np.float64]
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
class Examined:
    """One measure on the test split. ``threshold`` is the development split's best, ``accuracy`` is at it."""

    name: str
    auroc: float
    ece: float
    threshold: float
    accuracy: float
    scores: Scores
    truth: npt.NDArray[np.bool_]


def expected_calibration_error(scores: Scores, truth: npt.NDArray[np.bool_], bins: int = _BINS) -> float:
    """The mean distance of what is said from what is true, in ``bins`` of equal width (Naeini et al. 2015)."""
    places = np.minimum((scores * bins).astype(int), bins - 1)
    total = 0.0
    for place in range(bins):
        there = places == place
        if there.any():
            total += there.mean() * abs(scores[there].mean() - truth[there].mean())
    return float(total)


def risk_coverage(scores: Scores, truth: npt.NDArray[np.bool_]) -> tuple[Scores, Scores]:
    """Coverage, and the share of wrong ones among the most confident: both from few to all."""
    order = np.argsort(-scores, kind="stable")
    wrong = np.cumsum(~truth[order])
    number = np.arange(1, len(order) + 1)
    return number / len(order), wrong / number


def best_threshold(scores: Scores, truth: npt.NDArray[np.bool_]) -> float:
    """The threshold at which "confident" and "valid" agree most often."""
    candidates = np.unique(np.concatenate([scores, [0.0, 1.0]]))
    return float(max(candidates, key=lambda each: ((scores >= each) == truth).mean()))


def examine(rows: Sequence[Row]) -> list[Examined]:
    """All measures, and their combination, on the drafts of ``base``."""
    drafted = [row for row in rows if row["method"] == "base" and row["certainty"]]
    dev = [row for row in drafted if row["split"] == "dev"]
    test = [row for row in drafted if row["split"] == "test"]
    if min(len(dev), len(test)) < _FEWEST:
        return []
    of_dev, of_test = _truth(dev), _truth(test)
    if min(len(set(of_dev.tolist())), len(set(of_test.tolist()))) < 2:
        return []  # a sample in which all are valid, or none
    found = [
        _examined(name, _scores(dev, measure), of_dev, _scores(test, measure), of_test)
        for name, measure in MEASURES.items()
    ]
    model = LogisticRegression().fit(_features(dev), of_dev)
    combined = (model.predict_proba(_features(each))[:, 1] for each in (dev, test))
    found.append(_examined("logistic combination", next(combined), of_dev, next(combined), of_test))
    return found


def _examined(
    name: str,
    dev: Scores,
    of_dev: npt.NDArray[np.bool_],
    test: Scores,
    of_test: npt.NDArray[np.bool_],
) -> Examined:
    threshold = best_threshold(dev, of_dev)
    accuracy = float(((test >= threshold) == of_test).mean())
    return Examined(
        name, float(roc_auc_score(of_test, test)), expected_calibration_error(test, of_test), threshold, accuracy, test, of_test,
    )  # fmt: skip


def _truth(rows: Sequence[Row]) -> npt.NDArray[np.bool_]:
    return np.array([row["outcome"] == "valid" for row in rows], dtype=np.bool_)


def _scores(rows: Sequence[Row], measure: Callable[[Certainty], float]) -> Scores:
    return np.array([measure(Certainty.of(row)) for row in rows], dtype=np.float64)


def _features(rows: Sequence[Row]) -> Scores:
    columns = [_scores(rows, measure) for measure in MEASURES.values()]
    columns.append(np.array([len(row["certainty"]) for row in rows], dtype=np.float64))
    return np.stack(columns, axis=1)


def summary(found: Sequence[Examined]) -> str:
    """The table."""
    head = (
        "measure",
        "AUROC",
        "expected calibration error",
        "threshold (development)",
        "right about it (test)",
    )
    return table(
        head,
        [
            (
                each.name,
                f"{each.auroc:.3f}",
                f"{each.ece:.3f}",
                f"{each.threshold:.2f}",
                f"{100 * each.accuracy:.1f} %",
            )
            for each in found
        ],
    )


def plot(found: Sequence[Examined], path: Path) -> None:
    """Risk–coverage curves and a reliability diagram."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.2))
    for each in found:
        coverage, risk = risk_coverage(each.scores, each.truth)
        left.plot(coverage, risk, label=f"{each.name} (AUROC {each.auroc:.2f})")
    left.set(
        xlabel="share of drafts kept, the most confident first",
        ylabel="share of invalid ones among them",
        ylim=(0, None),
    )
    left.set_title("Risk and coverage")
    left.legend(fontsize=8)
    first = found[0]
    places = np.minimum((first.scores * _BINS).astype(int), _BINS - 1)
    for place in range(_BINS):
        there = places == place
        if there.any():
            right.bar(
                (place + 0.5) / _BINS,
                first.truth[there].mean(),
                width=0.9 / _BINS,
                color="tab:blue",
                alpha=0.75,
            )
            right.text((place + 0.5) / _BINS, 0.01, int(there.sum()), ha="center", fontsize=7, color="white")
    right.plot([0, 1], [0, 1], "--", color="gray", linewidth=1)
    right.set(xlabel=first.name, ylabel="share of valid calls", xlim=(0, 1), ylim=(0, 1), title="Reliability")
    figure.tight_layout()
    figure.savefig(path, dpi=140)
    pyplot.close(figure)
