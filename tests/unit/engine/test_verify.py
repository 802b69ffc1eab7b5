"""Verdicts: what the oracle says, what the index adds, and what becomes of the rejected."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import FakeIndex, FakeModel, FakeOracle, function
from tiny_index import PAY

from soothsay.config import OracleSettings, Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.site import Site
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.engine.verify import Judgement, judge
from soothsay.model.constraint import Constraint
from soothsay.model.fim import Prompt
from soothsay.oracle.null import NullOracle
from soothsay.oracle.types import Oracle
from soothsay_index.types import Index
from soothsay_languages.oracle import DiagnosticKind

TEXT = 'import shop\nimport lib\nimport boto3\ns3 = boto3.client("s3")\nx = '


def verdict(index: Index, completion: str, oracle: Oracle, text: str = TEXT, after: str = "") -> Judgement:
    request = CompletionRequest(Path("/w/app.py"), text + after, len(text), Path("/w"))
    return judge(Site(request, index), completion, oracle)


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("shop.pay(1)", "verified"),
        ("lib.load(1)", "verified"),
        ("shop.bad(1)", "rejected"),
        ("shop.pay(1).bad()", "rejected"),
        ("1 + 2", "unverified"),  # nothing was called
        ("shop.pay()", "rejected"),  # the oracle is content, the signature is not
        ("shop.pay(shop.pay(", "verified"),  # unfinished: what it lacks may still come
    ],
)
def test_with_an_oracle(index: Index, completion: str, expected: str) -> None:
    assert verdict(index, completion, FakeOracle("bad")).verdict == expected


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("lib.load(1)", "unverified"),  # a signature read from the source is no proof
        ("shop.pay(1)", "verified"),  # the workspace's own
        ("s3.list_buckets()", "verified"),  # the service model
        ("s3.list_all()", "rejected"),
        ("other.thing()", "unverified"),
    ],
)
def test_without_an_answer_the_index_judges_what_it_knows_for_certain(
    index: Index, completion: str, expected: str
) -> None:
    assert verdict(index, completion, NullOracle()).verdict == expected


def test_stubs_of_another_version_do_not_overrule_the_service_model(index: Index) -> None:
    assert verdict(index, "s3.list_buckets()", FakeOracle("list_buckets")).verdict == "verified"


TWO = """import boto3

def load():
    client = boto3.client("s3")
    client.list_buckets()

def send(queue):
    client = boto3.client("sqs")
    """


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TWO, "rejected"),  # the client of another function has this name
        (TWO.replace('boto3.client("sqs")', "queue"), "rejected"),  # of this one nothing is known
        (TWO.replace('"sqs"', '"s3"'), "verified"),  # the service model knows better than the type checker
        (TWO.replace("(queue)", "(client)").replace('client = boto3.client("sqs")', "pass"), "rejected"),
    ],
)
def test_a_client_of_another_function_does_not_overrule_the_type_checker(
    index: Index, text: str, expected: str
) -> None:
    assert verdict(index, "client.list_buckets()", FakeOracle("list_buckets"), text).verdict == expected


def test_errors_that_were_there_before_do_not_count(index: Index) -> None:
    assert verdict(index, "shop.pay(1)", FakeOracle("bad"), after="\nbad()\n").verdict == "verified"
    assert verdict(index, "1)", FakeOracle("bad"), text=TEXT + "bad(", after="\n").verdict != "rejected"


def test_unfinished_text_is_closed_in_the_shadow(index: Index) -> None:
    oracle = FakeOracle()
    verdict(index, "shop.pay([1, 'a", oracle, after="\ny = 2\n")
    assert oracle.texts[0].endswith("x = shop.pay([1, 'a'])\ny = 2\n")


def test_a_header_gets_a_body_in_the_shadow(index: Index) -> None:
    oracle = FakeOracle()
    verdict(index, "for y in shop.pay(1):", oracle, text="import shop\n")
    assert oracle.texts[0] == "import shop\nfor y in shop.pay(1): pass"


def test_a_module_that_is_not_there_is_rejected(index: Index) -> None:
    oracle = FakeOracle("nowhere", kind="unresolved_import")
    found = verdict(index, "import nowhere", oracle, text="")
    assert (found.verdict, found.fault) == ("rejected", "not_a_member")


def test_types_and_plain_variables_are_a_doubt_not_a_rejection(index: Index) -> None:
    assert verdict(index, "shop.pay(thing)", FakeOracle("thing", kind="unknown_name")).verdict == "unverified"
    assert verdict(index, "shop.pay(thing)", FakeOracle("thing", kind="wrong_type")).verdict == "unverified"
    assert verdict(index, "shop.pay(thing)", FakeOracle("thing", kind="unknown_name")).fault == "unknown_name"
    assert verdict(index, "shop.pay(thing)", FakeOracle("thing", kind="wrong_type")).fault is None
    assert verdict(index, "thing(1)", FakeOracle("thing", kind="unknown_name")).verdict == "rejected"


def test_the_fault_is_placed_also_in_text_that_is_not_ascii(index: Index) -> None:
    found = verdict(index, "'日本' + shop.bad(1)", FakeOracle("bad"))
    assert found.name is not None
    assert found.name.name == "bad"
    assert found.at == len("'日本' + shop.")


GUESS = [("shop.bad", 0.95), ("(1)", 1.0), ("\n", 1.0)]
GOOD = [("shop.pay", 0.9), ("(1)", 1.0), ("\n", 1.0)]


def full(index: Index, model: FakeModel, oracle: Oracle, text: str = TEXT, **settings) -> Completion:
    engine = Engine(model, index, Settings(oracle=OracleSettings(**settings)), oracle)
    return engine.complete(CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w"), method="full"))


def test_what_the_oracle_rejects_is_written_again() -> None:
    # the index knows `bad`, so nothing fires before the oracle sees it
    index = FakeIndex(shop=[function("shop.bad", "order"), PAY])
    answer = full(index, FakeModel(GUESS, GOOD, "shop.pay("), FakeOracle("bad"))
    assert (answer.text, answer.verdict) == ("shop.pay(1)", "verified")
    assert answer.trigger.reasons == ("not_a_member",)
    assert answer.check.repaired == "no bad"


class Constrained(FakeModel):
    """Says ``grounded`` where it is told what it may say."""

    def script(self, prompt: Prompt, constraint: Constraint | None) -> Sequence[tuple[str, float]]:
        return self.scripts[constraint is not None]


UNDEFINED = [("shop.pay", 0.95), ("(order_id)", 1.0), ("\n", 1.0)]


def test_an_argument_that_nothing_defines_is_written_again(index: Index) -> None:
    answer = full(index, Constrained(UNDEFINED, GOOD), FakeOracle("order_id", kind="unknown_name"))
    assert (answer.text, answer.verdict) == ("shop.pay(1)", "verified")
    assert answer.check.repaired == "no order_id"
    assert not answer.trigger.fired  # nothing was looked up


def test_lines_before_the_undefined_name_are_kept(index: Index) -> None:
    text = "import shop\n\ndef f():\n    "
    script = [("shop.pay(1)", 0.95), ("\n    ", 1.0), ("shop.pay(order_id)", 0.95), ("\n\n", 1.0)]
    again = [("shop.pay(2)", 0.95), ("\n\n", 1.0)]
    model = Constrained(script, again)
    answer = full(index, model, FakeOracle("order_id", kind="unknown_name"), text=text)
    assert answer.text == "shop.pay(1)\n    shop.pay(2)"


def test_a_name_that_nothing_defines_is_shown_where_nothing_better_is_written(index: Index) -> None:
    answer = full(index, FakeModel(UNDEFINED), FakeOracle("order_id", kind="unknown_name"))
    assert (answer.text, answer.verdict) == ("shop.pay(order_id)", "unverified")
    assert (answer.check.problem, answer.check.repaired) == ("no order_id", "")


def test_a_name_that_nothing_defines_is_better_than_nothing(index: Index) -> None:
    answer = full(index, Constrained(UNDEFINED, []), FakeOracle("order_id", kind="unknown_name"))
    assert (answer.text, answer.check.repaired) == ("shop.pay(order_id)", "")


@pytest.mark.parametrize(
    ("text", "wrong", "kind", "expected"),
    [
        ("shop.pay(thing)", "thing", "wrong_type", ["thing"]),
        ("shop.pay(order=thing)", "thing", "wrong_type", ["thing"]),
        ("shop.pay([thing, 1])", "thing", "wrong_type", ["thing"]),  # what is right beside it stays
        ("'日本' + shop.pay(thing)", "thing", "wrong_type", ["thing"]),
        ("shop.pay(lib.load(1))", r"lib\.load\(1\)", "wrong_type", ["lib.load(1)"]),  # a call itself
        ("thing + shop.pay(1)", "thing", "wrong_type", []),  # no value of a call
        ("lib.load(1)", "load", "no_overload", ["1"]),  # which one is wrong is not said
        ("lib.load(1)", "1", "no_overload", ["1"]),
    ],
)
def test_values_of_a_wrong_type_are_for_the_person_to_write(
    index: Index, text: str, wrong: str, kind: DiagnosticKind, expected: list[str]
) -> None:
    answer = full(index, FakeModel([(text, 0.95), ("\n", 1.0)]), FakeOracle(wrong, kind=kind))
    assert answer.text == text
    assert answer.verdict != "verified"
    assert [answer.text[stop.start : stop.end] for stop in answer.tab_stops] == expected


@pytest.mark.parametrize(("on_rejected", "shown"), [("trim", ""), ("hide", ""), ("show", "shop.bad(1)")])
def test_what_cannot_be_repaired(index: Index, on_rejected: str, shown: str) -> None:
    answer = full(index, FakeModel(GUESS), FakeOracle("bad"), on_rejected=on_rejected)
    assert answer.text == shown
    assert answer.verdict == "rejected"


def test_good_lines_before_the_bad_one_are_kept_and_judged_anew(index: Index) -> None:
    text = "import shop\n\ndef f():\n    "
    script = [("shop.pay(1)", 0.95), ("\n    ", 1.0), ("shop.bad(1)", 0.95), ("\n\n", 1.0)]
    again = [("shop.bad(1)", 0.95), ("\n\n", 1.0)]
    answer = full(index, FakeModel(script, again, "shop.pay("), FakeOracle("bad"), text=text)
    assert (answer.text, answer.verdict) == ("shop.pay(1)", "verified")
    assert "shop.bad(1)" in answer.check.trimmed


def test_other_methods_only_say_what_is_wrong(index: Index) -> None:
    engine = Engine(FakeModel(GUESS), index, Settings(), FakeOracle("bad"))
    request = CompletionRequest(Path("/w/app.py"), TEXT, len(TEXT), Path("/w"), method="base")
    answer = engine.complete(request)
    assert (answer.text, answer.verdict, answer.check.problem) == ("shop.bad(1)", "rejected", "no bad")


class Silent(FakeOracle):
    """Finds nothing, and does not say in time whether it looks."""

    def looks_at(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool | None:
        return None


def test_what_may_not_have_been_looked_at_is_not_verified(index: Index) -> None:
    assert verdict(index, "lib.load(1)", Silent()).verdict == "unverified"
    assert verdict(index, "s3.list_buckets()", Silent()).verdict == "verified"  # the service model knows
    assert verdict(index, "lib.bad(1)", Silent("bad")).verdict == "rejected"
