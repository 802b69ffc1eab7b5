"""Silence of the index: which drafts stay, what is said to be missing, and what each model must reach to be believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ALL, FakeIndex, FakeModel, function

from soothsay.config import ModelSettings, Settings, TriggerSettings
from soothsay.engine.contract import completion_to_json
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.engine.watch import Rules
from soothsay.model.files.registry import DEFAULT_MODEL, DEFAULT_THRESHOLDS, REGISTRY, find_thresholds
from soothsay_index.types import PackageState

INDEX = {"shop": [function("shop.pay", "order")], "sympy": [], "basket.Basket": []}


class OpenIndex(FakeIndex):
    """Only ``shop`` is completely known."""

    def is_closed(self, owner: str) -> bool:
        return owner == "shop"


def complete(
    draft: str, text: str, method: str = "full", state: PackageState = "pending", sure: float = 0.97
) -> Completion:
    index = OpenIndex(**INDEX)
    index.states = {"sympy": state}
    model = FakeModel(
        [(draft, sure), ("(1)", 1.0), ("\n", 1.0)], [("pay", 1.0), ("(1)", 1.0), ("\n", 1.0)], "shop.pay("
    )
    engine = Engine(model, index, Settings(method=method))  # type: ignore[arg-type]
    return engine.complete(CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w")))


@pytest.mark.parametrize(
    ("text", "draft", "missing"),
    [
        ("import sympy\nx = sympy.", "integrate", "sympy, which is not indexed yet"),
        ("import networkx as nx\nx = nx.", "pagerank", "networkx, which may have members that nobody lists"),
        ("rows = {}\nx = rows.", "items", "what rows stands for"),
        ("def f(rows):\n    rows.", "append", "what rows stands for"),
        ("x = ", "undefined", "what undefined stands for"),
    ],
)
def test_a_sure_draft_of_what_nobody_lists_stays(text: str, draft: str, missing: str) -> None:
    answer = complete(draft, text)
    assert answer.text == f"{draft}(1)"
    assert not answer.trigger.fired
    assert answer.trigger.missing == missing
    assert completion_to_json(answer)["trigger"]["missing"] == missing


@pytest.mark.parametrize(
    ("state", "missing"),
    [
        ("pending", "sympy, which is not indexed yet"),
        ("absent", "sympy, which is not installed"),
        ("unknown", "sympy, which is not in the index"),
        ("indexed", "sympy, which may have members that nobody lists"),
    ],
)
def test_it_says_which_knowledge_was_missing(state: PackageState, missing: str) -> None:
    assert complete("integrate", "import sympy\nx = sympy.", state=state).trigger.missing == missing


def test_a_member_of_what_is_completely_known_still_fires() -> None:
    answer = complete("refund", "import shop\nx = shop.")
    assert answer.trigger.reasons == ("not_in_index",)
    assert answer.trigger.missing == ""
    assert answer.text == "pay(1)"


def test_a_doubtful_draft_fires_whatever_is_known() -> None:
    answer = complete("integrate", "import sympy\nx = sympy.", sure=0.3)
    assert answer.trigger.reasons == ("low_confidence",)
    assert answer.trigger.missing == "sympy, which is not indexed yet"


def test_the_published_method_asks_for_the_bare_name() -> None:
    assert complete("integrate", "import sympy\nx = sympy.", "dag++").trigger.reasons == ("not_in_index",)


def rules(method: str, **model: str) -> Rules:
    return Rules.of(method, Settings(model=ModelSettings(**model)), ALL)  # type: ignore[arg-type]


def test_each_model_has_its_own_thresholds() -> None:
    assert (rules("full").threshold, rules("dag++").threshold) == (0.7, 0.8)
    larger = REGISTRY["qwen2.5-coder-1.5b"].thresholds
    assert larger is not None
    assert rules("full", name="qwen2.5-coder-1.5b").threshold == larger.certainty > 0.7
    assert rules("confidence", name="qwen2.5-coder-1.5b").threshold == larger.confidence
    assert rules("full", name="qwen2.5-coder-1.5b").calibrated


def test_a_file_is_known_by_its_name() -> None:
    file = REGISTRY[DEFAULT_MODEL].files[0].name
    assert find_thresholds("", f"/models/{file}") == REGISTRY[DEFAULT_MODEL].thresholds
    assert find_thresholds(DEFAULT_MODEL, "/models/other.gguf") is None


@pytest.mark.parametrize(
    "model", [{"path": "/models/other.gguf"}, {"name": "smollm2-135m"}, {"name": "what"}]
)
def test_a_model_that_nobody_measured_is_uncalibrated(model: dict[str, str]) -> None:
    found = rules("full", **model)
    assert (found.threshold, found.calibrated) == (DEFAULT_THRESHOLDS.certainty, False)


def test_the_record_says_that_it_is_uncalibrated() -> None:
    model = FakeModel([("pay", 0.95), ("(1)", 1.0), ("\n", 1.0)])
    settings = Settings(model=ModelSettings(path="/models/other.gguf"))
    text = "import shop\nx = shop."
    engine = Engine(model, FakeIndex(**INDEX), settings)
    answer = engine.complete(CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w")))
    assert completion_to_json(answer)["trigger"]["calibrated"] is False


def test_the_users_threshold_overrides_the_models() -> None:
    settings = Settings(
        model=ModelSettings(path="/models/other.gguf"), trigger=TriggerSettings(certainty=0.5)
    )
    found = Rules.of("full", settings, ALL)
    assert (found.threshold, found.calibrated) == (0.5, True)
