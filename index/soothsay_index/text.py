"""Tokenising and stemming for search: identifiers are split into words and endings removed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_TOKEN = re.compile(r"[A-Za-z]+|\d+|[^\W\d_]+")
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_PLURAL_ACRONYM = re.compile(r"^[A-Z]{2,}s$")
_TAG = re.compile(r"<[^<>]+>")
_RULE = re.compile(r"^[ \t]*([=\-~^*#])\1{2,}[ \t]*$", re.MULTILINE)  # the lines above and below a heading
_SPACE = re.compile(r"\s+")
# A full stop ends a sentence when something that starts one follows; "e.g. this" and "v1.2" do not.
_SENTENCE_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)[.!?](?=\s+[A-Z`\"'(]|\s*$)")

# fmt: off
STOP_WORDS = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "if", "in", "into", "is", "it",
    "its", "of", "on", "or", "our", "that", "the", "their", "them", "then", "this", "to", "up", "we", "when",
    "which", "will", "with", "you", "your", "can", "all", "any", "each", "new", "use", "using", "used", "given",
))
# fmt: on


def split_identifier(text: str) -> Iterator[str]:
    """Yield the lower-case words of ``text``: ``createJob``, ``create_job`` and ``create job`` are the same."""
    for token in _TOKEN.findall(text):
        if _PLURAL_ACRONYM.match(token):  # ARNs, ACLs: one word, not "AR" and "Ns"
            yield token.lower()
            continue
        parts = _CAMEL.findall(token)
        if parts:
            for part in parts:
                yield part.lower()
        else:
            yield token.lower()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a light stem of an English word: ``listing`` and ``list`` are equal, ``policy`` is unchanged."""
    if len(word) <= 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith("ing") and len(word) > 5:
        word = _undouble(word[:-3])
    elif word.endswith("ed") and len(word) > 4:
        word = _undouble(word[:-2])
    if word.endswith("ation") and len(word) >= 10:
        word = word[:-5]
    elif word.endswith(("tion", "sion")) and len(word) > 6:
        word = word[:-3]
    if word.endswith("ate") and len(word) >= 8:
        word = word[:-3]
    elif word.endswith("at") and len(word) >= 7:
        word = word[:-2]
    if word.endswith("ment") and len(word) >= 9:
        word = word[:-4]
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    return word


def _undouble(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word


def terms(text: str) -> list[str]:
    """Return the stemmed words of ``text`` without stop words, in order, repetitions kept."""
    return [stem(word) for word in split_identifier(text) if word not in STOP_WORDS]


def first_sentence(text: str, limit: int = 240) -> str:
    """Return the first sentence of the first paragraph of prose in ``text``."""
    for paragraph in text.split("\n\n"):
        flat = squeeze(_RULE.sub("", paragraph))
        if not flat or _looks_like_signature(flat):
            continue
        end = _SENTENCE_END.search(flat)
        return shorten(flat[: end.end()] if end else flat, limit)
    return ""


def _looks_like_signature(paragraph: str) -> bool:
    # Compiled modules begin their docstrings with "name(arg, …)"; that is no sentence.
    head = paragraph.split("(", 1)[0]
    return "(" in paragraph and (head.replace(".", "").replace("_", "").isalnum()) and " " not in head


def strip_html(text: str) -> str:
    """Return the words of a piece of HTML."""
    return re.sub(r"\s+([.,;:)])", r"\1", squeeze(html.unescape(_TAG.sub(" ", text))))


def squeeze(text: str) -> str:
    """Return ``text`` on one line with single spaces."""
    return _SPACE.sub(" ", text).strip()


def shorten(text: str, limit: int) -> str:
    """Return ``text`` cut at a word to at most ``limit`` characters."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0] + "…"


def search_text(name: str, summary: str, extra: Iterable[str] = ()) -> str:
    """Return the text of a symbol for full-text search: its name, its words three times, then the prose."""
    words = " ".join(split_identifier(name))
    rest = " ".join(squeeze(" ".join(split_identifier(piece))) for piece in (summary, *extra) if piece)
    return f"{name} {words} {words} {words} {rest}"
