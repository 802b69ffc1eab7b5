"""What a person has left of completions, as rows."""

from __future__ import annotations

from dataclasses import replace

from soothsay.align.prompts import Markers
from soothsay.align.settled import settled_rows
from soothsay.feedback.rows import FeedbackRow

MARKERS = Markers("", "<P>", "<S>", "<M>", "")
ROW = FeedbackRow(
    "1", 0.0, "w", "python", "full", "m", "h", "", {}, (), "verified", "accepted", 10, 10, 10, 10, 10,
    "import os\n\nos", ".listdir()", "\nend\n", ".listdir()",
)  # fmt: skip


def test_an_accepted_text_that_stands_is_right() -> None:
    (row,) = settled_rows([ROW], "w", MARKERS)
    assert row.chosen.endswith("os.listdir()") and not row.is_pair
    assert "<S>" in row.prompt and "end" in row.prompt


def test_what_was_written_instead_is_chosen() -> None:
    (row,) = settled_rows([replace(ROW, became="rejected", settled=".walk(top)")], "w", MARKERS)
    assert row.chosen.endswith(".walk(top)") and row.rejected.endswith(".listdir()")
    assert row.chosen.removesuffix(".walk(top)") == row.rejected.removesuffix(".listdir()")


def test_what_says_nothing_gives_no_row() -> None:
    without = [
        replace(ROW, became="ignored"),
        replace(ROW, settled=None),
        replace(ROW, prefix=None),
        replace(ROW, settled="  "),
        replace(ROW, settled="<M>" * 3),
        replace(ROW, became="rejected"),
        replace(ROW, workspace="other"),
    ]
    assert list(settled_rows(without, "w", MARKERS)) == []
    assert len(list(settled_rows([replace(ROW, workspace="other")], "", MARKERS))) == 1
