"""The benchmark's referee, on calls whose truth is known."""

from __future__ import annotations

import pytest
from bench.oracle.judge import FORWARDED, judge, namespace_of, parse

SETUP = """
import json, math, shutil, textwrap
class Till:
    def ring(self, item, price, *, vat): ...
till = Till()
"""
NAMES = namespace_of(SETUP)


@pytest.mark.parametrize(
    ("prefix", "shown", "outcome"),
    [
        ("x = json.", "", "nothing"),
        ("x = json.", "dumps({})", "ok"),
        ("x = json.", "dumps({}, indent=2)", "ok"),
        ("x = json.", "to_text({})", "no_name"),
        ("x = json.", "dumps()", "no_bind"),
        ("x = json.", "loads('1', 2)", "no_bind"),
        ("x = json.", "dumps(", "ok"),  # unfinished: what is missing may still come
        ("x = shutil.", "move('a', colour=1", "no_bind"),  # but an unknown keyword stays unknown
        ("x = till.", "ring('tea', 2, vat='A')", "ok"),
        ("x = till.", "ring('tea', 2)", "no_bind"),
        ("x = till.", "ring(**many)", "ok"),
        ("x = till.", "ring(*many, tax=1)", "no_bind"),
        ("x = math.", "pi", "ok"),
        ("x = math.", "hypot(3, 4)", "ok"),
        ("x = till.", "ring(json.dump_all(1), 2, vat=1)", "no_name"),  # a broken call inside a good one
        ("x = till.", "ring(1, 2, vat=1)\ny = shutil.move('a')", "no_bind"),
        ("x = till.", "ring('tea', 2, vat='A').total()", "ok"),  # what it returns is not known
        ("x = json.", "dumps(1)): Serialises.", "no_code"),
        ("", "import no_such_module_here", "no_name"),
    ],
)
def test_outcomes(prefix: str, shown: str, outcome: str) -> None:
    verdict = judge(NAMES, prefix, shown)
    if shown.startswith("hypot"):
        assert verdict["outcome"] in ("ok", "no_signature")
    else:
        assert verdict["outcome"] == outcome, verdict


def test_a_local_name_hides_the_known_one() -> None:
    assert judge(NAMES, "", "json = load()\njson.anything()")["outcome"] == "no_signature"


def test_undefined_functions_are_named_apart() -> None:
    verdict = judge(NAMES, "x = json.", "dumps(collect())")
    assert (verdict["outcome"], verdict["undefined"]) == ("ok", ["collect"])


def test_an_unfinished_last_line_is_closed_or_left_out() -> None:
    assert parse("x = f(", "a, b")[1]
    code, _ = parse("x = ", "f(1)\ny = = ")
    assert code is not None
    assert len(code.body) == 1


def test_what_is_only_passed_on_is_marked() -> None:
    names = namespace_of("def passes(*args, **kwargs): ...\ndef takes(a, **more): ...")
    assert judge(names, "", "passes()")["detail"].endswith(FORWARDED)
    assert judge(names, "", "takes(1, b=2)")["detail"].endswith(FORWARDED)
    assert not judge(names, "", "takes(1)")["detail"].endswith(FORWARDED)


CLIENT = """
import boto3
client = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
"""


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        ('get_item(TableName="table", Key={"a": {"S": "b"}})', "ok"),
        ('get_item(TableName="table", Key={"a": "b"})', "no_bind"),
        ('get_item(TableName=1, Key={"a": {"S": "b"}})', "no_bind"),
        ('get_item(TableName=name, Key={"a": value})', "ok"),  # nobody can tell
        ('get_item(TableName="table", Key={"a": {', "ok"),  # unfinished
        ("get_item(**request)", "ok"),
        ('import_table(S3BucketSource={}, InputFormat="CSV", TableCreationParameters={})', "no_bind"),
    ],
)
def test_what_a_client_refuses_before_it_asks_does_not_bind(shown: str, outcome: str) -> None:
    assert judge(namespace_of(CLIENT), "x = client.", shown)["outcome"] == outcome
