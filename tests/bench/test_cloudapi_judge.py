"""The judge of CloudAPIBench's question, on calls made by hand."""

import pytest
from bench.cloudapi.judge import judge, stub
from bench.cloudapi.stats import bootstrap_difference, mcnemar

PREFIX = "response = client."
NAMES = frozenset({"put_object", "get_object", "list_objects", "get_paginator", "create_thing", "meta"})
PUT = stub([["Bucket", "keyword", True], ["Key", "keyword", True], ["Body", "keyword", False]])
NOTHING = stub([])
AZURE = stub(
    [["name", "any", True], ["value", "any", True], ["tags", "keyword", False], ["kwargs", "**", False]]
)
STRICT = stub([["name", "any", True], ["timeout", "any", False]])


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        ('put_object(Bucket="a", Key="b")', "valid"),
        ('put_object(Bucket="a", Key="b", Body=b"c")', "valid"),
        ("put_object(Bucket=bucket, Key=key)", "valid"),
        ('put_object(\n    Bucket="a",\n    Key="b",\n)\n', "valid"),
        ('put_object(Key="b", Bucket="a")["ETag"]', "valid"),
        ('put_object(Bucket="a", Key="b")\nprint(response)\nclient.get_object()', "valid"),
        ('put_object(Bucket="a", Key=f"{prefix}/b")', "valid"),
        ('put_object(Bucket="a", Key="b", Body=open("x").read())', "valid"),
        ('put_object(Bucket="a")', "invalid_usage"),
        ("put_object()", "invalid_usage"),
        ('put_object(Bucket="a", Key="b", Colour="red")', "invalid_usage"),
        ('put_object("a", "b")', "invalid_usage"),
        ('put_object(bucket="a", key="b")', "invalid_usage"),
        ('put_object(Bucket="a", Bucket="c", Key="b")', "invalid_usage"),
        ("put_object(**arguments)", "invalid_usage"),
        ("put_object(*arguments)", "invalid_usage"),
        ('put_object(Bucket="a", Key=', "valid"),  # cut off in a value: the names are there
        ('put_object(Bucket="a", ', "invalid_usage"),  # cut off before a required one
        ('get_object(Bucket="a", Key="b")', "wrong_api"),
        ('get_paginator("list_objects").paginate(Bucket="a")', "wrong_api"),
        ("list_objects()", "wrong_api"),
        ('upload_thing(Bucket="a", Key="b")', "no_such_api"),
        ("put_objekt()", "no_such_api"),
        ("put_object", "no_call"),
        ("meta.region_name", "no_call"),
        ("nonsense", "no_such_api"),
        ("", "no_call"),
        ("  \n", "no_call"),
        ("(", "no_call"),
        (")\n]", "no_call"),
    ],
)  # fmt: skip
def test_a_service_client(shown: str, outcome: str):
    assert judge("put_object", PUT, NAMES, PREFIX, shown).outcome == outcome


@pytest.mark.parametrize(
    ("signature", "shown", "outcome"),
    [
        (NOTHING, "create_thing()", "valid"),
        (NOTHING, "create_thing(1)", "invalid_usage"),
        (AZURE, 'create_thing("a", "b")', "valid"),
        (AZURE, 'create_thing("a", value="b")', "valid"),
        (AZURE, 'create_thing(name="a", value="b", tags={})', "valid"),
        (AZURE, 'create_thing("a", "b", timeout=3)', "valid"),  # it takes any keyword
        (AZURE, 'create_thing("a")', "invalid_usage"),
        (AZURE, 'create_thing("a", "b", {})', "invalid_usage"),
        (AZURE, 'create_thing("a", name="b", value="c")', "invalid_usage"),
        (STRICT, 'create_thing("a", 3)', "valid"),
        (STRICT, 'create_thing("a", retries=3)', "invalid_usage"),
    ],
)
def test_a_python_client(signature, shown: str, outcome: str):
    assert judge("create_thing", signature, NAMES, PREFIX, shown).outcome == outcome


def test_what_was_called_is_named():
    assert judge("put_object", PUT, NAMES, PREFIX, "put_objekt()").called == "put_objekt"
    assert "Key" in judge("put_object", PUT, NAMES, PREFIX, 'put_object(Bucket="a")').why


def test_mcnemar_counts_the_pairs_that_differ():
    assert mcnemar([True] * 5, [True] * 5) == 1.0
    assert mcnemar([True] * 6 + [False], [False] * 6 + [False]) == pytest.approx(2 / 64)
    assert mcnemar([False] * 6, [True] * 6) == pytest.approx(2 / 64)


def test_the_interval_of_a_difference():
    low, high = bootstrap_difference([True] * 60 + [False] * 40, [True] * 40 + [False] * 60)
    assert 0.05 < low < 0.2 < high < 0.35
    assert bootstrap_difference([True, False], [True, False]) == (0.0, 0.0)
