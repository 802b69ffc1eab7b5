"""What a documentation comment says (TSDoc, JSDoc)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MOST = 2_000  # characters that are kept
_STARS = re.compile(r"^[ \t]*\*? ?", re.MULTILINE)
_TAG = re.compile(r"^@(\w+)[ \t]*", re.MULTILINE)
_LINK = re.compile(r"\{@\w+\s+([^}|\s]+)\s*(?:\|?\s*([^}]*))?\}")
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s|\Z)", re.DOTALL)
_SHOWN = ("remarks", "returns", "throws")  # beside what is said before any tag


@dataclass(frozen=True, slots=True)
class Remark:
    """The ``summary`` of a documentation comment, one line, and a longer ``text`` of it; "" for none."""

    summary: str = ""
    text: str = ""


NOTHING = Remark()


def read_comment(comment: str) -> Remark:
    """Return what ``/** … */`` says; what is deprecated, and since when there is something, is part of the summary."""
    if not comment.startswith("/**") or len(comment) < 5:
        return NOTHING
    inside = _STARS.sub("", comment[3:].removesuffix("*/"))
    plain = _LINK.sub(lambda match: match[2] or match[1], inside).strip()
    head, *tagged = _TAG.split(plain)
    tags: dict[str, str] = {}
    for tag, said in zip(tagged[::2], tagged[1::2], strict=True):
        tags.setdefault(tag, said.strip())
    said = head.strip() or tags.get("summary") or tags.get("description") or ""
    summary = _first_sentence(said)
    if "deprecated" in tags:
        summary = f"Deprecated: {_first_sentence(tags['deprecated'])} {summary}".replace(": .", ".").strip()
    if since := _first_line(tags.get("since", "")):
        summary = f"{summary} (since {since.removeprefix('v')})".strip()
    longer = (said, *(f"{tag}: {tags[tag]}" for tag in _SHOWN if tags.get(tag)))
    return Remark(summary, "\n".join(longer)[:_MOST].strip())


def _first_sentence(said: str) -> str:
    paragraph = " ".join(said.split("\n\n", 1)[0].split())
    match = _SENTENCE.match(paragraph)
    return match[1] if match is not None else paragraph


def _first_line(said: str) -> str:
    return said.split("\n", 1)[0].strip()
