"""Where one member is clearly meant, its call is written; where others come close, their documents are read."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeIndex, FakeModel, function

from soothsay.config import Settings
from soothsay.engine.choice import CLOSE, RELEVANT, MemberChoice, choose, rest_of_call
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import Completion, CompletionRequest
from soothsay_index.types import Hit, Query, Symbol

PAY = function("shop.pay", "order")
REVERSE = function("shop.reverse", "*", "order", "approved_by")
VAT = replace(function("shop.VAT"), kind="attribute", parameters=None)
TEXT = "import shop\n\n# give the money back\nx = "


class RankedIndex(FakeIndex):
    """Finds the members of ``shop`` with the scores that it was given."""

    def __init__(self, **scores: float) -> None:
        super().__init__(shop=(PAY, REVERSE))
        self.scores = scores
        self.rankers = {"vector": 0.5}

    def search(self, query: Query) -> Sequence[Hit]:
        hits = [
            replace(found, score=self.scores[found.symbol.name], scores=self.rankers)
            for found in super().search(query)
            if found.symbol
        ]
        return sorted(hits, key=lambda each: -each.score)


def guessing() -> FakeModel:
    return FakeModel([("ref", 0.9), ("und", 0.3), ("(", 1.0), (")", 1.0), ("\n", 1.0)])


def request_for(typed: str) -> CompletionRequest:
    text = TEXT + typed
    return CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w"))


def complete(model: FakeModel, index: FakeIndex, typed: str, method: str = "full") -> Completion:
    engine = Engine(model, index, Settings(method=method))  # pyright: ignore[reportArgumentType]
    return engine.complete(request_for(typed))


def documents_read(model: FakeModel) -> bool:
    return any("# shop." in prompt.middle for prompt in model.prompts)


@pytest.mark.parametrize("typed", ["shop.", "shop.re"])
def test_what_is_clearly_meant_is_called_and_no_document_is_read(typed: str) -> None:
    model = guessing()
    answer = complete(model, RankedIndex(reverse=1.5, pay=1.0), typed)
    assert (typed + answer.text).startswith("shop.reverse(") and "approved_by=" in answer.text
    assert [each.symbol for each in answer.evidence] == ["shop.reverse"]
    assert answer.trigger.fired and not documents_read(model)


def test_where_others_come_close_their_documents_are_read() -> None:
    model = guessing()
    complete(model, RankedIndex(reverse=1.5, pay=1.4), "shop.")
    assert documents_read(model)


@pytest.mark.parametrize(
    "meant",
    [replace(REVERSE, origin="package"), function("shop.reverse", "order", "*", "approved_by")],
    ids=["parameters that nobody knows", "an argument by position"],
)
def test_where_names_of_arguments_are_not_written_its_document_is_read(meant: Symbol) -> None:
    model, index = guessing(), RankedIndex(reverse=1.5, pay=1.0)
    index.owners = dict[str, Sequence[Symbol]](shop=[PAY, meant])
    answer = complete(model, index, "shop.")
    assert answer.text.startswith("reverse(") and documents_read(model)
    assert [each.symbol for each in answer.evidence] == ["shop.reverse"], "that of the one that is meant"


def test_a_document_that_will_be_read_is_read_ahead_with_the_name() -> None:
    model, index = guessing(), RankedIndex(reverse=1.5, pay=1.0)
    by_position = function("shop.reverse", "order", "*", "approved_by")
    index.owners = dict[str, Sequence[Symbol]](shop=[PAY, by_position])
    engine = Engine(model, index, Settings(method="full"))
    engine.prepare(request_for("shop.re"))
    ahead = model.prepared[-1]
    assert "# shop.reverse(order, approved_by=...)\n" in ahead.middle and "shop.pay" not in ahead.middle
    assert engine.complete(request_for("shop.re")).text.startswith("verse(")
    again = next(prompt for prompt in model.prompts if "# shop." in prompt.middle)
    assert (again.middle, again.forced) == (ahead.middle, ahead.forced), "nothing is left to read"


def test_a_call_whose_arguments_are_all_named_needs_nothing_ahead() -> None:
    model = guessing()
    Engine(model, RankedIndex(reverse=1.5, pay=1.0), Settings(method="full")).prepare(request_for("shop."))
    assert not any("# shop." in prompt.middle for prompt in model.prepared)


def test_where_others_come_close_their_documents_are_read_ahead() -> None:
    model = guessing()
    Engine(model, RankedIndex(reverse=1.5, pay=1.4), Settings(method="full")).prepare(request_for("shop."))
    assert "# shop.reverse(" in model.prepared[-1].middle and "# shop.pay(" in model.prepared[-1].middle


def test_what_was_typed_otherwise_is_not_written_over() -> None:
    model = guessing()
    answer = complete(model, RankedIndex(reverse=1.0, pay=1.5), "shop.re")
    assert documents_read(model) and not answer.text.startswith("pay")


def test_the_methods_that_are_compared_with_read_as_before() -> None:
    model = guessing()
    complete(model, RankedIndex(reverse=1.5, pay=1.0), "shop.", method="dag++")
    assert documents_read(model)


def test_what_was_ranked_by_words_alone_is_not_chosen() -> None:
    model, index = guessing(), RankedIndex(reverse=1.5, pay=1.0)
    index.rankers = {"text": 1.5}
    complete(model, index, "shop.")
    assert documents_read(model)


def hit(score: float, symbol: Symbol = PAY) -> Hit:
    return Hit("symbol", score, symbol, scores={"vector": score})


def test_those_that_are_close_to_the_best_may_be_meant() -> None:
    hits = [hit(score) for score in (2.0, 2.0 - CLOSE / 2, 2.0 - CLOSE, 0.0)]
    assert choose(hits) == MemberChoice(tuple(hits[:2]))
    assert choose([]) == MemberChoice(())


def test_only_what_is_far_ahead_and_can_be_called_is_meant() -> None:
    assert choose([hit(1.0), hit(0.0)]).meant == PAY
    assert choose([hit(1.0), hit(1.0)]).meant is None
    assert choose([hit(1.0, VAT), hit(0.0)]).meant is None
    assert choose([hit(1.0)]).meant is None, "nobody knows how far ahead it is"


def test_a_drafted_member_is_meant_where_nothing_is_about_what_is_asked() -> None:
    weak, strong = hit(RELEVANT - 0.1), hit(RELEVANT + 0.1)
    assert choose([weak, hit(0.0)], REVERSE).meant == REVERSE
    assert [each.symbol for each in choose([weak, hit(0.0)], REVERSE).hits] == [REVERSE]
    assert choose([strong, hit(0.0)], REVERSE).meant == PAY
    assert choose([weak, hit(0.0)]).meant == PAY, "what was drafted does not exist"
    assert choose([], REVERSE) == MemberChoice(())


def test_a_draft_is_kept_where_nothing_is_about_what_is_asked() -> None:
    model = FakeModel([("re", 0.9), ("verse", 0.3), ("(", 1.0), (")", 1.0), ("\n", 1.0)])
    answer = complete(model, RankedIndex(reverse=0.1, pay=0.6), "shop.")
    assert answer.text.startswith("reverse(") and "approved_by=" in answer.text
    assert [each.symbol for each in answer.evidence] == ["shop.reverse"]


@pytest.mark.parametrize(
    ("before", "rest"),
    [
        ("x = ", "shop.pay("),
        ("x = await ", "shop.pay("),
        ("x = shop.", "pay("),
        ("x = shop.p", "ay("),
        ("x = shop.q", None),
        ("x = workshop.", None),
        ("x = shops().", None),
        ("f(shop.pay", "("),
    ],
)
def test_the_rest_of_a_call(before: str, rest: str | None) -> None:
    assert rest_of_call(before, "shop.pay") == rest
