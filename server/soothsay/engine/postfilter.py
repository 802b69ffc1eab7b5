"""Remove from a completion what repeats the code below it, or itself, and blanks."""

from __future__ import annotations

import re

_STUTTER = re.compile(r"([^\s#=*-]{1,8}?)\1{15,}")  # "10000000000000000": a model that has lost its way
_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(
    r"[^\S \t\n]|[\x00-\x08\x0e-\x1f]"
)  # blanks that end lines, or none that a person types
_MIN_REPEAT = 3  # equal lines in a row that count as a loop


def tidy(completion: str, before: str, after: str) -> str:
    """Return ``completion`` as it fits between ``before`` (the current statement up to the cursor) and ``after`` (all below it).

    "" when nothing is left that is worth showing.
    """
    text = _plain(completion).rstrip()
    if _STUTTER.search(text):
        return ""
    text = _cut_at_suffix(_stop_repetition(text), after).rstrip()
    return "" if not text.strip() or _repeats_below(text, before, after) else text


def _plain(text: str) -> str:
    """Return ``text`` with newlines as its line ends, up to the first character that no editor types."""
    text = _LINE_END.sub("\n", text) if "\r" in text else text
    found = _CONTROL.search(text)
    return text if found is None else text[: found.start()]


def _stop_repetition(text: str) -> str:
    lines = text.split("\n")
    for i in range(len(lines) - _MIN_REPEAT + 1):
        if lines[i].strip() and len(set(lines[i : i + _MIN_REPEAT])) == 1:
            return "\n".join(lines[: i + 1])
    return text


def _cut_at_suffix(text: str, after: str) -> str:
    """Without what begins with the first line that stands below the cursor's."""
    if after.split("\n", 1)[0].strip():
        return text
    below = _lines_below(after, 2)
    if not below:
        return text
    lines = text.split("\n")
    for i, line in enumerate(lines[1:], start=1):
        if (
            line.rstrip() == below[0].rstrip()
            and len(line.strip()) > 1
            and (len(lines) == i + 1 or len(below) == 1 or lines[i + 1].rstrip() == below[1].rstrip())
        ):
            return "\n".join(lines[:i])
    return text


def _repeats_below(text: str, before: str, after: str) -> bool:
    line_before = before.rsplit("\n", 1)[-1]
    written = [line.strip() for line in (line_before + text).split("\n") if line.strip()]
    return written == [line.strip() for line in _lines_below(after, len(written))]


def _lines_below(after: str, count: int) -> list[str]:
    """Return the first ``count`` lines below the cursor's that are not blank."""
    found: list[str] = []
    at = after.find("\n") + 1
    while 0 < at < len(after) and len(found) < count:
        end = after.find("\n", at)
        line = after[at:] if end < 0 else after[at:end]
        if line.strip():
            found.append(line)
        at = end + 1
    return found
