"""Rows of one place: the model drafts, the judge decides."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from soothsay.align.drawing import pick_at
from soothsay.align.exclusions import Exclusions
from soothsay.align.making import Drafted, RowMaker
from soothsay.align.places import CallPlace
from soothsay.align.prompts import Markers
from soothsay.align.rows import TrainingRow
from soothsay.backend.session import NoIndex
from soothsay.model.fim import Prompt
from soothsay.model.types import Capabilities, OpenPrompt
from soothsay_index.types import Parameter, Symbol
from soothsay_languages.registry import language_or_plain

PYTHON = language_or_plain("python")
MARKERS = Markers("", "<P>", "<S>", "<M>", "<F>")
TEXT = "import shop\n\n# Add an item\nshop.\n"
NAMES = ("add", "remove", "count", "price", "total", "close")
MEMBERS = tuple(
    Symbol(
        f"shop.{name}",
        name,
        "shop",
        "function",
        "package",
        "shop",
        "1",
        "f",
        1,
        (Parameter("item", required=True),),
        "",
        "Say.",
    )
    for name in NAMES
)
PLACE = CallPlace(
    Path("/w/a.py"), TEXT, TEXT.index("shop.\n") + 5, "", PYTHON, "b.py", "", "shop", "add(item)"
)


class Words:
    """A model that counts words."""

    capabilities = Capabilities()

    def open(self, prompt: Prompt) -> OpenPrompt:
        raise NotImplementedError

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def judge(place: CallPlace, call: str) -> Drafted:
    name = call.partition("(")[0]
    symbol = next((each for each in MEMBERS if each.name == name), None)
    if symbol is None:
        return Drafted(call, "wrong", f"shop has no {name}", "shop")
    return Drafted(call, "unknown" if "?" in call else "right", "", "shop", symbol)


def maker(plain: list[str], with_documents: list[str], **changes: object) -> RowMaker:
    """A maker whose model writes ``plain`` calls in turn, and others where it is shown documents."""
    left = {False: iter(plain), True: iter(with_documents)}

    def draw(prompt: Prompt, _t: float, _c: random.Random, ended: Callable[[str], bool]) -> str:
        text = next(left["(item)" in prompt.middle])
        assert ended(text)
        return text

    made = RowMaker(draw, judge, Words(), MARKERS, NoIndex(), Exclusions(), len(plain), 0)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_wrong_draft_is_rejected_in_the_same_prompt_and_the_call_alone_differs() -> None:
    rows = maker(["added(item)", "add(item)", "add(x)"], []).rows(PLACE)
    call, repair, written, sample = rows
    assert [each.kind for each in rows] == ["call", "repair", "written", "sample"]
    assert (call.chosen, call.rejected, call.reason) == (
        ".add(item)\n",
        ".added(item)\n",
        "shop has no added",
    )
    assert call.prompt.startswith("<F>b.py\n<P>import shop\n") and call.prompt.endswith("# Add an item\nshop")
    assert "# shop.added(item)\n# shop has no added\n" in repair.prompt
    assert (written.rejected, sample.chosen) == ("", ".add(x)\n")
    assert {each.target for each in rows} == {"shop"}


def test_the_rest_of_the_line_belongs_to_both() -> None:
    rows = maker(["added(item)", "add(item)"], []).rows(replace(PLACE, tail=", 2)"))
    assert (rows[0].chosen, rows[0].rejected) == (".add(item), 2)\n", ".added(item), 2)\n")


def test_nothing_is_made_where_the_right_call_is_not_certain() -> None:
    assert maker([], []).rows(replace(PLACE, written="add(?)")) == []
    assert maker([], []).rows(replace(PLACE, written="added(item)")) == []


def test_what_is_excluded_is_neither_drafted_nor_trained() -> None:
    excluded = {"exclusions": Exclusions.of(["shop"])}
    assert maker([], [], **excluded).rows(PLACE) == []
    assert maker([], [], **excluded).rows(replace(PLACE, receiver="x", package="shop")) == []


def test_a_text_that_holds_a_marker_is_left_out() -> None:
    assert maker([], []).rows(replace(PLACE, text=TEXT.replace("item", "<M>"))) == []


WANTED = replace(PLACE, written="", wanted=MEMBERS[0], members=MEMBERS)


def test_a_right_document_among_others_takes_the_place_of_what_led_astray() -> None:
    rows = maker(["add(item)"], ["remove(item)"]).rows(WANTED)
    row = rows[-1]
    shown = row.prompt.count("(item)")
    assert row.kind == ("raft" if shown == 5 else "distractors") and shown in (4, 5)
    assert ("shop.add(item)" in row.prompt) is (row.kind == "raft")
    assert (row.chosen, row.rejected) == (".add(item)\n", ".remove(item)\n")
    assert row.reason == "remove was not asked for"


def test_what_is_chosen_is_the_models_own_right_call_that_differs_least_from_the_wrong_one() -> None:
    rows = maker(["added(item, 2)", "add(x)", "add(item, 2)"], []).rows(PLACE)
    assert (rows[0].kind, rows[0].chosen, rows[0].rejected) == (
        "call",
        ".add(item, 2)\n",
        ".added(item, 2)\n",
    )
    with_documents = maker(["add(item)", "add(item)", "add(item)"], ["add(3)", "remove(4)", "add(4)"]).rows(
        WANTED
    )
    assert (with_documents[-1].chosen, with_documents[-1].rejected) == (".add(4)\n", ".remove(4)\n")


def test_some_rows_have_no_right_document() -> None:
    kinds = {maker(["add(item)"], ["add(item)"], seed=n).rows(WANTED)[-1].kind for n in range(40)}
    assert kinds == {"raft", "distractors"}


def test_what_is_asked_for_is_written_with_its_documentation_when_the_model_does_not_know_it() -> None:
    rows = maker(["added(item)"], ["add(item, 2)", "add(item)"]).rows(WANTED)
    assert [(each.kind, each.chosen) for each in rows[:-1]] == [("written", ".add(item, 2)\n")]
    assert (rows[-1].chosen, rows[-1].rejected) == (".add(item)\n", ".added(item)\n")
    assert "(item)" in rows[-1].prompt  # nothing is to be guessed: documents are in view


def test_a_repair_whose_message_does_not_tell_the_name_is_left_out() -> None:
    assert [each.kind for each in maker(["added(item)"], []).rows(PLACE)] == ["written"]


def test_wrong_arguments_of_the_right_name_can_be_repaired() -> None:
    def misfit(place: CallPlace, call: str) -> Drafted:
        return Drafted(call, "wrong", "No argument `x`", "shop") if "x" in call else judge(place, call)

    rows = maker(["add(x=1)"], [], judge=misfit).rows(PLACE)
    assert [each.kind for each in rows] == ["repair", "written"]


ASKED = replace(
    WANTED,
    voice="to-do",
    text=TEXT.replace("Add an item", "Add an item to the shop"),
    offset=WANTED.offset + 12,
)


def asked_in(words: str, drafted_by_words: str) -> list[TrainingRow]:
    """Return the rows of a place that is asked for in ``words``, of which the model first makes a call."""
    made = maker(["added(item)"], [drafted_by_words, "add(item)", "add(item)"])
    plain = made.draw

    def draw(prompt: Prompt, t: float, chance: random.Random, ended: Callable[[str], bool]) -> str:
        return words if "What it does" in prompt.middle else plain(prompt, t, chance, ended)

    return replace(made, draw=draw).rows(ASKED)


def test_a_task_in_the_models_words_is_kept_where_these_lead_to_the_call() -> None:
    rows = asked_in("put one more in\n", "add(item)")
    assert (rows[0].kind, rows[0].chosen) == ("written", ".add(item)\n")
    assert rows[0].prompt.endswith("# TODO: put one more in\nshop")
    assert asked_in("put one more in\n", "remove(item)") == []
    assert asked_in("\n", "add(item)") == []


def test_a_call_of_something_else_is_not_what_was_asked_for() -> None:
    assert maker(["remove(item)"], ["remove(item)"]).rows(WANTED) == []


def test_the_likeliest_token_at_temperature_0_and_others_in_proportion() -> None:
    logits = np.log(np.array([0.1, 0.6, 0.3], dtype=np.float32))
    chance = random.Random(0)
    assert pick_at(logits, None, 0.0, chance) == 1
    assert pick_at(logits, np.array([0, 2]), 0.0, chance) == 2
    drawn = [pick_at(logits, None, 1.0, chance) for _ in range(2000)]
    assert [round(drawn.count(token) / 2000, 1) for token in range(3)] == [0.1, 0.6, 0.3]
    assert {pick_at(logits, np.array([0, 2]), 1.0, chance) for _ in range(50)} == {0, 2}
