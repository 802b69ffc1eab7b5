"""The way of one completion, with a scripted model and an index in a dict."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import ALL, FakeIndex, FakeModel, FakeOracle, FakePrompt, RecordingIndex
from tiny_index import PAY

from soothsay.config import CompletionSettings, Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import Completion, CompletionRequest, TabStop
from soothsay.errors import Cancelled
from soothsay.model.constraint import AllowedNames
from soothsay.model.fim import Prompt
from soothsay.model.types import Token
from soothsay.oracle.types import Member
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Index, Symbol

TEXT = "import shop\n\n# give the money back\nx = shop."
GUESS = [("ref", 0.9), ("und", 0.3), ("(", 1.0), ("order", 0.9), (")", 1.0), ("\n", 1.0)]
GROUNDED = [("reverse", 0.99), ("(order, approved_by='me')", 1.0), ("\n", 1.0)]


class Checker(FakeOracle):
    """Knows what every receiver has, and which names there are."""

    def __init__(self, *refused: str, members: Sequence[str] = (), names: Sequence[str] = ()) -> None:
        super().__init__(*refused, kind="unknown_name")
        self._members, self._names = members, names

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        return [Member(name, "method", "") for name in self._members] or None

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        return [Member(name, "value", "") for name in self._names]


def complete(
    model: FakeModel, index: Index, text: str = TEXT, oracle: FakeOracle | None = None, **options
) -> Completion:
    method = options.pop("method", "dag++")
    engine = Engine(model, index, Settings(method=method, completion=CompletionSettings(**options)), oracle)
    return engine.complete(CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w")))


def test_an_invented_name_is_looked_up_and_written_again(index: Index) -> None:
    answer = complete(FakeModel(GUESS, GROUNDED, "shop.pay("), index)
    assert answer.draft == "refund("
    assert answer.trigger.fired
    assert answer.trigger.reasons == ("not_in_index", "low_confidence")
    assert (answer.trigger.name, answer.trigger.confidence) == ("refund", 0.3)
    assert answer.text == "reverse(order, approved_by='me')"
    assert answer.verdict == "verified"
    assert answer.evidence[0].symbol == "shop.reverse"
    assert (answer.evidence[0].package, answer.evidence[0].version) == ("till", "")


def test_the_draft_stops_at_the_guess(index: Index) -> None:
    assert (
        "".join(token.text for token in complete(FakeModel(GUESS, GROUNDED, "shop.pay("), index).tokens)
        == ".refund("
    )


def test_a_known_and_confident_name_costs_one_draft(index: RecordingIndex) -> None:
    model = FakeModel([("pay", 0.95), ("(order)", 1.0), ("\n", 1.0)])
    answer = complete(model, index)
    assert not answer.trigger.fired
    assert answer.trigger.confidence == 0.95
    assert len(model.prompts) == 1
    assert index.queries == []
    assert (answer.text, answer.verdict) == ("pay(order)", "verified")


def test_base_never_retrieves_and_says_what_is_wrong(index: Index) -> None:
    answer = complete(FakeModel(GUESS), index, method="base")
    assert not answer.trigger.fired
    assert (answer.text, answer.verdict) == ("refund(order)", "rejected")


def test_dag_always_retrieves(index: RecordingIndex) -> None:
    answer = complete(FakeModel([("pay", 0.99), ("(order)", 1.0), ("\n", 1.0)]), index, method="dag")
    assert answer.trigger.reasons == ("always",)
    assert len(index.queries) == 1


@pytest.mark.parametrize(
    ("method", "fired"), [("index_lookup", False), ("confidence", True), ("dag++", True)]
)
def test_a_known_name_that_is_doubtful(index: Index, method: str, fired: bool) -> None:
    answer = complete(FakeModel([("pay", 0.5), ("(order)", 1.0), ("\n", 1.0)]), index, method=method)
    assert answer.trigger.fired is fired


def test_the_query_holds_the_intent_and_no_doubtful_name(index: RecordingIndex) -> None:
    complete(FakeModel(GUESS, GROUNDED, "shop.pay("), index)
    (query,) = index.queries
    assert "give the money back" in query.text
    assert "refund" not in query.text
    assert query.owners == ("shop",)


def test_documents_stand_above_the_comment_and_fit_the_budget(index: Index) -> None:
    model = FakeModel(GUESS, GROUNDED, "shop.pay(")
    complete(model, index)
    assert model.prompts[1].middle.startswith(
        "# shop.pay(order)\n# shop.reverse(order, approved_by=...)\n# give"
    )


def test_wrong_arguments_are_rejected(index: Index) -> None:
    answer = complete(FakeModel([("reverse", 0.99), ("(order)", 1.0), ("\n", 1.0)]), index)
    assert answer.verdict == "rejected"


def test_what_nobody_knows_is_unverified() -> None:
    answer = complete(FakeModel([("pay", 0.99), ("()", 1.0), ("\n", 1.0)]), FakeIndex(other=[PAY]))
    assert answer.verdict == "unverified"


def test_good_lines_before_the_guess_are_kept(index: Index) -> None:
    text = "import shop\n\ndef f(order):\n    "
    plain = [("shop.pay(order)", 0.9), ("\n    ", 1.0), ("shop.refund", 0.2), ("(", 1.0)]
    model = FakeModel(plain, [("shop.reverse(order, approved_by=1)", 1.0), ("\n\n", 1.0)], "shop.pay(")
    answer = complete(model, index, text=text)
    assert answer.text == "shop.pay(order)\n    shop.reverse(order, approved_by=1)"


def test_nothing_found_still_finishes_the_draft() -> None:
    answer = complete(FakeModel(GUESS), FakeIndex())
    assert answer.trigger.fired
    assert answer.text == "refund(order)"


def test_names_in_comments_and_strings_trigger_nothing(index: Index) -> None:
    answer = complete(
        FakeModel([("refund(", 0.1), ("x)", 1.0), ("\n", 1.0)]), index, text="import shop\n# shop."
    )
    assert not answer.trigger.fired


def test_builtins_are_no_api(index: Index) -> None:
    answer = complete(FakeModel([("len", 0.1), ("(x)", 1.0), ("\n", 1.0)]), index, text="x = ")
    assert not answer.trigger.fired
    assert answer.trigger.name is None


def test_tokens_that_split_characters_leave_whole_text(index: Index) -> None:
    class Split(FakePrompt):
        def stream(self, cancel=None, constraint=None, deadline=0.0) -> Iterator[Token]:
            for byte in (self.prompt.forced + "日本'\n").encode():
                yield Token(bytes([byte]), 0.9)

    class Splitting(FakeModel):
        def open(self, prompt: Prompt) -> FakePrompt:
            return Split(self, prompt)

    assert complete(Splitting([]), index, text="x = '").text == "日本'"


def test_the_token_budget_ends_a_completion(index: Index) -> None:
    answer = complete(FakeModel([("a + ", 0.9)] * 50), index, text="x = ", max_tokens=5)
    assert len(answer.tokens) == 5


def test_what_the_judge_did_not_wait_for_is_no_completion(index: Index) -> None:
    cancel = Cancellation()

    class Leaving(FakeOracle):
        def findings(self, path: Path, text: str) -> None:
            cancel.set()

    engine = Engine(FakeModel([("pay(1)", 1.0), ("\n", 1.0)]), index, Settings(), Leaving())
    with pytest.raises(Cancelled):
        engine.complete(CompletionRequest(Path("/w/app.py"), TEXT, len(TEXT), Path("/w")), cancel)


def test_what_the_index_was_not_waited_for_is_not_read_ahead() -> None:
    cancel = Cancellation()

    class Leaving(FakeIndex):
        def members(self, owner: str) -> Sequence[Symbol]:
            cancel.set()
            return ()

    text = "import shop\n"
    model = FakeModel([])
    request = CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w"))
    with pytest.raises(Cancelled):
        Engine(model, Leaving(), Settings()).prepare(request, cancel)
    assert len(model.prepared) == 1, "only what was read before"


def test_cancel_is_raised(index: Index) -> None:
    cancel = Cancellation()
    cancel.set()
    engine = Engine(FakeModel(GUESS), index, Settings())
    with pytest.raises(Cancelled):
        engine.complete(CompletionRequest(Path("/w/app.py"), TEXT, len(TEXT), Path("/w")), cancel)


BLOCK = [("shop", 1.0), (":\n", 1.0), ("    pay()\n", 1.0), ("    pay()\n", 1.0), ("\n", 1.0)]


@pytest.mark.parametrize(("lines_ms", "shown"), [(60_000, "shop:\n    pay()\n    pay()"), (0, "shop:")])
def test_late_it_ends_with_a_line(index: Index, lines_ms: int, shown: str) -> None:
    assert complete(FakeModel(BLOCK), index, "for item in ", lines_ms=lines_ms, method="base").text == shown


class Ticking:
    """A clock that goes on by ``step`` seconds whenever it is read."""

    def __init__(self, step: float) -> None:
        self._step, self._now = step, 0.0

    def __call__(self) -> float:
        self._now += self._step
        return self._now


@pytest.mark.parametrize(("step", "shown"), [(0.01, "[first, second, third, fourth]"), (1.0, "[first]")])
def test_what_takes_long_is_cut_to_what_is_whole(index: Index, step: float, shown: str) -> None:
    items = ["[", "first", ", ", "second", ", ", "third", ", ", "fourth", "]", "\n"]
    model = FakeModel([(each, 1.0) for each in items])
    limits = CompletionSettings(write_ms=4000, lines_ms=60_000)
    engine = Engine(model, index, Settings(method="base", completion=limits), clock=Ticking(step))
    text = "crates = "
    assert engine.complete(CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w"))).text == shown


HURRIED = Settings(method="base", completion=CompletionSettings(read_ms=1000))


def test_a_slow_model_reads_less_at_a_new_place(index: Index) -> None:
    fast, slow = FakeModel(GUESS), FakeModel(GUESS)
    for model, step in ((fast, 0.01), (slow, 60.0)):
        engine = Engine(model, index, HURRIED, clock=Ticking(step))
        for name in ("first", "second"):  # how fast it is is seen at the first
            engine.complete(CompletionRequest(Path(f"/w/{name}.py"), FAR, len(FAR), Path("/w")))
    assert slow.prompts[0] == fast.prompts[0]
    assert len(slow.prompts[1].prefix) < len(slow.prompts[0].prefix) < len(fast.prompts[1].prefix)


FAR = "import shop\n" + "".join(f"line_{i} = {i}\n" for i in range(500)) + TEXT.partition("\n")[2]


def test_at_a_new_place_what_is_near_is_read_first(index: Index) -> None:
    model = FakeModel(GUESS)
    engine = Engine(model, index, HURRIED)
    request = CompletionRequest(Path("/w/app.py"), FAR, len(FAR), Path("/w"))
    engine.complete(request)
    engine.prepare(request)
    near, whole = model.prepared
    assert model.prompts == [near]
    assert (whole.middle, whole.forced) == (near.middle, near.forced)
    assert whole.prefix.endswith(near.prefix.removeprefix("import shop\n"))
    assert len(whole.prefix) > 2 * len(near.prefix)
    engine.complete(request)
    assert model.prompts[-1] == whole


def test_whoever_can_wait_has_all_of_it_read(index: Index) -> None:
    model = FakeModel(GUESS)
    complete(model, index, FAR, method="base", read_ms=600_000)
    complete(model, index, FAR, method="base", read_ms=1000)
    patient, hurried = model.prompts
    assert len(patient.prefix) > 2 * len(hurried.prefix)


def test_of_a_receiver_that_the_type_checker_alone_knows_its_members_are_cited(index: Index) -> None:
    text = "def f(till):\n    # give the money back\n    till."
    script = [("reverse", 0.99), ("(order, approved_by='me')", 1.0), ("\n", 1.0)]
    cited: dict[str, list[str]] = {}
    for method in ("full", "dag++"):
        model = FakeModel(GUESS, script, "nowhere")
        complete(model, index, text, Checker(members=["open", "reverse"]), method=method)
        lines = [line for line in model.prompts[-1].middle.splitlines() if "(order" in line]
        cited[method] = [line.strip().removeprefix("# ").partition("(")[0] for line in lines]
    assert cited["full"] == ["till.reverse"]
    assert "shop.pay" in cited["dag++"] and "till.reverse" not in cited["dag++"]


@pytest.mark.parametrize(
    ("names", "tries"), [(["order"], 2), (["refund", "pay", "order", "me"], 1)], ids=["ruled out", "allowed"]
)
def test_a_name_that_nothing_defines_is_written_anew_only_where_it_would_be_ruled_out(
    index: Index, names: list[str], tries: int
) -> None:
    """What the constraint lets through would be written once more."""
    model = FakeModel([("pay", 0.95), ("(me)", 1.0), ("\n", 1.0)])
    answer = complete(model, index, oracle=Checker("me", names=names), method="full")
    assert (answer.text, answer.verdict, len(model.prompts)) == ("pay(me)", "unverified", tries)
    assert answer.tab_stops == (TabStop(4, 6, "me"),)  # the person is to say what is meant


def test_a_prompt_is_tokenised_once_a_request(index: Index) -> None:
    model = FakeModel([("pay", 0.95), ("(order)", 1.0), ("\n", 1.0)])
    complete(model, index)
    assert len(model.opened) == 1
    complete(model := FakeModel(GUESS, GROUNDED, "shop.pay("), index)
    assert len(model.opened) == len(model.prompts) == 2


def test_without_the_full_distribution_a_guess_is_no_reason_but_a_missing_name_is(index: Index) -> None:
    blind = replace(ALL, full_distribution=False)
    doubtful = [("pay", 0.1), ("(order)", 1.0), ("\n", 1.0)]
    answer = complete(FakeModel(doubtful, capabilities=blind), index)
    assert not answer.trigger.fired and answer.trigger.confidence is None
    assert (answer.text, answer.verdict) == ("pay(order)", "verified")

    answer = complete(FakeModel(GUESS, GROUNDED, "shop.pay(", blind), index)
    assert answer.trigger.reasons == ("not_in_index",)
    assert (answer.text, answer.verdict) == ("reverse(order, approved_by='me')", "verified")


def test_a_model_without_token_masks_is_given_the_names_that_exist(index: Index) -> None:
    names_only = replace(ALL, token_constraints=False)
    model = FakeModel(GUESS, GROUNDED, "shop.pay(", names_only)
    complete(model, index, method="full")
    assert isinstance(model.constraints[1], AllowedNames)
    assert {"pay", "reverse"} <= set(model.constraints[1].names)

    neither = replace(names_only, allowed_names=False)
    complete(model := FakeModel(GUESS, GROUNDED, "shop.pay(", neither), index, method="full")
    assert model.constraints == [None] * len(model.constraints)


def test_in_the_middle_of_a_known_word_the_model_is_not_asked(index: Index) -> None:
    text = "crates = 1\nprint(crates)\n"
    model = FakeModel(GUESS)
    offset = text.index("ates)")
    answer = Engine(model, index, Settings()).complete(
        CompletionRequest(Path("/w/app.py"), text, offset, Path("/w"))
    )
    assert (answer.text, answer.ending.step, model.prompts) == ("", "settled", [])
