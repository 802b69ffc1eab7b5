"""The item that is chosen in the client's list, and the range that ghost text replaces."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol.types import Position, Range, SelectedCompletionInfo, TextEdit

from soothsay.engine.types import Completion, TriggerDecision
from soothsay.frontend.completion_items import Answer, inline_items, list_items
from soothsay.frontend.completion_target import CompletionTarget, Cursor, insert_chosen
from soothsay.frontend.documents import Document


def on_line(line: int, start: int, end: int) -> Range:
    return Range(Position(line, start), Position(line, end))


def chosen(text: str, start: int, end: int, line: int = 1) -> SelectedCompletionInfo:
    return SelectedCompletionInfo(on_line(line, start, end), text)


def document(text: str) -> Document:
    return Document("file:///w/a.py", source=text)


def completion(text: str, replaced: int = 0) -> Completion:
    return Completion(text, text, "unverified", "full", TriggerDecision(False), replaced=replaced)


@pytest.mark.parametrize(
    ("text", "info", "after", "before"),
    [
        ("import m\nm.cra)\n", chosen("crates", 2, 5), "import m\nm.crates)\n", "m.crates"),
        ("import m\nm.)\n", chosen("crates", 2, 2), "import m\nm.crates)\n", "m.crates"),
        ("import m\nm.cra\n", chosen("pack", 2, 5), "import m\nm.pack\n", "m.pack"),  # another word
    ],
)
def test_the_text_is_completed_as_if_the_item_had_been_accepted(
    text: str, info: SelectedCompletionInfo, after: str, before: str
) -> None:
    doc = document(text)
    at = doc.offset_of(info.range.end)
    assert at is not None
    target = insert_chosen(CompletionTarget(Path("/w/a.py"), text, at), doc, info.range.end, info)
    assert target is not None and target.text == after
    assert target.text[: target.offset].rpartition("\n")[2] == before


def test_in_a_notebook_the_cells_above_count() -> None:
    doc, above = document("m.cr"), "import m\n"
    target = CompletionTarget(Path("/w/a.py"), above + "m.cr", len(above) + 4)
    found = insert_chosen(target, doc, Position(0, 4), chosen("crates", 2, 4, line=0))
    assert found is not None and found.text == "import m\nm.crates"


def test_an_item_that_is_elsewhere_is_completed_by_nothing() -> None:
    text = "import m\nm.cra\n"
    target = CompletionTarget(Path("/w/a.py"), text, len("import m\nm.cra"))
    assert insert_chosen(target, document(text), Position(1, 5), chosen("crates", 0, 2)) is None


def test_what_is_replaced_is_counted_behind_the_cursor() -> None:
    cursor = Cursor.of(document("import m\nf('ä', m.cra)\n"), Position(1, 12))
    assert (cursor.before, cursor.after) == ("f('ä', m.cra", ")")


def test_the_ghost_text_begins_with_the_item_and_replaces_its_range() -> None:
    answer = Answer(1, completion("(1)"), Position(1, 8), "m.crates")
    (item,) = inline_items(answer, chosen("crates", 2, 5)).items
    assert (item.insert_text, item.range) == ("crates(1)", on_line(1, 2, 5))
    answer = Answer(1, completion("(1))", 1), Position(1, 8), "m.crates", 1)
    (item,) = inline_items(answer, chosen("crates", 2, 5)).items
    assert item.range == on_line(1, 2, 6)


def test_what_says_the_rest_of_the_line_anew_replaces_it() -> None:
    answer = Answer(1, completion(") > 1:", 2), Position(0, 13), "if len(crates", 2)
    (item,) = inline_items(answer).items
    assert (item.insert_text, item.range) == (") > 1:", on_line(0, 13, 15))
    (listed,) = list_items(answer, "utf-16").items
    assert isinstance(listed.text_edit, TextEdit) and listed.text_edit.range == on_line(0, 7, 15)
