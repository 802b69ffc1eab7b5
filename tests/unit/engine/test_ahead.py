"""Ahead of need: what is searched and read before anybody knows that it is wanted, and that it changes no answer."""

import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeIndex, FakeModel, FakePrompt, RecordingIndex
from tiny_index import fake_index

from soothsay.config import CompletionSettings, Method, Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.errors import Cancelled
from soothsay.model.constraint import Constraint
from soothsay.model.fim import Prompt
from soothsay.model.types import Token
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Hit, Index, Query

TEXT = "import shop\n\n# give the money back\nx = shop."
GUESS = [("ref", 0.9), ("und", 0.3), ("(", 1.0), ("order", 0.9), (")", 1.0), ("\n", 1.0)]
GROUNDED = [("reverse", 0.99), ("(order, approved_by='me')", 1.0), ("\n", 1.0)]
CLIENT = 'import boto3\n\nstore = boto3.client("s3")\n\n\ndef keep(name):\n    # put the object there\n    '


def request_for(text: str, offset: int | None = None, method: Method = "dag++") -> CompletionRequest:
    return CompletionRequest(
        Path("/w/app.py"), text, len(text) if offset is None else offset, Path("/w"), method=method
    )


def engine_of(model: FakeModel, index: Index) -> Engine:
    return Engine(model, index, Settings())


def scripted(needle: str = "shop.pay(") -> FakeModel:
    return FakeModel(GUESS, GROUNDED, needle)


class Interrupted(FakeModel):
    """Does something before it writes a token."""

    def before(self, token: Token) -> None:
        raise NotImplementedError

    def open(self, prompt: Prompt) -> FakePrompt:
        self.opened.append(prompt)
        return _InterruptedPrompt(self, prompt)


class _InterruptedPrompt(FakePrompt):
    def __init__(self, model: Interrupted, prompt: Prompt) -> None:
        super().__init__(model, prompt)
        self._interrupted = model

    def stream(
        self,
        cancel: Cancellation | None = None,
        constraint: Constraint | None = None,
        deadline: float = math.inf,
    ) -> Iterator[Token]:
        for token in super().stream(cancel, constraint, deadline):
            self._interrupted.before(token)
            yield token


class Slow(Interrupted):
    """Waits before it ends a name until something was searched for, at most three seconds."""

    def __init__(self, searched: threading.Event) -> None:
        super().__init__(GUESS, GROUNDED, "shop.pay(")
        self.searched = searched
        self.waited: list[bool] = []

    def before(self, token: Token) -> None:
        if token.text == "(":
            self.waited.append(self.searched.wait(3.0))


class Telling(RecordingIndex):
    """Tells when it is searched."""

    def __init__(self, index: Index) -> None:
        super().__init__(index)
        self.searched = threading.Event()

    def search(self, query: Query) -> Sequence[Hit]:
        found = super().search(query)
        self.searched.set()
        return found

    def until(self, cancel: Cancellation | None) -> "Telling":
        return self


def test_the_search_begins_while_the_doubted_name_is_still_written(index: RecordingIndex) -> None:
    telling = Telling(index)
    model = Slow(telling.searched)
    answer = engine_of(model, telling).complete(request_for(TEXT))
    assert model.waited == [True], "the name was complete before anything was searched"
    assert answer.text == "reverse(order, approved_by='me')"
    assert len(telling.queries) == 1


def test_nothing_is_searched_early_for_a_name_that_is_believed(index: RecordingIndex) -> None:
    model = FakeModel([("pay", 0.95), ("(", 1.0), ("order", 0.9), (")", 1.0), ("\n", 1.0)])
    engine_of(model, index).complete(request_for(TEXT))
    assert index.queries == []


def test_documents_are_found_and_read_before_anything_is_drafted(index: RecordingIndex) -> None:
    model = scripted()
    engine = engine_of(model, index)
    engine.prepare(request_for(TEXT))
    ahead = model.prepared[-1]
    assert ahead.middle.startswith("# shop.pay(order)\n# shop.reverse(order, approved_by=...)\n# give the")
    engine.complete(request_for(TEXT))
    assert model.prompts[-1].middle == ahead.middle
    assert len(index.queries) == 1, "what is known is not searched for again"


def test_at_a_comment_the_object_at_hand_is_what_will_be_called(index: RecordingIndex) -> None:
    model = FakeModel([("store.", 0.9), ("sav", 0.2), ("e", 0.3), ("(", 1.0)], [("pass", 1.0), ("\n", 1.0)])
    engine = engine_of(model, index)
    comment = CLIENT.rstrip()
    engine.prepare(request_for(comment))
    ahead = model.prepared[-1].middle
    assert "# store.put_object(Bucket=" in ahead
    engine.complete(request_for(CLIENT))
    assert model.prompts[-1].middle.startswith(ahead)
    assert len(index.queries) == 1


def test_another_comment_is_another_search(index: RecordingIndex) -> None:
    model = scripted()
    engine = engine_of(model, index)
    engine.prepare(request_for(TEXT))
    other = TEXT.replace("give the money back", "take the money")
    engine.complete(request_for(other))
    first, second = index.queries
    assert ("money back" in first.text, "money back" in second.text) == (True, False)


@pytest.mark.parametrize("text", [TEXT, TEXT + "re", CLIENT, "import shop\n\nx = shop.", "import shop\n\n"])
@pytest.mark.parametrize("method", ["base", "dag", "index_lookup", "confidence", "dag++", "full"])
def test_answers_are_those_without_anything_ahead(index: RecordingIndex, text: str, method: Method) -> None:
    request = request_for(text, method=method)
    plain = engine_of(scripted(), index).complete(request)
    engine = engine_of(scripted(), index)
    engine.prepare(request)
    assert _said(engine.complete(request)) == _said(plain)
    assert _said(engine.complete(request)) == _said(plain)


def _said(answer: Completion) -> Completion:
    check = replace(answer.check, questions=())
    return replace(answer, timings_ms={}, evaluated={}, check=check)


def test_without_a_comment_nothing_is_searched_ahead(index: RecordingIndex) -> None:
    engine_of(scripted(), index).prepare(request_for("import shop\n\nx = shop."))
    assert index.queries == []


def test_a_part_of_a_name_that_was_typed_is_asked_for(index: RecordingIndex) -> None:
    engine_of(scripted(), index).prepare(request_for(TEXT + "rev"))
    (query,) = index.queries
    assert query.text.split("\n") == ["give the money back", "rev"]


def test_base_searches_nothing_ahead(index: RecordingIndex) -> None:
    engine_of(scripted(), index).prepare(request_for(TEXT, method="base"))
    assert index.queries == []


class Stuck(FakeIndex):
    """Answers a search only once the request is cancelled, and then with nothing."""

    cancel = Cancellation()

    def search(self, query: Query) -> Sequence[Hit]:
        super().search(query)
        self.cancel.wait(5.0)
        return []


@pytest.mark.parametrize("ahead", [True, False])
def test_a_cancelled_search_is_not_waited_for(ahead: bool) -> None:
    stuck = Stuck(**fake_index().owners)
    cancel = stuck.cancel = Cancellation()
    engine = engine_of(scripted(), stuck)
    ends: list[float] = []

    def work() -> None:
        with pytest.raises(Cancelled):
            (engine.prepare if ahead else engine.complete)(request_for(TEXT), cancel)
        ends.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    while not stuck.queries:
        time.sleep(0.005)
    began = time.monotonic()
    cancel.set()
    thread.join(3.0)
    assert ends and ends[0] - began < 1.0
    assert not engine._searched.found, "what was not waited for is not what was found"


class Weary(Interrupted):
    """Writes a token in so many seconds."""

    def __init__(self, seconds: float) -> None:
        wrong = [
            ("reverse", 0.99),
            ("(", 1.0),
            ("order", 1.0),
            (", ", 1.0),
            ("None", 1.0),
            (")", 1.0),
            ("\n", 1.0),
        ]
        super().__init__(wrong, GROUNDED, "shop.reverse(")
        self.seconds = seconds

    def count_tokens(self, text: str) -> int:
        return 5 * super().count_tokens(text)

    def before(self, token: Token) -> None:
        time.sleep(self.seconds)


@pytest.mark.parametrize(("seconds", "repaired"), [(0.001, True), (0.15, False)])
def test_a_repair_is_begun_only_where_it_can_end(
    index: RecordingIndex, seconds: float, repaired: bool
) -> None:
    model = Weary(seconds)
    limits = CompletionSettings(write_ms=1000, read_ms=1000)
    engine = Engine(model, index, Settings(method="full", completion=limits))
    answer = engine.complete(request_for(TEXT, method="full"))
    assert (len(model.prompts) > 1) is repaired
    assert bool(answer.check.repaired) is repaired


def test_what_the_signature_mends_takes_no_time(index: RecordingIndex) -> None:
    model = Weary(0.15)
    model.scripts[False] = [("reverse", 0.99), ("(", 1.0), ("order", 1.0), (")", 1.0), ("\n", 1.0)]
    limits = CompletionSettings(write_ms=1000, read_ms=1)
    engine = Engine(model, index, Settings(method="full", completion=limits))
    answer = engine.complete(request_for(TEXT, method="full"))
    assert len(model.prompts) == 1
    assert answer.check.repaired and answer.text.startswith("reverse(order, approved_by=")
