"""`make bench-retrieval`: is the right member found first, by which queries, and what does each stage of the ranking add?

Everything is computed from the committed tasks and drafts; what is embedded is kept in the cache folder, so that the first
run takes ten minutes and the next ones one. ``COSTS=0`` leaves the models' costs as they were measured last.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from bench.retrieval.before import COMMIT, ranks_before
from bench.retrieval.drafts import read_drafts
from bench.retrieval.embeddings import StaticEmbedder, costs
from bench.retrieval.report import write_report
from bench.retrieval.tasks import TITLES, Task, answerable, read_tasks
from bench.retrieval.trial import BOTH, COMMENT, TITLE, UNMASKED, Trial, Views, trials
from bench.retrieval.world import CACHE, HERE, Owners, minilm, read_owners, vectors_of

from soothsay.engine.choice import CLOSE
from soothsay_index.embedding.embedder import Embedder, Vectors
from soothsay_index.search.member_search import MemberSearch
from soothsay_index.search.member_views import MemberViews, OwnerView
from soothsay_index.search.ranking import FIELDS, Scores, blend, embedding_query
from soothsay_index.text import split_identifier
from soothsay_index.types import Query, Symbol

RESULTS = HERE.parent / "results"
STAGES = ("vector", "text", "verb", "exact")
_RESAMPLES = 1000
_SECOND_LOOK = 20  # of the best, compared with the query again
_LOOK_AGAIN = (0.2, 0.4, 0.8)  # what the second cosine weighs, beside 1 for the first
_LARGEST = 2_000  # members
_LEADS = (0.1, 0.2, CLOSE, 0.4, 0.6)  # of the first over the second, in the ranking's score
Ranked = Sequence[tuple[Task, int]]


def interval(ranked: Ranked, measure: Callable[[npt.NDArray[np.float64]], float]) -> list[float]:
    """The 95 % bootstrap interval; owners are drawn, not tasks: tasks of one owner are not independent."""
    owners: dict[str, list[int]] = {}
    for task, rank in ranked:
        owners.setdefault(task["owner"], []).append(rank)
    groups = [np.array(ranks, dtype=np.float64) for _, ranks in sorted(owners.items())]
    chance = np.random.default_rng(11)
    drawn = [
        measure(np.concatenate([groups[n] for n in chance.integers(0, len(groups), len(groups))]))
        for _ in range(_RESAMPLES)
    ]
    return [round(float(np.quantile(drawn, q)), 3) for q in (0.025, 0.975)]


def figures(ranked: Ranked, intervals: bool = True) -> dict[str, Any]:
    """hit@1, hit@3 and the mean reciprocal rank of some queries."""
    ranks = np.array([rank for _, rank in ranked], dtype=np.float64)
    found: dict[str, Any] = {"n": len(ranks)}
    for name, measure in MEASURES.items():
        found[name] = round(measure(ranks), 3)
        if intervals:
            found[f"{name}_95"] = interval(ranked, measure)
    return found


MEASURES: Mapping[str, Callable[[npt.NDArray[np.float64]], float]] = {
    "hit@1": lambda ranks: float(np.mean(ranks <= 1)),
    "hit@3": lambda ranks: float(np.mean(ranks <= 3)),
    "mrr": lambda ranks: float(np.mean(1 / ranks)),
}


def ranked(found: Iterable[Trial], without: str = "") -> list[tuple[Task, int]]:
    """The rank of each answer by the blend, ``without`` one of its stages."""
    return [
        (trial.task, trial.rank(blend({name: s for name, s in trial.scores.items() if name != without})))
        for trial in found
    ]


def by_kind(found: Sequence[Trial]) -> list[dict[str, Any]]:
    """Figures of every kind of query: all, and each family."""
    rows = []
    for kind in dict.fromkeys(trial.kind for trial in found):
        for family in ("all", "botocore", "scientific"):
            those = [t for t in found if t.kind == kind and family in ("all", t.task["family"])]
            if those and not (family == "all" and len({t.task["family"] for t in those}) == 1):
                rows.append({"kind": kind, "family": family, **figures(ranked(those))})
    return rows


def strata(found: Sequence[Trial]) -> list[dict[str, Any]]:
    """Figures of comment + draft by how much the comment gives away, and by how many members there are."""
    edges = {
        "name_leak": (0.0, 0.34, 0.67, 1.0),
        "doc_leak": (0.0, 0.34, 0.67, 1.0),
        "members": (0, 40, 100, 2000),
    }
    rows = []
    for column, bounds in edges.items():
        for low, high in itertools.pairwise(bounds):
            inside = [
                t for t in found
                if t.kind == BOTH and (low < t.task[column] <= high or (low == bounds[0] and t.task[column] == low))
            ]  # fmt: skip
            rows.append({"by": column, "from": low, "to": high, **figures(ranked(inside))})
    return rows


def leads(found: Sequence[Trial]) -> list[dict[str, Any]]:
    """How often the first leads the second by so much, how often it is right then, and how often the right one is as close.

    By comment and by title, as the engine asks where it knows the receiver.
    """
    rows: list[dict[str, Any]] = []
    for kind in (COMMENT, TITLE):
        those = [(trial, blend(trial.scores)) for trial in found if trial.kind == kind]
        for lead in _LEADS if those else ():
            ahead = [trial.rank(total) == 1 for trial, total in those if _lead(total) >= lead]
            within = [total.max() - total[trial.answer] < lead for trial, total in those]
            rows.append(
                {
                    "kind": kind, "lead": lead, "n": len(those), "ahead": len(ahead) / len(those),
                    "right": sum(ahead) / max(1, len(ahead)), "within": sum(within) / len(those),
                }
            )  # fmt: skip
    return rows


def _lead(total: Scores) -> float:
    best = np.sort(total)[-2:]
    return float(best[1] - best[0]) if len(best) > 1 else math.inf


def stages(
    kind: str,
    found: Sequence[Trial],
    others: Mapping[str, Sequence[Trial]],
    before: Sequence[tuple[Task, str, int]],
) -> list[dict[str, Any]]:
    """Queries of one kind without each stage in turn, with ``others`` in its place, and as it was."""
    those = [trial for trial in found if trial.kind == kind]
    rows = [{"what": "everything", **figures(ranked(those))}]
    rows += [{"what": f"without {stage}", **figures(ranked(those, stage))} for stage in STAGES]
    rows += [
        {"what": what, **figures(ranked(t for t in of if t.kind == kind))} for what, of in others.items()
    ]
    alone = [(t.task, t.rank(t.scores["vector"])) for t in those if "vector" in t.scores]
    rows.append({"what": "vector alone", **figures(alone)})
    of_then = [(task, rank) for task, asked, rank in before if asked == kind]
    if of_then:
        rows.append({"what": f"as it was at {COMMIT}", **figures(of_then)})
    return rows


def choices(found: Sequence[Trial], static: Sequence[Trial]) -> list[dict[str, Any]]:
    """Comment + draft against other queries, and with another embedding."""
    rows: list[dict[str, Any]] = []
    rows.append({"what": "without masking", **figures(ranked(t for t in found if t.kind == UNMASKED))})
    rows.append({"what": "without the draft", **figures(ranked(t for t in found if t.kind == COMMENT))})
    rows.append({"what": "static embedding", **figures(ranked(t for t in static if t.kind == BOTH))})
    alone = [(t.task, t.rank(t.scores["vector"])) for t in static if t.kind == BOTH and "vector" in t.scores]
    rows.append({"what": "static embedding alone", **figures(alone)})
    return rows


def whole_text(symbol: Symbol) -> str:
    """A longer text of a member, for the second look: its name and what is said of it, without parameters."""
    said = symbol.doc.split("\n", 1)[0] if symbol.kind == "operation" else " ".join(symbol.doc.split())
    return f"{' '.join(split_identifier(symbol.name))}. {said[:400]}"


def second_look(found: Sequence[Trial], views: Views, embedder: Embedder) -> list[dict[str, Any]]:
    """The best 20 of comment + draft ranked again, with the cosine of the query and the longer text on top."""
    both = [trial for trial in found if trial.kind == BOTH and "vector" in trial.scores]
    totals = [blend(trial.scores) for trial in both]
    best = [np.argsort(-total, kind="stable")[:_SECOND_LOOK] for total in totals]
    texts = [
        [whole_text(views.view(trial.task["owner"]).symbols[n]) for n in places]
        for trial, places in zip(both, best, strict=True)
    ]
    every = sorted({text for group in texts for text in group})
    rows = dict(zip(every, vectors_of(every, embedder), strict=True))
    drafts = read_drafts()
    asked = [
        embedding_query(
            f"{t.task['comment']}\n{drafts[t.task['id']]['receiver']}{drafts[t.task['id']]['masked']}"
        )
        for t in both
    ]
    vectors = vectors_of(asked, embedder)
    result = []
    for weight in _LOOK_AGAIN:
        again = []
        for trial, total, places, group, vector in zip(both, totals, best, texts, vectors, strict=True):
            looked = total.copy()
            looked[places] += weight * np.array([rows[text] @ vector for text in group]) + 100.0
            again.append((trial.task, trial.rank(looked)))
        result.append({"what": f"second look at the top {_SECOND_LOOK}, weight {weight}", **figures(again)})
    return result


class _Many:
    """One owner with as many members as a namespace can have."""

    def __init__(self, owners: Owners, dimension: int) -> None:
        symbols = [symbol for members in owners.values() for symbol in members if symbol.summary][:_LARGEST]
        self.view = OwnerView("many", tuple(symbols), None)
        chance = np.random.default_rng(5).normal(size=(len(symbols), dimension)).astype(np.float32)
        self._vectors = (
            chance / np.linalg.norm(chance, axis=1, keepdims=True),
            np.ones(len(symbols), dtype=np.bool_),
        )

    def vectors(self, view: OwnerView) -> tuple[Vectors, npt.NDArray[np.bool_]]:
        return self._vectors


def times(tasks: Sequence[Task], views: Views, owners: Owners, embedder: Embedder) -> dict[str, Any]:
    """Milliseconds of one search: the ranking with the query's vector at hand, and that vector when it is new."""
    chosen = [task for task in tasks if task["split"] == "test"][:300]
    vectors = vectors_of([embedding_query(task["comment"]) for task in chosen], embedder)
    found: dict[str, Any] = {"load": round(os.getloadavg()[0], 1)}
    many = _Many(owners, embedder.dimension)
    for what, search, view_of in (
        ("members of the task", views.search, lambda task: views.view(task["owner"])),
        (f"{_LARGEST} members", MemberSearch(cast(MemberViews, many)), lambda task: many.view),
    ):
        spent = []
        for task, vector in zip(chosen, vectors, strict=True):
            view = view_of(task)
            _ = view.ranker  # built once an owner
            spent.append(
                _milliseconds(
                    lambda s=search, q=task["comment"], v=view, x=vector: s.search(Query(q), [v], x)
                )
            )
        found[what] = _spread(spent)
    found["building the ranker of 2000 members"] = _spread(
        [_milliseconds(lambda: _Many(owners, 8).view.ranker)]
    )
    # vectors_of has not gone through encode_query, so nothing of this is cached
    found["query embedding, new"] = _spread(
        [
            _milliseconds(lambda t=task: embedder.encode_query(embedding_query(t["comment"])))
            for task in chosen[:100]
        ]
    )
    found["query embedding, asked before"] = _spread(
        [
            _milliseconds(lambda t=task: embedder.encode_query(embedding_query(t["comment"])))
            for task in chosen[:100]
        ]
    )
    return found


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def _spread(spent: Sequence[float]) -> dict[str, float]:
    return {
        "p50": round(statistics.median(spent), 3),
        "p95": round(sorted(spent)[min(len(spent) - 1, int(0.95 * len(spent)))], 3),
    }


def measure(
    split: str, tasks: Sequence[Task], owners: Owners, minilm_: Embedder, static: Embedder
) -> dict[str, Any]:
    """Everything that is said of one half."""
    half = [task for task in tasks if task["split"] == split]
    drafts = read_drafts()
    names = [task["owner"] for task in half]
    views = Views(owners, names, minilm_)
    found = trials(half, drafts, views, minilm_)
    asked = [BOTH, TITLE]
    others = {"without synonyms": trials(half, drafts, views, minilm_, asked, synonyms={})}
    for left_out in FIELDS:
        fields = {name: weight for name, weight in FIELDS.items() if name != left_out}
        others[f"text without {left_out}"] = trials(
            half, drafts, Views(owners, names, minilm_, fields=fields), minilm_, asked
        )
    before = ranks_before(half, drafts, views, minilm_)
    return {
        "tasks": len([task for task in half if task["id"] in drafts]),
        "titles": len([task for task in half if task["id"] not in drafts]),
        "hallucinated": len({t.task["id"] for t in found if t.kind.endswith("hallucinated draft")}),
        "name_leak": round(float(np.mean([task["name_leak"] for task in half if task["id"] in drafts])), 3),
        "doc_leak": round(float(np.mean([task["doc_leak"] for task in half if task["id"] in drafts])), 3),
        "members": round(float(np.mean([task["members"] for task in half if task["id"] in drafts])), 1),
        "kinds": by_kind(found),
        "strata": strata(found),
        "leads": leads(found),
        "stages": stages(BOTH, found, others, before),
        "stages_titles": stages(TITLE, found, others, before),
        "choices": choices(found, trials(half, drafts, Views(owners, names, static), static, [BOTH]))
        + second_look(found, views, minilm_),
    }


def main() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    owners = read_owners()
    every = [*read_tasks(), *read_tasks(TITLES)]
    tasks = answerable(every, owners)
    embedder, static = minilm(), StaticEmbedder()
    path = RESULTS / "retrieval.json"
    last = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results = {
        "left_out": len(every) - len(tasks),
        **{split: measure(split, tasks, owners, embedder, static) for split in ("dev", "test")},
        "times_ms": times(
            tasks,
            Views(owners, (t["owner"] for t in tasks if t["split"] == "test"), embedder),
            owners,
            embedder,
        ),
        "embeddings": last["embeddings"]
        if os.environ.get("COSTS") == "0" and "embeddings" in last
        else costs(),
    }
    write_report(results, RESULTS)
    print(Path(RESULTS / "retrieval.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
