"""Fits the weights of the blend on the development half: ``python -m bench.retrieval.fit`` prints them.

A listwise softmax (ListNet with one right answer: Cao et al. 2007) by Adam, on the generated tasks and the titles. What is
printed goes into ``soothsay_index/ranking.py`` by hand; the test half is never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from bench.retrieval.drafts import read_drafts
from bench.retrieval.tasks import TITLES, answerable, read_tasks
from bench.retrieval.trial import BOTH, COMMENT, DRAFT, TITLE, Trial, Views, trials
from bench.retrieval.world import minilm, read_owners

from soothsay_index.search.ranking import Scores

RANKERS = ("vector", "text", "verb")
KINDS = (COMMENT, DRAFT, BOTH, TITLE)
# The likelihood would make a drafted name that exists speak against itself, for its words count already; what it is worth
# as a whole is tried instead.
_EXACT = (0.0, 0.05, 0.1, 0.2, 0.5, 10.0)
_FOLDS = 5
_STEPS, _RATE, _L2 = 300, 0.05, 1e-3
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lists:
    """The members of many trials below each other: ``features`` (members, rankers), where each begins, where the answers are."""

    features: Matrix
    starts: npt.NDArray[np.intp]
    answers: npt.NDArray[np.intp]

    @classmethod
    def of(cls, found: Sequence[Trial], rankers: Sequence[str]) -> Lists:
        pieces = [np.stack([trial.scores[name] for name in rankers], axis=1) for trial in found]
        starts = np.cumsum([0, *(len(piece) for piece in pieces)])[:-1]
        return cls(np.concatenate(pieces), starts, starts + np.array([trial.answer for trial in found]))


def fit(lists: Lists) -> Matrix:
    """The weights under which the answers are likeliest, by ranker."""
    scale = lists.features.std(axis=0) + 1e-12
    x = lists.features / scale
    lengths = np.diff([*lists.starts, len(x)])
    weights, first, second = (np.zeros(x.shape[1]) for _ in range(3))
    for step in range(1, _STEPS + 1):
        z = x @ weights
        z = np.exp(z - np.repeat(np.maximum.reduceat(z, lists.starts), lengths))
        p = z / np.repeat(np.add.reduceat(z, lists.starts), lengths)
        slope = (x.T @ p - x[lists.answers].sum(axis=0)) / len(lists.answers) + _L2 * weights
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        weights -= _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return weights / scale


def folds(found: Sequence[Trial]) -> Iterator[tuple[list[Trial], list[Trial]]]:
    """Trials to fit on and trials to look at: an owner is on one side only."""
    owners = sorted({trial.task["owner"] for trial in found})
    fold = {
        owner: n % _FOLDS for n, owner in enumerate(np.random.default_rng(7).permutation(owners).tolist())
    }
    for held in range(_FOLDS):
        yield (
            [trial for trial in found if fold[trial.task["owner"]] != held],
            [trial for trial in found if fold[trial.task["owner"]] == held],
        )


def main() -> None:
    owners = read_owners()
    tasks = [
        task for task in answerable((*read_tasks(), *read_tasks(TITLES)), owners) if task["split"] == "dev"
    ]
    embedder = minilm()
    views = Views(owners, (task["owner"] for task in tasks), embedder)
    found = [t for t in trials(tasks, read_drafts(), views, embedder, KINDS) if "vector" in t.scores]
    for rankers in (RANKERS, tuple(name for name in RANKERS if name != "vector")):
        ranks: dict[str, list[int]] = {}
        for train, held in folds(found):
            weights = fit(Lists.of(train, rankers))
            for trial in held:
                total = sum(
                    (w * trial.scores[name] for w, name in zip(weights, rankers, strict=True)), np.zeros(1)
                )
                ranks.setdefault(trial.kind, []).append(trial.rank(total))
        for kind, of_kind in ranks.items():
            hit1, hit3 = (np.mean([rank <= k for rank in of_kind]) for k in (1, 3))
            print(f"{_FOLDS} folds, {kind}: hit@1 {hit1:.3f}, hit@3 {hit3:.3f} of {len(of_kind)}")
        weights = fit(Lists.of(found, rankers))
        weights = weights / weights[0]
        print({name: round(float(w), 3) for name, w in zip(rankers, weights, strict=True)})
        for exact in _EXACT:
            tried = {**dict(zip(rankers, weights, strict=True)), "exact": exact}
            print(f"exact {exact}: {', '.join(_hits(found, tried, kind) for kind in (DRAFT, BOTH))}")


def _hits(found: Sequence[Trial], weights: Mapping[str, float], kind: str) -> str:
    of_kind = [trial for trial in found if trial.kind == kind]
    ranks = np.array([trial.rank(_total(trial, weights)) for trial in of_kind])
    return f"{kind} {np.mean(ranks <= 1):.3f} / {np.mean(ranks <= 3):.3f}"


def _total(trial: Trial, weights: Mapping[str, float]) -> Scores:
    return np.sum([weight * trial.scores[name] for name, weight in weights.items()], axis=0)


if __name__ == "__main__":
    main()
