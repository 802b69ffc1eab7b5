"""How alike two pieces of text are: by the words asked for, by tokens, and by the shape of their syntax.

Pure functions over strings; what is read of a text is read once and remembered with it (:class:`Features`).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from textwrap import dedent
from zlib import crc32

from soothsay_index.text import terms
from soothsay_languages.base import Language
from soothsay_languages.syntax import parse

# RepoCoder (Zhang et al. 2023) slides windows of 20 lines, 10 lines at a time.
WINDOW, STRIDE = 20, 10
_SHAPE_DEPTH = 3  # node types on a path
_K1, _B = 1.2, 0.6
_TITLE = 3  # how often a title's words count
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class LineWindow:
    """Some lines of a text, and the identifiers in them. ``start`` counts from 0."""

    start: int
    text: str
    tokens: frozenset[str]

    @property
    def stems(self) -> frozenset[str]:
        """The stemmed words of its identifiers."""
        return frozenset(stem for token in self.tokens for stem in stems(token))


class Features:
    """What is compared of one text; ``title`` is its name, whose words count most."""

    def __init__(self, text: str, title: str = "") -> None:
        self.text = text
        self._title = title
        self._shapes: dict[tuple[int, str], frozenset[int]] = {}

    @cached_property
    def identifiers(self) -> Mapping[str, int]:
        """How often each identifier (or word of prose) occurs."""
        return Counter(_WORD.findall(self.text))

    @cached_property
    def tokens(self) -> frozenset[str]:
        """All identifiers."""
        return frozenset(self.identifiers)

    def counts(self, sought: Sought) -> dict[str, int]:
        """Return how often each of the stems that are sought occurs; not cached, because each query seeks others."""
        counts = dict.fromkeys(sought.in_name(self._title), _TITLE)
        for word in sought.among(self.identifiers.keys()):
            count = self.identifiers[word]
            for stem in sought.in_name(word):
                counts[stem] = counts.get(stem, 0) + count
        return counts

    @cached_property
    def length(self) -> int:
        """The number of words."""
        return sum(self.identifiers.values())

    @cached_property
    def windows(self) -> tuple[LineWindow, ...]:
        """The text in overlapping windows; one that is hardly longer than a window is left whole."""
        lines = self.text.split("\n")
        if len(lines) <= WINDOW + STRIDE:
            return (LineWindow(0, self.text, self.tokens),)
        last = len(lines) - WINDOW
        return tuple(_window(lines, start) for start in (*range(0, last, STRIDE), last))

    def shape(self, window: LineWindow, language: Language | None) -> frozenset[int]:
        """Return the syntax of one of its windows, read as ``language``; see :func:`shape`."""
        key = window.start, language.id if language else ""
        known = self._shapes.get(key)
        if known is None:
            known = self._shapes[key] = shape(window.text, language)
        return known


@lru_cache(maxsize=65_536)
def stems(name: str) -> tuple[str, ...]:
    """Return the stemmed words of an identifier; cached, because the same few thousand identifiers occur again and again."""
    return tuple(terms(name))


class Sought:
    """The stems of one query, and which identifiers have one of them; each identifier is looked at once."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._wanted = frozenset(wanted)
        self._seen: set[str] = set()
        self._having: dict[str, tuple[str, ...]] = {}

    def in_name(self, name: str) -> tuple[str, ...]:
        """Return the stems of ``name`` that are sought."""
        if name not in self._seen:
            self._seen.add(name)
            if found := tuple(stem for stem in stems(name) if stem in self._wanted):
                self._having[name] = found
        return self._having.get(name, ())

    def among(self, names: Set[str]) -> Set[str]:
        """Return those of ``names`` that have a stem that is sought."""
        for name in names - self._seen:
            self.in_name(name)
        return names & self._having.keys()


def _window(lines: Sequence[str], start: int) -> LineWindow:
    text = "\n".join(lines[start : start + WINDOW])
    return LineWindow(start, text, tokens(text))


def tokens(text: str) -> frozenset[str]:
    """Return the identifiers and keywords in ``text``."""
    return frozenset(_WORD.findall(text))


def last_window(code: str) -> str:
    """Return the lines just before the cursor, which similar code is compared with."""
    return "\n".join(code.rstrip().split("\n")[-WINDOW:])


def jaccard(left: frozenset[str] | frozenset[int], right: frozenset[str] | frozenset[int]) -> float:
    """Return the size of the intersection divided by that of the union, 0 for two empty sets."""
    if not left or not right:
        return 0.0
    common = len(left & right)
    return common / (len(left) + len(right) - common)


def most_like(windows: Sequence[LineWindow], wanted: frozenset[str]) -> tuple[float, LineWindow]:
    """Return the window whose tokens are most like ``wanted``, and how much (Jaccard); the first of equals."""
    scored = [jaccard(window.tokens, wanted) for window in windows]
    best = max(range(len(windows)), key=lambda position: scored[position])
    return scored[best], windows[best]


def shape(code: str, language: Language | None) -> frozenset[int]:
    """Return the syntax of ``code`` without its names: hashes of the paths of three node types from parent to child.

    It is read as ``language``, whatever it is written in; empty where that has no grammar, or None is given.

    A cheap stand-in for the graph similarity of CodeGRAG (Du et al. 2024): code that does the same under other names
    has the same paths.
    """
    grammar = None if language is None else language.tree_sitter
    plain = dedent(code)
    if grammar is None or language is None or not language.can_parse(plain):
        return frozenset()
    cursor = parse(grammar, plain.encode("utf-8", "replace")).walk()
    path: list[str] = []
    found: set[int] = set()
    while True:
        node = cursor.node
        if node is not None and node.is_named:
            path.append(node.type)
            if len(path) > 1:  # every text is a module
                found.add(crc32(">".join(path[-_SHAPE_DEPTH:]).encode()))
            if cursor.goto_first_child():
                continue
            path.pop()
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return frozenset(found)
            path.pop()


def bm25(pieces: Sequence[Features], wanted: Iterable[str]) -> list[float]:
    """Return the BM25 score of each piece for the stems ``wanted``; a stem's rarity is measured among the pieces.

    Scores of a database's full-text index cannot be compared with scores of texts that are not in it: one scorer over
    the candidates of both can.
    """
    sought = Sought(wanted)
    counts = [piece.counts(sought) for piece in pieces]
    having = Counter(stem for each in counts for stem in each)
    size = len(pieces)
    rarity = {stem: math.log(1 + (size - count + 0.5) / (count + 0.5)) for stem, count in having.items()}
    mean = sum(piece.length for piece in pieces) / (size or 1) or 1.0
    scores: list[float] = []
    for piece, each in zip(pieces, counts, strict=True):
        norm = _K1 * (1 - _B + _B * piece.length / mean)
        scores.append(sum(rarity[stem] * count * (_K1 + 1) / (count + norm) for stem, count in each.items()))
    return scores
