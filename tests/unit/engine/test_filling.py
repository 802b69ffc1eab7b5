"""From the draft to the tab stops, with a model that answers by what its prompt ends with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from fakes import FakeModel
from tiny_index import fake_index

from soothsay.config import Settings
from soothsay.engine.constrain import CallConstraint
from soothsay.engine.filling import AfterValue
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.model.constraint import Constraint
from soothsay.model.fim import Prompt
from soothsay_languages.python import LANGUAGE

TEXT = "import shop\n\norder = 1\n# give the money back\nx = shop."
GUESS = [("ref", 0.9), ("und", 0.3), ("(", 1.0)]
Script = Sequence[tuple[str, float]]


class AnsweringModel(FakeModel):
    """Says what ``answers`` has for the longest end of its prompt, and ``plain`` without documents."""

    def __init__(self, answers: Mapping[str, Script], plain: Script = GUESS) -> None:
        super().__init__(plain)
        self.answers = answers

    def script(self, prompt: Prompt, constraint: Constraint | None) -> Script:
        said = prompt.middle + prompt.forced
        known = [end for end in self.answers if said.endswith(end)]
        if "# shop." not in prompt.middle or not known:
            return super().script(prompt, constraint)
        return self.answers[max(known, key=len)]


def complete(model: FakeModel, text: str = TEXT) -> Completion:
    engine = Engine(model, fake_index(), Settings(method="full"))
    return engine.complete(CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w")))


def test_a_call_is_filled_in_where_the_model_only_guesses() -> None:
    model = AnsweringModel(
        {
            "x = shop.": [("reverse", 0.99), ("(", 1.0), ("never", 1.0)],
            "approved_by=": [('"me', 0.3), ("never", 1.0)],
            '(order, approved_by=""': [(")", 1.0), ("\n", 1.0)],
        }
    )
    answer = complete(model)
    assert answer.text == 'reverse(order, approved_by="")'
    assert answer.verdict == "verified"
    (stop,) = answer.tab_stops
    assert (stop.start, stop.end, stop.label) == (28, 28, "approved_by")
    assert answer.text[stop.start - 1 : stop.end + 1] == '""'


def test_a_value_that_the_model_is_sure_of_stays() -> None:
    model = AnsweringModel(
        {
            "x = shop.": [("reverse", 0.99), ("(", 1.0), ("never", 1.0)],
            "approved_by=": [('"me', 0.9), ('")', 1.0), ("\n", 1.0)],
        }
    )
    answer = complete(model)
    assert (answer.text, answer.tab_stops) == ('reverse(order, approved_by="me")', ())


def test_a_missing_argument_is_added_without_the_model() -> None:
    model = AnsweringModel({}, [("reverse", 0.99), ("(order)", 1.0), ("\n", 1.0)])
    answer = complete(model)
    assert len(model.prompts) == 1
    assert answer.text.startswith("reverse(order, approved_by=") and answer.verdict == "verified"
    assert len(answer.tab_stops) == 1
    assert answer.check.repaired


@pytest.mark.parametrize(
    ("piece", "fine"),
    [(b")", True), (b", ", True), (b")\n", True), (b")]", True), (b"):", False), (b".x", False)],
)
def test_behind_a_value_the_call_goes_on_or_ends(piece: bytes, fine: bool) -> None:
    others = CallConstraint("f(a", LANGUAGE, {}.get, {}.get)
    assert AfterValue(others).accepts(b"", piece) is fine
    assert AfterValue(others).accepts(b")", b":")
