"""Rows of the log: what a person has left in place of a completion, where the texts were logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath

from soothsay.align.prompts import Markers, prompt_at
from soothsay.align.rows import TrainingRow
from soothsay.feedback.rows import FeedbackRow
from soothsay_languages.registry import language_or_plain

_FEWEST = 3  # characters of a settled text
_LONGEST = 400


def settled_rows(found: Iterable[FeedbackRow], workspace: str, markers: Markers) -> Iterator[TrainingRow]:
    """Yield the rows of ``workspace``, as the log names it ("" for all), that tell what was right in the end."""
    for each in found:
        if workspace in ("", each.workspace) and (row := _row(each, markers)) is not None:
            yield row


def _row(found: FeedbackRow, markers: Markers) -> TrainingRow | None:
    """Return the row; None where nothing is known to be right: what was ignored says nothing."""
    prefix, shown, suffix, settled = found.prefix, found.text, found.suffix, found.settled
    if prefix is None or shown is None or suffix is None or settled is None or found.became == "ignored":
        return None
    if not _FEWEST <= len(settled.strip()) <= _LONGEST or markers.stand_in(prefix + settled + suffix):
        return None
    if found.became == "rejected" and settled.strip() == shown.strip():
        return None
    language = language_or_plain(found.language)
    prompt = prompt_at(prefix + suffix, len(prefix), language)
    rejected = "" if settled.strip() == shown.strip() else prompt.forced + shown
    return TrainingRow(
        markers.text_of(prompt),
        prompt.forced + settled,
        rejected,
        "settled",
        "",
        "",
        PurePath(found.workspace, found.id).as_posix(),
        "a person wrote something else" if rejected else "",
    )
