"""One query asked of one owner: the queries of a task, the real member search behind them, and the rank of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from bench.retrieval.tasks import Task
from bench.retrieval.world import Owners, vectors_of

from soothsay_index.embedding.embedder import Embedder, Vectors
from soothsay_index.search.member_search import MemberSearch
from soothsay_index.search.member_views import MemberViews, OwnerView
from soothsay_index.search.ranking import (
    FIELDS,
    MemberRanker,
    ParsedQuery,
    Scores,
    embedding_query,
    parse_query,
)
from soothsay_index.store.rows import embedding_text, has_vector
from soothsay_index.types import Symbol

COMMENT, DRAFT, BOTH, UNMASKED = "comment", "draft", "comment + draft", "comment + draft, unmasked"
HALLUCINATED, MASKED = "comment + hallucinated draft", "the same, masked"
TITLE = "title"
Describe = Callable[[Symbol], str]


@dataclass(frozen=True, slots=True)
class Trial:
    """``scores`` of all members by ranker, and the position of the one that was asked for."""

    task: Task
    kind: str
    ask: ParsedQuery
    scores: Mapping[str, Scores]
    answer: int

    def rank(self, total: Scores) -> int:
        """The place of the answer when members are ordered by ``total`` as the search orders them; the best is 1."""
        return 1 + int(np.flatnonzero(np.argsort(-total, kind="stable") == self.answer)[0])


def queries(task: Task, draft: Mapping[str, Any] | None, members: Iterable[Symbol]) -> dict[str, str]:
    """The texts that are asked for one task, by kind.

    ``comment + draft`` is the pipeline's own: identifiers that hold a token of probability under 0.4 are blanked.
    """
    if draft is None:
        return {TITLE: task["comment"]}
    call = draft["receiver"] + draft["draft"].partition("(")[0] + ("(" if "(" in draft["draft"] else "")
    asked = {
        COMMENT: task["comment"],
        DRAFT: call,
        BOTH: f"{task['comment']}\n{draft['receiver']}{draft['masked']}",
        UNMASKED: f"{task['comment']}\n{call}",
    }
    name = call.removeprefix(draft["receiver"]).rstrip("(").strip()
    if name not in {symbol.name for symbol in members}:
        asked |= {HALLUCINATED: asked[UNMASKED], MASKED: asked[BOTH]}
    return asked


class Views:
    """What the member search asks of an index: the vectors of an owner's members, here from the cache."""

    def __init__(
        self,
        owners: Owners,
        names: Iterable[str],
        embedder: Embedder,
        describe: Describe = embedding_text,
        fields: Mapping[str, float] = FIELDS,
    ) -> None:
        self._views = {name: OwnerView(name, owners[name], None) for name in sorted(set(names))}
        for view in self._views.values():
            view.ranker = MemberRanker(view.symbols, fields)
        texts = sorted({describe(s) for view in self._views.values() for s in view.symbols if has_vector(s)})
        rows = dict(zip(texts, vectors_of(texts, embedder), strict=True))
        nothing = np.zeros(embedder.dimension, dtype=np.float32)
        self._vectors = {
            name: (
                np.stack([rows[describe(s)] if has_vector(s) else nothing for s in view.symbols]),
                np.array([has_vector(s) for s in view.symbols]),
            )
            for name, view in self._views.items()
        }

    def view(self, owner: str) -> OwnerView:
        return self._views[owner]

    def vectors(self, view: OwnerView) -> tuple[Vectors, npt.NDArray[np.bool_]]:
        return self._vectors[view.owner]

    @property
    def search(self) -> MemberSearch:
        """The real search over these views."""
        return MemberSearch(cast(MemberViews, self))


def trials(
    tasks: Sequence[Task],
    drafts: Mapping[str, Mapping[str, Any]],
    views: Views,
    embedder: Embedder,
    kinds: Iterable[str] = (),
    synonyms: Mapping[str, Sequence[str]] | None = None,
) -> list[Trial]:
    """Every query of every task, asked (``kinds``: only these)."""
    wanted = set(kinds)
    asked = [
        (task, kind, text)
        for task in tasks
        for kind, text in queries(task, drafts.get(task["id"]), views.view(task["owner"]).symbols).items()
        if not wanted or kind in wanted
    ]
    vectors = vectors_of([embedding_query(text) for _, _, text in asked], embedder)
    search = views.search
    found: list[Trial] = []
    for (task, kind, text), vector in zip(asked, vectors, strict=True):
        view = views.view(task["owner"])
        ask = parse_query(text) if synonyms is None else parse_query(text, synonyms)
        # as the index does: a query without words has no vector
        scores = search.scores(ask, view, vector if embedding_query(text) else None)
        answer = next(n for n, symbol in enumerate(view.symbols) if symbol.name == task["name"])
        found.append(Trial(task, kind, ask, scores, answer))
    return found
