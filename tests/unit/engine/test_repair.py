"""Which calls are called wrong, and which are left alone; what is written in their place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import FakeModel, RecordingIndex

from soothsay.config import Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.repair import find_faults, first_call, keep_values, repair
from soothsay.engine.types import Fault, Replacement
from soothsay.errors import Cancelled
from soothsay.oracle.null import NullOracle
from soothsay.oracle.types import Finding, Oracle
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Index
from soothsay_languages.oracle import DiagnosticKind
from soothsay_languages.python import LANGUAGE

W, PATH = Path("/w"), Path("/w/app.py")
HEAD = 'import boto3\nimport shop\n\ns3 = boto3.client("s3")\n'


class Judge(NullOracle):
    """Says what it is told of names and finds what it is told."""

    def __init__(
        self,
        resolved: bool | None = None,
        *found: tuple[DiagnosticKind, str],
        makes_names: bool | None = None,
    ) -> None:
        self.resolved = resolved
        self.found = found
        self._makes_names = makes_names

    def looks_at(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool | None:
        return True

    def makes_names(self, path: Path, text: str, offset: int) -> bool | None:
        return self._makes_names

    def findings(self, path: Path, text: str) -> Sequence[Finding]:
        return [
            Finding(kind, text.index(part), text.index(part) + len(part), f"ty: {part}", kind)
            for kind, part in self.found
        ]

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        return self.resolved


def faults(text: str, index: Index, oracle: Oracle | None = None, *, typed: bool = False) -> list[Fault]:
    return list(find_faults(text, PATH, W, index, oracle or NullOracle(), typed=typed))


def names(text: str, index: Index) -> list[str]:
    return [fault.name for fault in faults(text, index)]


# -- what is found -----------------------------------------------------------------------------------------------


def test_a_name_that_no_client_has(index: Index) -> None:
    text = HEAD + 'é = s3.list_bukets("ä")\n'
    (fault,) = faults(text, index)
    assert (fault.kind, fault.receiver, fault.name) == ("not_a_member", "s3", "list_bukets")
    assert text[fault.start : fault.end] == "list_bukets"
    assert text[fault.start : fault.call_end] == 'list_bukets("ä")'
    assert fault.problem == "s3 has no list_bukets; did you mean list_buckets? (botocore 9.9)"


def test_the_query_holds_the_intent_the_name_and_the_arguments(index: RecordingIndex) -> None:
    faults(HEAD + "# all of them\ns3.list_bukets(Key=1)\n", index)
    (query,) = index.queries
    assert query.text == "all of them\nlist bukets (Key=1)"
    assert query.owners == ("botocore:s3",)


def test_no_name_is_suggested_that_has_nothing_in_common_with_the_wrong_one(index: Index) -> None:
    (fault,) = faults(HEAD + "s3.frobnicate()\n", index)
    assert fault.problem == "s3 has no frobnicate (botocore 9.9)"


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("s3.put_object(Bucket=1)", "missing argument Key"),
        ("s3.put_object(bucket=1, Key=2)", "unknown argument bucket; did you mean Bucket?"),
        ("s3.put_object(1, 2)", "takes 0 positional arguments, not 2"),
    ],
)
def test_arguments_that_a_client_does_not_take(index: Index, call: str, problem: str) -> None:
    (fault,) = faults(HEAD + call, index)
    assert fault.kind == "bad_arguments"
    assert fault.problem == f"s3.put_object: {problem} (botocore 9.9)"


@pytest.mark.parametrize(
    "call",
    [
        "s3.list_buckets()",
        "s3.put_object(**values)",
        "s3.put_object(Bucket=1, Key=(",  # not finished
        "s3.",
        "other.list_bukets()",
        "# s3.list_bukets()",
        "'s3.list_bukets()'",
        'boto3.resource("s3").Bucket("x")',
        'boto3.resource("s3").meta.client("x").list_bukets()',
        'r = boto3.resource("s3")\nr.Bucket("x")',
        "s3.list_bukets = len\ns3.list_bukets()",
        "def f(s3): s3.list_bukets()",
        "def f(*s3): s3.list_bukets()",
        "f = lambda s3: s3.list_bukets()",
        "[s3.list_bukets() for s3 in all]",
        "for s3 in all: s3.list_bukets()",
        "if x:\n    s3 = other\ns3.list_bukets()",
        "while x:\n    s3.list_bukets()\n    s3 = other",
        "def f():\n    s3.list_bukets()\ns3 = None",
        "def f():\n    global s3\n    s3 = None\ns3.list_bukets()",
        "try:\n    s3 = a\nexcept E:\n    s3 = b\ns3.list_bukets()",
        "s3, t = pair\ns3.list_bukets()",
        "match x:\n    case s3:\n        s3.list_bukets()",
        "with x as (s3, y):\n    s3.list_bukets()",
        "del s3\ns3.list_bukets()",
    ],
)
def test_what_is_right_or_uncertain_is_left_alone(index: Index, call: str) -> None:
    assert faults(HEAD + call + "\n", index) == []


@pytest.mark.parametrize(
    "text",
    [
        'boto3.client("s3").nope()',
        's3 = boto3.client("sqs")\ns3.nope()',
        "def f():\n    s3.nope()",
        "if x:\n    s3.nope()",
        "x = [s3.nope() for y in z]",
        "for x in y:\n    with z:\n        s3.nope()",
        "s3: Any = None\ns3 = boto3.client('s3')\ns3.nope()",
        "class A:\n    def __init__(self):\n        self.s3 = boto3.client('s3')\n    def f(self):\n        self.s3.nope()",
        "with boto3.client('s3') as c:\n    c.nope()",
        "def f(s3=boto3.client('s3').nope()): ...",
    ],
)
def test_what_a_name_stands_for(index: Index, text: str) -> None:
    assert names(HEAD + text + "\n", index) == ["nope"]


def test_attributes_of_two_classes_are_told_apart(index: Index) -> None:
    one = "class {0}:\n    def __init__(self):\n        self.c = boto3.client('{1}')\n    def f(self):\n        self.c.{2}()\n"
    text = HEAD + one.format("A", "s3", "list_buckets") + one.format("B", "sqs", "nope")
    assert names(text, index) == ["nope"]


def test_an_import_that_may_be_two_things_is_left_alone(index: Index) -> None:
    text = (
        HEAD + "try:\n    import fast as quick\nexcept ImportError:\n    import shop as quick\nquick.nope()\n"
    )
    assert [f.name for f in faults(text, index, Judge(), typed=True)] == []


def test_outer_and_inner_calls_each_have_their_own(index: Index) -> None:
    assert names(HEAD + "s3.nope(a=s3.nope2())\n", index) == ["nope", "nope2"]


# -- who is asked ------------------------------------------------------------------------------------------------


def test_what_a_type_checker_can_see_is_left_to_it(index: Index) -> None:
    text = HEAD + "s3.nope()\nshop.nope()\n"
    assert names(text, index) == ["nope"]  # the client's
    for resolved in (True, False):
        assert faults(text, index, Judge(resolved)) == []


def test_unless_it_is_wanted(index: Index) -> None:
    text = HEAD + "s3.nope()\nshop.nop()\n"
    assert [f.receiver for f in faults(text, index, Judge(False), typed=True)] == ["s3", "shop"]
    assert faults(text, index, Judge(True), typed=True) == []


def test_of_the_workspace_the_index_alone_is_no_judge(index: Index) -> None:
    assert faults(HEAD + "shop.nope()\n", index, Judge(None), typed=True) == []


def test_a_finding_is_told_when_the_index_can_explain_it(index: Index) -> None:
    text = HEAD + "shop.pay(1, odrer=shop.pay(2))\nelse_.pay(oops=1)\n"
    oracle = Judge(True, ("unknown_argument", "odrer=shop.pay(2)"), ("unknown_argument", "oops=1"))
    (fault,) = faults(text, index, oracle, typed=True)
    assert text[fault.start : fault.call_end] == "pay(1, odrer=shop.pay(2))"
    assert fault.problem == "shop.pay: unknown argument odrer; did you mean order? (till)"
    (missing,) = faults(
        HEAD + "shop.pay()\n", index, Judge(True, ("missing_argument", "shop.pay()")), typed=True
    )
    assert missing.problem == "shop.pay: missing argument order (till)"


@pytest.mark.parametrize(("makes_names", "count"), [(True, 0), (False, 1), (None, 1)])
def test_no_hint_where_names_are_made(index: Index, makes_names: bool | None, count: int) -> None:
    oracle = Judge(False, ("not_a_member", "nope"), makes_names=makes_names)
    assert len(faults(HEAD + "shop.nope()\n", index, oracle, typed=True)) == count


def test_it_can_be_stopped(index: Index) -> None:
    cancel = Cancellation()
    cancel.set()
    with pytest.raises(Cancelled):
        find_faults(HEAD, PATH, W, index, NullOracle(), cancel=cancel)


# -- what is written instead -------------------------------------------------------------------------------------


def mended(text: str, index: Index, *script: str) -> Replacement | None:
    (fault,) = faults(text, index)
    model = FakeModel([(part, 0.99) for part in script])
    engine = Engine(model, index, Settings())
    mended.prompts = model.prompts  # pyright: ignore[reportFunctionMemberAccess]
    return repair(fault, text, PATH, W, engine.complete, index, NullOracle())


def test_a_verified_call_replaces_the_wrong_one(index: Index) -> None:
    text = HEAD + '# store it\nx = s3.put_obj(key="k", Bucket=name)["ETag"]\n'
    found = mended(text, index, 'put_object(Bucket="my-bucket", Key="my-key")', "\n")
    assert found is not None
    assert text[: found.start] + found.text + text[found.end :] == (
        HEAD + '# store it\nx = s3.put_object(Bucket=name, Key="k")["ETag"]\n'
    )
    assert found.title == "Replace with s3.put_object(…)"


def test_the_model_is_told_what_the_call_said_by_its_names(index: Index) -> None:
    text = HEAD + 'def f():\n    return s3.put_obj(order, 1, Key="k")\n'
    mended(text, index, "put_object(Bucket=1, Key=2)", "\n")
    seen = mended.prompts[0].middle  # pyright: ignore[reportFunctionMemberAccess]
    assert "    # put obj with order, Key\n    return s3." in seen + "."


def test_what_the_new_call_lacks_is_added(index: Index) -> None:
    found = mended(HEAD + "s3.put_obj()\n", index, 'put_object(Bucket="b")', "\n")
    assert found is not None and found.text.startswith('put_object(Bucket="b", Key=')


@pytest.mark.parametrize("script", ["nope()", "put_object", "x.y()", ""])
def test_nothing_is_offered_that_is_not_verified(index: Index, script: str) -> None:
    assert mended(HEAD + "s3.put_obj()\n", index, script, "\n") is None


def test_the_first_call_of_what_was_written() -> None:
    assert first_call('a(b(1), ")")[0] + c()', LANGUAGE) == 'a(b(1), ")")'
    assert [first_call(text, LANGUAGE) for text in ("a", "a(", "a.b()", "", "(1)")] == [""] * 5


def test_values_are_kept_by_name() -> None:
    assert keep_values("f(aB='…', c=g(d=1), d=2)", "h(Ab=x['é'], d={1: 2}, e=3)", LANGUAGE) == (
        "f(aB=x['é'], c=g(d=1), d={1: 2})"
    )
    assert keep_values("f('ü', a=1)", "h(2, a=3)", LANGUAGE) == "f('ü', a=3)"
