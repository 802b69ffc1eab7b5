"""What became of a completion is read from the texts of its document."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay.engine.types import Completion, CompletionRequest, TriggerDecision
from soothsay.feedback.following import Decision, Followed, Undecided, edit_between, kept

BEFORE, AFTER = "import shop\n\nclient.", "\n\nprint(client)\n"
CALL = "create_job(\n    name=1,\n)"
START = len(BEFORE)


def completion(text: str = CALL, replaced: int = 0) -> Completion:
    return Completion(text, text, "verified", "full", TriggerDecision(False), replaced=replaced)


def pending(text: str = CALL, after: str = AFTER, replaced: int = 0) -> Undecided:
    request = CompletionRequest(Path("/w/main.py"), BEFORE + after, START, Path("/w"))
    return Undecided(request, completion(text, replaced))


def document(middle: str, after: str = AFTER) -> str:
    return BEFORE + middle + after


def typed(waiting: Undecided, text: str) -> Decision | None:
    """What is decided while ``text`` is typed key by key."""
    for end in range(1, len(text) + 1):
        if decision := waiting.change(document(text[:end])):
            return decision
    return None


# -- what is decided --------------------------------------------------------------------------------------


def test_inserted_at_once_is_accepted():
    assert pending().change(document(CALL)) == Decision("accepted", len(CALL), START, START + len(CALL))


def test_accepted_after_some_of_it_was_typed():
    waiting = pending()
    assert typed(waiting, "crea") is None
    decision = waiting.change(document(CALL))
    assert decision is not None and decision.became == "accepted"


def test_typed_to_its_end_by_hand_is_not_accepted():
    decision = typed(pending(), CALL)
    assert decision == Decision("ignored", 0, START, START + len(CALL))


def test_an_editor_that_closes_brackets_does_not_accept():
    waiting = pending()
    assert typed(waiting, "create_job") is None
    assert waiting.change(document("create_job()")) is None
    assert waiting.end().became == "ignored"


def test_an_editor_that_indents_does_not_accept():
    waiting = pending()
    assert typed(waiting, "create_job(") is None
    assert waiting.change(document("create_job(\n    ")) is None
    assert waiting.end().became == "ignored"


def test_a_word_and_then_something_else_is_partly_accepted():
    waiting = pending()
    assert waiting.change(document("create_job")) is None
    decision = waiting.change(document("create_job."))
    assert decision is not None and (decision.became, decision.taken) == ("partly", 10)


def test_word_by_word_to_its_end_is_accepted():
    waiting = pending()
    assert waiting.change(document("create_job")) is None
    assert waiting.change(document("create_job(\n    name=1")) is None
    decision = waiting.change(document(CALL))
    assert decision is not None and decision.became == "accepted"


def test_something_else_at_its_place_rejects():
    decision = pending().change(document("d"))
    assert decision == Decision("rejected", 0, START, START + 1)


def test_so_does_something_else_after_a_part_was_typed():
    waiting = pending()
    assert typed(waiting, "cre") is None
    decision = waiting.change(document("cred"))
    assert decision == Decision("rejected", 0, START, START + 4)


def test_a_quote_is_no_closed_bracket():
    waiting = pending()
    decision = typed(waiting, '"name"')
    assert decision == Decision("rejected", 0, START, START + 1)


def test_something_else_behind_a_bracket_that_the_editor_has_closed_rejects():
    waiting = pending()
    assert typed(waiting, "create_job") is None
    assert waiting.change(document("create_job()")) is None
    decision = waiting.change(document("create_job()."))
    assert decision == Decision("rejected", 0, START, START + len("create_job()."))


def test_deleting_before_it_rejects():
    decision = pending().change(BEFORE[:-1] + AFTER)
    assert decision is not None and decision.became == "rejected"


@pytest.mark.parametrize(
    "text", ["# note\n" + document(""), document("") + "more = 1\n"], ids=["above", "below"]
)
def test_an_edit_elsewhere_ignores(text: str):
    decision = pending().change(text)
    assert decision is not None and decision.became == "ignored"
    assert decision.start == decision.end == text.index("client.") + len("client.")


def test_nothing_more_ignores():
    assert pending().end() == Decision("ignored", 0, START, START)


def test_the_rest_of_the_line_that_it_replaces_is_part_of_it():
    waiting = pending(after="old()\n", replaced=5)
    decision = waiting.change(BEFORE + CALL + "\n")
    assert decision == Decision("accepted", len(CALL), START, START + len(CALL))


def test_accepted_and_typed_on_in_one_change():
    decision = pending().change(document(CALL + "\nx"))
    assert decision == Decision("accepted", len(CALL), START, START + len(CALL))


def test_a_client_may_say_that_it_was_accepted_before_it_sends_the_edit():
    waiting = pending()
    waiting.accept()
    snippet = CALL.replace("1", "name")  # a tab stop
    assert waiting.change(document(snippet)) == Decision("accepted", len(CALL), START, START + len(snippet))


def test_a_client_may_say_that_two_characters_were_accepted():
    waiting = pending("x()")
    assert waiting.change(document("x")) is None
    waiting.accept_part(1)
    assert waiting.end() == Decision("partly", 1, START, START + 1)


# -- what is kept -----------------------------------------------------------------------------------------


def accepted() -> tuple[Followed, str]:
    text = document(CALL)
    decision = pending().change(text)
    assert decision is not None
    return Followed(decision, text, CALL), text


def test_it_moves_with_the_text_around_it_and_does_not_grow():
    followed, text = accepted()
    for new in (
        "# above\n" + text,
        "# above\n" + text + "below",
        "# above\n" + document(CALL + " + 1") + "below",
    ):
        followed.move(edit_between(text, new))
        text = new
        assert followed.text_in(text) == CALL


def test_what_is_changed_within_it_is_what_settles():
    followed, text = accepted()
    new = document(CALL.replace("name=1", "name=2, role=3"))
    followed.move(edit_between(text, new))
    assert followed.text_in(new) == CALL.replace("name=1", "name=2, role=3")
    assert kept(followed.proposed, followed.text_in(new)) == len(CALL) - 1


def test_undone_after_it_was_accepted_nothing_is_kept_and_what_is_written_instead_settles():
    followed, text = accepted()
    for middle in ("", "l", "li", "list_jobs()"):
        followed.move(edit_between(text, document(middle)))
        text = document(middle)
        assert followed.text_in(text) == middle
    assert kept(followed.proposed, "") == 0


def test_undone_and_done_again_all_is_kept():
    followed, text = accepted()
    for new in (document(""), text):
        followed.move(edit_between(text, new))
        text = new
    assert followed.text_in(text) == CALL


def test_what_is_written_in_place_of_a_rejected_one_settles_as_many_lines():
    text = document("d")
    decision = pending("create()").change(text)
    assert decision is not None
    followed = Followed(decision, text, "create()")
    for middle in ("de", "delete(", "delete()", "delete()\nclient.x"):
        followed.move(edit_between(text, document(middle)))
        text = document(middle)
    assert followed.text_in(text).strip() == "delete()"


def test_a_change_of_all_around_it_leaves_it_uncertain():
    followed, text = accepted()
    followed.move(edit_between(text, "entirely = other\n"))
    assert not followed.is_certain
    assert kept(followed.proposed, followed.text_in("entirely = other\n")) < len(CALL) / 2


TEXTS = st.text(st.sampled_from("ab(\n é😀"), max_size=12)


@given(TEXTS, TEXTS)
def test_an_edit_makes_one_text_of_the_other(old: str, new: str):
    edit = edit_between(old, new)
    assert old[: edit.start] + new[edit.start : edit.inserted_end] + old[edit.removed_end :] == new
    assert min(edit.removed, edit.inserted) >= 0


def test_an_edit_far_in_a_long_text_is_found():
    old = "x = 1\n" * 40_000
    new = f"{old[:150_000]}!{old[150_003:]}"
    edit = edit_between(old, new)
    assert (edit.start, edit.removed, edit.inserted) == (150_000, 3, 1)


@given(st.lists(st.tuples(st.booleans(), TEXTS), max_size=6))
def test_edits_outside_of_it_leave_it_as_it_is(edits: list[tuple[bool, str]]):
    followed, text = accepted()
    above, below = BEFORE, AFTER
    for is_above, inserted in edits:
        above, below = (f"#{inserted}\n{above}", below) if is_above else (above, f"{below}#{inserted}\n")
        new = above + CALL + below
        followed.move(edit_between(text, new))
        text = new
    assert followed.text_in(text) == CALL


@given(TEXTS, TEXTS)
def test_no_more_is_kept_than_there_was(proposed: str, now: str):
    assert 0 <= kept(proposed, now) <= min(len(proposed), len(now))
    assert kept(proposed, proposed) == len(proposed)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12), TEXTS), max_size=8))
def test_whatever_is_edited_something_is_decided_and_its_range_lies_in_the_text(
    edits: list[tuple[int, int, str]],
):
    waiting, text, followed = pending(), document(""), None
    for at, removed, inserted in edits:
        new = text[:at] + inserted + text[at + removed :]
        if followed is not None:
            followed.move(edit_between(text, new))
        elif decision := waiting.change(new):
            followed = Followed(decision, new, CALL)
        text = new
        if followed is not None:
            assert 0 <= followed.start <= followed.end <= len(text)
    ended = waiting.end()
    assert 0 <= ended.start <= ended.end
