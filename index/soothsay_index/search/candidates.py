"""Candidates of a search, and how the rankers' scores become one: reciprocal rank (Cormack et al. 2009)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from soothsay_index.search.graph import ImportReach
from soothsay_index.search.ranking import RRF_K
from soothsay_index.search.similarity import Features, jaccard, last_window, most_like, shape, tokens
from soothsay_index.types import Chunk
from soothsay_languages.registry import language_of_file

_COMPARED = 8  # the pieces most like the code by tokens are compared by syntax, too
EXACT = 2.0  # more than everything else together
# What a ranker counts; text and vector count 1. "imports" counts more than being first in both, so that what the file
# imports comes before any other file; it is weighted by how directly a definition is reached, too.
_WEIGHTS: Mapping[str, float] = {"imports": 2.5, "tokens": 0.7, "shape": 0.4, "recent": 0.15}
_BY_NAME, _BY_MODULE, _BY_TWO = 1.0, 0.6, 0.3
_PROSE_DISCOUNT = 0.5  # prose and configuration come behind code of the same ranks


@dataclass(frozen=True, slots=True)
class ChunkFeatures:
    """A chunk with its features for search. ``symbol_id`` is the id of its definition, or empty."""

    chunk: Chunk
    symbol_id: str
    vector_key: str
    features: Features
    is_document: bool = False  # of a package

    @property
    def name(self) -> str:
        """Return the bare name of the definition, or an empty string."""
        return last_name(self.symbol_id)


@dataclass(slots=True)
class Candidate:
    """A package symbol (``row_id``) or a piece. ``scores`` are shown per ranker, ``fused`` is the sort key."""

    row_id: int | None = None
    piece: ChunkFeatures | None = None
    scores: dict[str, float] = field(default_factory=dict)
    fused: float = 0.0

    def add(self, name: str, score: float, worth: float) -> None:
        """Add a ranker's score and its contribution ``worth`` to the fused score."""
        self.scores[name] = score
        self.fused += worth


def last_name(symbol_id: str) -> str:
    """Return the bare name of the definition with this id."""
    return symbol_id.rpartition(".")[2]


def rank(ranker: str, candidates: Sequence[Candidate], scores: Sequence[float]) -> None:
    """Add reciprocal ranks of ``scores`` to the candidates; equal scores share a rank, 0 is not ranked."""
    places = {
        score: rank
        for rank, score in enumerate(sorted({score for score in scores if score > 0}, reverse=True), 1)
    }
    weight = _WEIGHTS.get(ranker, 1.0)
    for candidate, score in zip(candidates, scores, strict=True):
        if score > 0:
            candidate.add(ranker, score, weight / (RRF_K + places[score]))


def rank_by_similarity(
    candidates: Sequence[Candidate], features: Sequence[Features], code: str, path: str
) -> None:
    """Rank by similarity to the code before the cursor in ``path``: by tokens, and the best of those by syntax."""
    lines = last_window(code)
    wanted = tokens(lines)
    if not wanted:
        return
    likeness = [jaccard(each.tokens, wanted) for each in features]
    shapes = [0.0] * len(features)
    language = language_of_file(PurePosixPath(path))
    form = shape(lines, language)
    for position in sorted(range(len(features)), key=lambda at: -likeness[at])[:_COMPARED]:
        likeness[position], window = most_like(features[position].windows, wanted)
        if likeness[position]:
            shapes[position] = jaccard(features[position].shape(window, language), form)
    rank("tokens", candidates, likeness)
    rank("shape", candidates, shapes)


def rank_by_facts(
    candidate: Candidate, piece: ChunkFeatures, names: Set[str], reached: ImportReach, path: str
) -> None:
    """Add the scores of exact names and imports, and discount what is not code."""
    if piece.name and piece.name in names:
        candidate.add("exact", 1.0, EXACT)
    is_named = piece.symbol_id in reached.named
    # What shares neither words nor meaning with the query is no answer only because it can be reached.
    if is_named or "text" in candidate.scores or "vector" in candidate.scores:
        score = _BY_NAME if is_named else (0.0, _BY_MODULE, _BY_TWO)[reached.hops.get(piece.chunk.path, 0)]
        if score:
            candidate.add("imports", score, _WEIGHTS["imports"] * score / (RRF_K + 1))
    candidate.fused *= discount(piece.chunk, path)


def discount(chunk: Chunk, path: str) -> float:
    """Return 1 for code and for files of the edited file's kind, else the discount for prose."""
    if chunk.kind == "code" or _kind_of_file(chunk.path) == _kind_of_file(path):
        return 1.0
    return _PROSE_DISCOUNT


def _kind_of_file(path: str) -> str:
    pure = PurePosixPath(path)
    return pure.suffix.lower() or pure.name.lower()
