"""Arguments of known meaning: names of services, keys of their requests, and the strings that a type takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import boto3
import botocore
import pytest
from fakes import FakeIndex, FakeModel, FakeOracle, function

from soothsay.config import Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.site import Site
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.engine.values import nearest
from soothsay.engine.verify import Judgement, judge
from soothsay.oracle.types import Signature
from soothsay_index.sources.base import Release
from soothsay_index.types import Parameter, Symbol
from soothsay_languages.python.known_values import KnownValues
from soothsay_languages.python.sources.botocore_models import BotocoreModels

DATA = Path(botocore.__file__).parent / "data"


@cache
def index() -> FakeIndex:
    """boto3, and two of its services as they are installed here."""
    client = Symbol(
        "boto3.client", "client", "boto3", "function", "package", "boto3", "1", Path(boto3.__file__).as_uri()
    )
    models = BotocoreModels(DATA, botocore.__version__)
    owners: dict[str, Sequence[Symbol]] = {"boto3": [client]}
    for service in ("dynamodb", "sqs"):
        release = Release("botocore", botocore.__version__, service, "service", "botocore", is_plain=True)
        owners[f"botocore:{service}"] = models.harvest(release).symbols
    return FakeIndex(**owners)


HEAD = 'import boto3\ndb = boto3.client("dynamodb")\nqueue = boto3.client("sqs")\n'


def judged(completion: str, text: str = HEAD + "x = ") -> Judgement:
    request = CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w"))
    return judge(Site(request, index()), completion, FakeOracle())


@pytest.mark.parametrize(
    ("completion", "problem", "mended"),
    [
        (
            'boto3.client("dynamodbb")',
            "dynamodbb is no service; did you mean dynamodb?",
            'boto3.client("dynamodb")',
        ),
        ('boto3.client("no-such-thing")', "no-such-thing is no service (known: ", ""),
        ("boto3.client(service_name='sqss')", "sqss is no service", "boto3.client(service_name='sqs')"),
        (
            'queue.send_message_batch(QueueUrl="ä", Entries=[{"Id": "1", "MesageBody": "b"}])',
            "MesageBody is no key; did you mean MessageBody?",
            'queue.send_message_batch(QueueUrl="ä", Entries=[{"Id": "1", "MessageBody": "b"}])',
        ),
        (
            'db.create_table(TableName="t", KeySchema=[{"AttributeName": "a", "KeyTyp": "HASH"}])',
            "KeyTyp is no key; did you mean KeyType?",
            'db.create_table(TableName="t", KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}])',
        ),
        # a map's keys are the user's, the keys of its values are not
        (
            'db.get_item(TableName="t", Key={"anything": {"Str": "a"}})',
            "Str is no key",
            "",
        ),
    ],
)
def test_what_does_not_exist_is_a_misfit(completion: str, problem: str, mended: str) -> None:
    found = judged(completion)
    assert (found.verdict, found.fault) == ("rejected", "bad_arguments")
    assert found.problem.startswith(problem)
    assert ("" if found.mended is None else found.mended.text) == mended


@pytest.mark.parametrize(
    "completion",
    [
        'boto3.client("iot-data")',
        "boto3.client(name)",
        'db.get_item(TableName="t", Key={"anything": {"S": "a"}})',
        'db.get_item(TableName="t", Key={**key, name: {"S": "a"}})',
        'queue.send_message(QueueUrl="u", MessageBody="b", MessageAttributes={"mine": {"DataType": "String"}})',
        'queue.list_queues(QueueNamePrefix="a")',
    ],
)
def test_what_exists_is_none(completion: str) -> None:
    assert judged(completion).verdict != "rejected"


TABLE = 'db.create_table(TableName="t", AttributeDefinitions=[], KeySchema=[{}]{})'
KEY = '{"AttributeName": "a", "KeyType": "HASH"}'


@pytest.mark.parametrize(
    ("completion", "problem"),
    [
        (TABLE.replace("{}", '{"AttributeName": "a"}', 1).replace("{}", ""), "key KeyType is missing"),
        ('db.get_item(TableName="t", Key={"a": "b"})', '"b" is no structure'),
        ('db.get_item(TableName="t", Key={"a": {"N": 1}})', "1 is no string"),
        ('db.get_item(TableName=None, Key={"a": {"N": "1"}})', "None is no string"),
        ('db.get_item(TableName="t", Key=["a"])', '["a"] is no map'),
        ('queue.receive_message(QueueUrl="u", MaxNumberOfMessages="5")', '"5" is no integer'),
        ('queue.receive_message(QueueUrl="u", AttributeNames="All")', '"All" is no list'),
        (
            TABLE.replace("{}", KEY, 1).replace("{}", ', BillingMode="PAY_PER_REQEST"'),
            "PAY_PER_REQEST is no value of this argument; did you mean PAY_PER_REQUEST?",
        ),
        (
            'queue.create_queue(QueueName="q", Attributes={"DelaySecond": "5"})',
            "DelaySecond is no value of this argument; did you mean DelaySeconds?",
        ),
        ('db.get_paginator("scans")', "scans is no paginator; did you mean scan?"),
        ('db.get_waiter(waiter_name="table_exist")', "table_exist is no waiter"),
    ],
)
def test_a_request_that_the_client_would_refuse(completion: str, problem: str) -> None:
    found = judged(completion)
    assert (found.verdict, found.fault) == ("rejected", "bad_arguments")
    assert found.problem.startswith(problem)


@pytest.mark.parametrize(
    "completion",
    [
        'db.get_item(TableName="t", Key={**key})',
        'db.get_item(TableName="t", Key={"a": {"S": f"{name}"}})',
        'db.get_item(TableName="t", Key={"a": value}, ConsistentRead=True)',
        'db.get_item(TableName="t", Key={"a": {"B": b"1"}})',
        TABLE.replace("{}", "{**key}", 1).replace("{}", ""),
        TABLE.replace("[{}]", "[{'AttributeName': n, 'KeyType': 'HASH'} for n in names]").replace("{}", ""),
        'queue.receive_message(QueueUrl="u", MaxNumberOfMessages=5, AttributeNames=["All"])',
        'db.get_paginator("scan")',
        'db.get_waiter("table_exists")',
        "db.get_waiter(name)",
    ],
)
def test_a_request_that_may_be_right(completion: str) -> None:
    assert judged(completion).verdict == "verified"


def test_a_value_that_a_newer_service_may_take_is_a_doubt() -> None:
    found = judged(TABLE.replace("{}", KEY, 1).replace("{}", ', TableClass="ELEGANT"'))
    assert found.verdict == "unverified"
    assert found.problem.startswith("ELEGANT is no value of this argument (known: ")


def test_the_exceptions_of_a_client_are_of_its_service() -> None:
    assert judged("db.exceptions.ResourceNotFoundException({}, 'get')").verdict != "rejected"


def test_what_stands_before_the_cursor_is_not_the_completions_fault() -> None:
    begun = HEAD + 'x = boto3.client("no-such-thing", '
    assert judged('region_name="a")', begun).verdict == "unverified"


def test_a_value_is_judged_where_the_call_was_begun() -> None:
    assert judged('"dynamodbb")', HEAD + "x = boto3.client(").verdict == "rejected"
    found = judged('"t", Keyz=1)', HEAD + "x = db.get_item(TableName=")
    assert (found.verdict, found.problem) == ("rejected", "db.get_item: unknown argument Keyz")


def test_a_client_of_no_service_has_no_calls() -> None:
    found = judged(
        "events.batch_put_message(messages=[])", 'import boto3\nevents = boto3.client("iotevent-dat")\n'
    )
    assert found.verdict == "rejected"
    assert found.problem.startswith("iotevent-dat is no service")


class Signed(FakeOracle):
    """Knows signatures with these types of ``mode``."""

    def __init__(self, *types: str) -> None:
        super().__init__()
        self._types = types

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        return [
            Signature("f", (Parameter("mode", "positional_or_keyword", True, each),)) for each in self._types
        ]


FAST = 'Literal["fast", "slow"]'


@pytest.mark.parametrize(
    ("call", "types", "verdict"),
    [
        ('shop.paint("fast")', (FAST,), "verified"),
        ('shop.paint("fasst")', (FAST,), "rejected"),
        ("shop.paint(mode='fasst')", (FAST,), "rejected"),
        ('shop.paint("fasst")', (f"{FAST} | None",), "rejected"),
        ('shop.paint("fasst")', (f"{FAST} | dict[str, Any] | int",), "rejected"),
        ('shop.paint("fasst")', (f"{FAST} | str",), "verified"),
        ('shop.paint("fasst")', (f"{FAST} | Path",), "verified"),  # nobody knows what it takes
        ('shop.paint("fasst")', (FAST, "str"), "verified"),  # another overload takes it
        ('shop.paint("fasst")', (FAST, 'Literal["a|b"]'), "rejected"),
        ('shop.paint("a|b")', (FAST, 'Literal["a|b"]'), "verified"),
        ('shop.paint("fasst")', ('Literal["a", ... omitted 3 literals]',), "verified"),
        ("shop.paint(mode)", (FAST,), "verified"),
        ('shop.paint(*["fasst"])', (FAST,), "verified"),
        ('shop.paint(f"{mode}")', (FAST,), "verified"),
        ("shop.paint(1)", ("Literal[1, 2]",), "verified"),
    ],
)
def test_strings_that_a_type_takes(call: str, types: tuple[str, ...], verdict: str) -> None:
    shop = FakeIndex(shop=[function("shop.paint", "mode")])
    text = "import shop\nx = "
    request = CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w"))
    assert judge(Site(request, shop), call, Signed(*types)).verdict == verdict


def complete(*script: tuple[str, float]) -> Completion:
    return complete_with(FakeModel([*script, ("\n", 1.0)]))


def complete_with(model: FakeModel) -> Completion:
    engine = Engine(model, index(), Settings(method="full"), FakeOracle())
    text = HEAD + "x = "
    return engine.complete(CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w")))


def test_a_wrong_value_becomes_the_one_that_is_meant() -> None:
    answer = complete(("boto3.client", 0.97), ('("dynamodbb")', 1.0))
    assert (answer.text, answer.verdict) == ('boto3.client("dynamodb")', "verified")
    assert answer.check.repaired == "dynamodbb is no service; did you mean dynamodb?"


@pytest.mark.parametrize(
    ("keys", "mended", "stops"),
    [
        ("{'AttributeName': 'a'}", "{'AttributeName': 'a', 'KeyType': 'HASH'}", ["HASH"]),
        ('{"KeyType": "HASH",}', '{"KeyType": "HASH", "AttributeName": ""}', [""]),
        ("{}", '{"AttributeName": "", "KeyType": "HASH"}', ["", "HASH"]),
        ('{"KeyType": "RANGE"}, {"AttributeName": "b"}', '{"KeyType": "RANGE", "AttributeName": ""}, {"AttributeName": "b", "KeyType": "HASH"}', ["", "HASH"]),
    ],
)  # fmt: skip
def test_entries_that_a_request_lacks_are_written_without_the_model(
    keys: str, mended: str, stops: list[str]
) -> None:
    call = 'db.create_table(TableName="t", AttributeDefinitions=[], KeySchema=[{}])'
    begun, _, rest = call.replace("{}", keys).partition("(")
    model = FakeModel([(begun, 0.97), (f"({rest}", 1.0), ("\n", 1.0)])
    answer = complete_with(model)
    assert answer.text.replace(",]", "]") == call.replace("{}", mended)
    assert answer.verdict == "verified" and answer.check.repaired
    assert [answer.text[stop.start : stop.end] for stop in answer.tab_stops] == stops
    assert len(model.prompts) == 1, "the draft alone"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ('(TableName="t", AttributeDefinitions="a", KeySchema=[])', '(TableName="t", KeySchema=[])'),
        ('(TableName="t", KeySchema="a", AttributeDefinitions={})', '(TableName="t")'),
    ],
)
def test_a_value_of_a_wrong_kind_is_left_out_without_the_model(given: str, shown: str) -> None:
    model = FakeModel([("db.create_table", 0.97), (given, 1.0), ("\n", 1.0)])
    assert complete_with(model).text == f"db.create_table{shown}"
    assert len(model.prompts) == 1, "the draft alone"


def test_what_nobody_can_tell_is_not_shown() -> None:
    answer = complete(("boto3.client", 0.97), ('("no-such-thing")', 1.0))
    assert answer.text == ""
    assert answer.check.problem.startswith("no-such-thing is no service")


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("inne", ("left", "right", "inner", "outer"), "inner"),
        ("Inner", ("left", "right", "inner", "outer"), "inner"),
        ("iotevents-data", ("iot-data", "iotevents"), ""),  # one is as good as the other
        ("xyz", ("left", "right"), ""),
        ("left", (), ""),
    ],
)
def test_only_what_is_clearly_meant(written: str, known: tuple[str, ...], meant: str) -> None:
    assert nearest(written, known) == meant


@pytest.mark.parametrize(
    ("annotation", "strings"),
    [
        ('Literal["a", "b"]', ["a", "b"]),
        ("Literal['a'] | None", ["a"]),
        ('Literal["a"] | Literal["b", 1]', ["a", "b"]),
        ("str", None),
        ("", None),
        ("int | None", None),
        ('Literal["a"] | Sequence[str]', None),
        ('Literal["a"', None),
    ],
)
def test_the_strings_of_an_annotation(annotation: str, strings: list[str] | None) -> None:
    assert KnownValues().strings(annotation) == strings
