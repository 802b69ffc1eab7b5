"""The ranking as it was before this benchmark was made: read from the repository's history, for the comparison."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import numpy as np
from bench.retrieval.tasks import Task
from bench.retrieval.trial import Views, queries
from bench.retrieval.world import HERE, vectors_of

from soothsay_index.embedding.embedder import Embedder
from soothsay_index.search.ranking import embedding_query

COMMIT = "001db83"
_NAME = "soothsay_index.ranking_before"


def load() -> ModuleType | None:
    """``ranking.py`` of that commit as a module; None where the history is not there."""
    command = ["git", "show", f"{COMMIT}:index/soothsay_index/ranking.py"]
    shown = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parents[1], check=False)
    if shown.returncode:
        return None
    module = ModuleType(_NAME)
    module.__package__ = "soothsay_index"
    sys.modules[_NAME] = module  # dataclasses look their module up
    exec(compile(shown.stdout, f"{COMMIT}:ranking.py", "exec"), vars(module))
    return module


def ranks_before(
    tasks: list[Task], drafts: dict[str, dict[str, str]], views: Views, embedder: Embedder
) -> list[tuple[Task, str, int]]:
    """Task, kind of query and rank of the answer, as `MemberSearch` computed it then; empty without the history."""
    module = load()
    if module is None:
        return []
    rankers = {}
    asked = [
        (task, kind, text)
        for task in tasks
        for kind, text in queries(task, drafts.get(task["id"]), views.view(task["owner"]).symbols).items()
    ]
    vectors = vectors_of([embedding_query(text) for _, _, text in asked], embedder)
    found: list[tuple[Task, str, int]] = []
    for (task, kind, text), vector in zip(asked, vectors, strict=True):
        view = views.view(task["owner"])
        if task["owner"] not in rankers:
            rankers[task["owner"]] = module.MemberRanker(view.symbols)
        ranker, ask = rankers[task["owner"]], module.read_query(text)
        scores = {"text": ranker.bm25(ask), "name": ranker.name_overlap(ask), "verb": ranker.verb(ask)}
        if embedding_query(text):
            matrix, known = views.vectors(view)
            scores["vector"] = np.where(known, np.maximum(matrix @ vector, 0.0), 0.0)
        names = [symbol.name for symbol in view.symbols]
        exact = np.array(
            [
                2.0 * (name in ask.names) + 0.5 * (name == ask.draft_name and name in ask.names)
                for name in names
            ]
        )
        order = np.argsort(-(module.blend(scores) + exact), kind="stable").tolist()
        found.append((task, kind, 1 + order.index(names.index(task["name"]))))
    return found
