"""Ranking the members of one owner: pure functions over a few hundred symbols, no database involved."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from soothsay_index.text import split_identifier, stem, terms
from soothsay_index.types import Symbol

RRF_K = 60
_B, _K1 = 0.6, 1.2
# What a word counts by where it stands, of a member; the documentation is read no further than its beginning.
FIELDS: Mapping[str, float] = {"name": 3.0, "summary": 1.0, "doc": 0.25}
_DOC_CHARACTERS = 300
_DRAFTED, _SYNONYM = 0.5, 0.4  # weights of drafted words and of synonyms
_CALL = re.compile(r"(?<!\w)([A-Za-z_]\w*)\s*\(")
_ATTRIBUTE = re.compile(r"\.\s*([A-Za-z_]\w*)")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_RECEIVER = re.compile(r"\b[A-Za-z_]\w*(?=\s*\.\s*[A-Za-z_(])")

# From verbs that developers write in comments to those that interfaces use in names.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    stem(word): tuple(stem(other) for other in others.split())
    for word, others in {
        "remove": "delete",
        "erase": "delete",
        "drop": "delete",
        "destroy": "delete terminate",
        "fetch": "get describe list",
        "retrieve": "get describe list",
        "return": "get describe list",
        "obtain": "get",
        "read": "get describe",
        "show": "describe get list",
        "look": "describe get",
        "view": "describe get",
        "details": "describe get",
        "information": "describe get",
        "find": "search list describe",
        "enumerate": "list",
        "make": "create",
        "launch": "run start create",
        "begin": "start",
        "set": "put update modify",
        "change": "update modify put",
        "edit": "update modify",
        "modify": "update",
        "update": "modify put",
        "add": "put create attach",
        "register": "create",
        "provision": "create",
        "cancel": "stop",
        "end": "stop terminate",
        "halt": "stop",
        "turn": "enable start",
        "merge": "concat join",
        "combine": "concat stack join",
        "divide": "split",
        "cut": "split",
    }.items()
}


Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A parsed query: the stems of its prose and of the drafted call's name (if any).

    ``written`` are identifiers that the prose spells out. ``wanted`` is the weight of each stem.
    """

    prose: tuple[str, ...]
    draft: tuple[str, ...]
    draft_name: str
    written: frozenset[str]
    wanted: Mapping[str, float]

    @property
    def names(self) -> frozenset[str]:
        """Return all names in the query, written or drafted."""
        return self.written | {self.draft_name} if self.draft_name else self.written


def parse_query(text: str, synonyms: Mapping[str, Sequence[str]] = SYNONYMS) -> ParsedQuery:
    """Split ``text`` into prose and the drafted call, without the receiver's name."""
    calls = _CALL.findall(text)
    attributes = _ATTRIBUTE.findall(text)
    draft_name = (
        calls[-1]
        if calls
        else (attributes[-1] if attributes and text.rstrip().endswith(attributes[-1]) else "")
    )
    prose_text = _RECEIVER.sub(" ", text)
    if draft_name:
        head, _, tail = prose_text.rpartition(draft_name)
        prose_text = f"{head} {tail}"
    written = frozenset(name for name in _IDENTIFIER.findall(prose_text) if "_" in name.strip("_"))
    prose, draft = tuple(terms(prose_text)), tuple(terms(draft_name))
    return ParsedQuery(prose, draft, draft_name, written, _wanted(prose, draft, synonyms))


def _wanted(
    prose: Sequence[str], draft: Sequence[str], synonyms: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    wanted = dict.fromkeys(prose, 1.0)
    for term in draft:
        wanted[term] = wanted.get(term, 0.0) + _DRAFTED
    for term in list(wanted):
        for other in synonyms.get(term, ()):
            wanted.setdefault(other, _SYNONYM * wanted[term])
    return wanted


def embedding_query(ask_text: str) -> str:
    """Return the query as a sentence for the embedding model: identifiers are split into words."""
    return " ".join(split_identifier(_RECEIVER.sub(" ", ask_text)))


class MemberRanker:
    """Score the members of one owner. Built once per owner."""

    def __init__(self, symbols: Sequence[Symbol], fields: Mapping[str, float] = FIELDS) -> None:
        names = [terms(symbol.name) for symbol in symbols]
        self._size = len(symbols)
        self._text = _Text([_weighted(symbol, fields) for symbol in symbols])
        self._verbs = _positions(words[:1] for words in names)
        self._spelled = _positions((symbol.name,) for symbol in symbols)

    def scores(self, ask: ParsedQuery) -> dict[str, Scores]:
        """Return the scores of the members by ranker, each of shape (members,); higher is better, 0 is neutral.

        ``text`` is BM25F over name, summary and documentation (Robertson and Zaragoza 2009), over the square root of the
        number of words asked for. The others are 1 or 0: ``verb`` for a verb that can be meant, ``exact`` for the drafted
        name, ``written`` for a name that the prose spells out.
        """
        length = math.sqrt(max(1, len({*ask.prose, *ask.draft})))
        return {
            "text": self._text.bm25(ask.wanted) / length,
            "verb": self.verb(ask),
            "exact": _at(self._spelled, (ask.draft_name,), self._size),
            "written": _at(self._spelled, ask.written, self._size),
        }

    def verb(self, ask: ParsedQuery) -> Scores:
        """Return 1 for members whose verb matches the first verb of the query, else 0."""
        said = next((term for term in ask.prose[:3] if term in _VERBS), None)
        return _at(self._verbs, _VERBS[said] | {said} if said else (), self._size)


class _Text:
    """BM25 over texts whose words are weighted: postings are computed in advance."""

    def __init__(self, texts: Sequence[Mapping[str, float]]) -> None:
        self._size = len(texts)
        lengths = np.array([sum(words.values()) for words in texts], dtype=np.float64)
        mean = float(lengths.mean()) if self._size else 0.0
        norm = _K1 * (1 - _B + _B * lengths / (mean or 1.0))
        counts: dict[str, list[tuple[int, float]]] = {}
        for position, words in enumerate(texts):
            for term, count in words.items():
                counts.setdefault(term, []).append((position, count))
        self._postings: dict[str, tuple[npt.NDArray[np.intp], Scores]] = {}
        for term, found in counts.items():
            positions = np.array([position for position, _ in found], dtype=np.intp)
            count = np.array([number for _, number in found], dtype=np.float64)
            idf = math.log(1 + (self._size - len(found) + 0.5) / (len(found) + 0.5))
            self._postings[term] = positions, idf * count * (_K1 + 1) / (count + norm[positions])

    def bm25(self, wanted: Mapping[str, float]) -> Scores:
        """Return the BM25 score of each text for terms of these weights."""
        scores = np.zeros(self._size)
        for term, weight in wanted.items():
            if term in self._postings:
                positions, worth = self._postings[term]
                scores[positions] += weight * worth
        return scores


def _weighted(symbol: Symbol, fields: Mapping[str, float]) -> dict[str, float]:
    texts = {"name": symbol.name, "summary": symbol.summary, "doc": symbol.doc[:_DOC_CHARACTERS]}
    words: dict[str, float] = {}
    for field, weight in fields.items():
        for term in terms(texts[field]):
            words[term] = words.get(term, 0.0) + weight
    return words


def _at(positions: Mapping[str, npt.NDArray[np.intp]], keys: Iterable[str], size: int) -> Scores:
    result = np.zeros(size)
    for key in keys:
        if key in positions:
            result[positions[key]] = 1.0
    return result


def _positions(keys: Iterable[Iterable[str]]) -> dict[str, npt.NDArray[np.intp]]:
    found: dict[str, list[int]] = {}
    for position, group in enumerate(keys):
        for key in group:
            found.setdefault(key, []).append(position)
    return {key: np.array(positions, dtype=np.intp) for key, positions in found.items()}


# Verbs in comments, and the verbs that names of matching functions begin with.
_VERB_CLASSES = (
    (
        "create make build begin start launch open new add provision take buy reserve",
        "create start run allocate put add open purchase register authorize begin",
    ),
    (
        "delete remove erase drop destroy clear terminate purge",
        "delete remove terminate purge deregister detach revoke clear batch",
    ),
    (
        "get read fetch retrieve show view describe return look give check find",
        "get describe list head receive search query lookup view",
    ),
    ("list enumerate every", "list describe get search"),
    (
        "update change modify set edit turn rotate scale configure enable",
        "update modify put set change enable rotate",
    ),
    ("stop cancel end halt abort shut", "stop cancel end abort terminate"),
    ("send push publish post emit", "send publish put post push"),
    ("attach connect link bind", "attach associate connect bind add"),
    ("detach disconnect unlink", "detach disassociate disconnect remove"),
    ("copy duplicate clone", "copy clone"),
    ("run execute invoke call", "run execute invoke start send call"),
    ("search query find", "search query find filter select"),
)


def _verb_classes() -> dict[str, frozenset[str]]:
    classes: dict[str, set[str]] = {}
    for said, named in _VERB_CLASSES:
        for word in said.split():
            classes.setdefault(stem(word), set()).update(stem(each) for each in named.split())
    return {word: frozenset(names) for word, names in classes.items()}


_VERBS = _verb_classes()


# Among the few hundred members of one owner the scores themselves say more than their ranks. The weights are fitted on
# the development half of bench/retrieval by `python -m bench.retrieval.fit` (a listwise softmax, Cao et al. 2007). A
# drafted name is only a hint: ranking it first whenever it exists cost 4 points of hit@1.
WEIGHTS: Mapping[str, float] = {"vector": 1.0, "text": 0.157, "verb": 0.134, "exact": 0.1}
WEIGHTS_WITHOUT_VECTORS: Mapping[str, float] = {"text": 1.0, "verb": 0.429, "exact": 0.5}
_WRITTEN = 10.0  # a name that is spelled out outweighs all else


def blend(scores: Mapping[str, Scores]) -> Scores:
    """Return the weighted sum of scores of the same members, shape (members,)."""
    weights = WEIGHTS if "vector" in scores else WEIGHTS_WITHOUT_VECTORS
    return np.sum([weights.get(name, _WRITTEN) * values for name, values in scores.items()], axis=0)
