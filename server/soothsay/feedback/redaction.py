"""Texts as they may be written to the log: without what the index's masker takes for a secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from soothsay_index.sources.masking import without_secrets, without_written_secrets
from soothsay_languages.registry import language_of_file

PREFIX, SUFFIX = 4_000, 1_000  # characters that are kept on each side
_BEYOND = (
    20_000  # characters beyond, which may say that something in between is a secret: a private key is as long
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in its document: what stands before it and after it is read as well, but kept only in part."""

    path: Path
    before: str
    text: str
    after: str


def passage_in(path: Path, text: str, start: int, end: int, middle: str) -> Passage:
    """Return ``middle``, which stands between ``start`` and ``end`` of ``text``, with as much of that as may matter."""
    before = text[max(0, start - PREFIX - _BEYOND) : start]
    return Passage(path, before, middle, text[end : end + SUFFIX + _BEYOND])


@dataclass(frozen=True, slots=True)
class CleanPassage:
    """A passage without secrets, as it may be written down."""

    prefix: str
    text: str
    suffix: str


def clean(passage: Passage) -> CleanPassage | None:
    """Return ``passage`` without secrets; None where one stands in the lines of its text.

    The masker reads it in its place: a value alone says no longer that it is a password's.
    """
    before, after = passage.before, passage.after
    whole = before + passage.text + after
    masked = _masked(passage.path, whole)
    first = before.count("\n")
    last = first + passage.text.count("\n") + 1
    lines, masked_lines = whole.split("\n"), masked.split("\n")
    if len(lines) != len(masked_lines) or lines[first:last] != masked_lines[first:last]:
        return None
    above, below = "".join(f"{line}\n" for line in masked_lines[:first]), masked_lines[last:]
    prefix = above + before.rpartition("\n")[2]
    suffix = "\n".join([after.partition("\n")[0], *below])
    parts = (_tail(prefix, PREFIX), passage.text, _head(suffix, SUFFIX))
    return CleanPassage(*(_masked(passage.path, part) for part in parts))


def _masked(path: Path, text: str) -> str:
    language = language_of_file(path)
    if language is not None and language.content == "code":
        text = without_secrets(text)
    return without_written_secrets(text)


def _tail(text: str, size: int) -> str:
    """Return the last ``size`` characters of ``text``, from the beginning of a line on where there is one."""
    if len(text) <= size:
        return text
    cut = text[-size:]
    return cut[cut.find("\n") + 1 :]


def _head(text: str, size: int) -> str:
    """Return the first ``size`` characters of ``text``, up to the end of a line where there is one."""
    if len(text) <= size:
        return text
    cut = text[:size]
    return cut[: cut.rfind("\n") + 1] or cut
