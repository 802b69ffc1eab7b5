"""Names, keywords and closing brackets, however the tokenizer cuts them."""

import inspect
from collections.abc import Callable, Sequence
from unittest.mock import patch

import pytest
from fakes import function
from hypothesis import given, settings
from hypothesis import strategies as st

from soothsay.engine import constrain
from soothsay.engine.constrain import CallConstraint
from soothsay.model.constraint import NameTrie
from soothsay_index.types import Parameter
from soothsay_languages.python import LANGUAGE

MEMBERS = {
    "client.": NameTrie(["create_job", "create_model_job", "list_jobs"]),
    "größe.": NameTrie(["öffnen"]),
}
CREATE = function("client.create_job", "*", "jobName", "roleArn", "tags=")
PAY = function("shop.pay", "order", "amount=")
LOG = (
    Parameter("args", "var_positional", required=False),
    Parameter("options", "var_keyword", required=False),
)
PARAMETERS = {
    "client.create_job": CREATE.parameters,
    "shop.pay": PAY.parameters,
    "shop.close": (),
    "shop.log": LOG,
}


def constraint(before: str = "x = ") -> CallConstraint:
    return CallConstraint(before, LANGUAGE, MEMBERS.get, PARAMETERS.get)


@pytest.mark.parametrize(
    ("written", "piece", "fine"),
    [
        ("client", ".create", True),
        ("client", ".crea", True),
        ("client", ".start", False),
        ("client", ".", True),
        ("client.", "create", True),
        ("client.create", "_mod", True),
        ("client.create", "_thing", False),
        ("client.create_job", "(", True),
        ("client.create", "(", False),  # a prefix is no name
        ("client.create_job", "s", False),
        ("client", ".list_jobs()", True),
        ("client.create", ".", False),
        ("client.create_job", ".", True),
        ("client", ".create.x", False),
        ("client", ".create_job.x", True),
        ("'client.create", ".x", True),  # a string
        ("other", ".anything", True),  # unknown receiver
        ("a.client", ".anything", True),  # another one's attribute
        ("f().client", ".anything", True),
        ("'client", ".anything", True),  # a string
        ("1", ".5", True),
        ("größe", ".öff", True),
        ("größe", ".zu", False),
    ],
)
def test_names(written: str, piece: str, fine: bool) -> None:
    assert constraint().accepts(written.encode(), piece.encode()) is fine


def test_what_was_typed_is_a_prefix() -> None:
    assert constraint("client.create_").accepts(b"", b"model")
    assert not constraint("client.create_").accepts(b"", b"thing")


def test_imports_are_left_alone() -> None:
    assert constraint("from client").accepts(b"", b".thing")


def test_half_a_character_is_no_verdict() -> None:
    assert constraint().accepts("größe.".encode(), "ö".encode()[:1])


@pytest.mark.parametrize(
    ("written", "piece", "fine"),
    [
        ("client.create_job(", ")", False),  # required arguments are missing
        ("client.create_job(", "jobName", True),
        ("client.create_job(", "job", True),
        ("client.create_job(", "name", False),
        ("client.create_job(jobName", "=", True),
        ("client.create_job(job", "=", False),
        ("client.create_job(jobName='a'", ")", False),
        ("client.create_job(jobName='a", "')", False),
        ("client.create_job(jobName='a', ", "jobName", False),  # given already
        ("client.create_job(jobName='a', roleArn='b'", ")", True),
        ("client.create_job(jobName='a', roleArn='b", "')\n", True),
        ("client.create_job(jobName={'k': ", "anything", True),  # inside a value
        ("client.create_job(jobName=f(1", ")", True),  # another bracket's end
        ("client.create_job(**options", ")", True),
        ("shop.pay(", "thing", True),  # a positional argument may be any expression
        ("shop.pay(order, amount", "=", True),
        ("shop.pay(order, sum", "=", False),
        ("shop.pay(order, sum", "==", True),  # a comparison
        ("shop.pay(", ")", False),
        ("shop.pay(order", ")", True),
        ("shop.pay(order, order, ", "thing", False),  # no place for it
        ("shop.pay(order, ", "thing", True),
        ("shop.pay(amount=1, ", "thing", False),  # nor behind a keyword
        ("shop.pay(amount=1, ", "ord", True),
        ("shop.close(", "thing", False),  # takes nothing
        ("shop.close(", ")", True),
        ("shop.log(", "thing", True),  # takes everything
        ("shop.log(level=1, ", "thing", True),
        ("unknown(", ")", True),
        ("unknown(unknown", "(", True),
        ("unknown(unknown(unknown", "(", False),
        ("unknown(unknown(a=", "unknown(", False),
        ("unknown(other(unknown", "(", True),
        ("(((", "(", True),
        ("client.create_job", "()", False),  # opened and closed by one token
        ("shop.pay", "(order)\n", True),
        ("client.create_job(a", "=b", False),  # an unknown keyword and its value in one token
        ("client.create_job(jobName", "='a", True),
        ("client.create_job(job", "='a", False),
        ("client.create_job(job", "=[", False),
        ("client.create_job(jobName", "={", True),
        ("client.create_job(jobName='a, b", " c", True),  # words in a string
        ("client.create_job(", "'a'", False),  # takes no positional argument
        ("shop.pay(order", ",", True),
        ("shop.pay(order, amount=1", ",", False),  # nothing is left to give
        ("shop.pay(order, 1", ", ", False),
        ("shop.pay(*orders", ",", True),
        ("client.create_job(jobName=x, roleArn=", "y)", True),
    ],
)
def test_calls(written: str, piece: str, fine: bool) -> None:
    assert constraint().accepts(written.encode(), piece.encode()) is fine


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("client.create_", [b"job", b"model_job"]),
        ("client", [b".create_job", b".create_model_job", b".list_jobs"]),
        ("client.create_job(", [b"jobName=", b"roleArn=", b"tags="]),
        ("client.create_job(role", [b"Arn="]),
        ("client.create_job(jobName='a'", [b", roleArn=", b", tags="]),
        ("nothing", []),
    ],
)
def test_what_is_possible(written: str, texts: list[bytes]) -> None:
    assert list(constraint().possible(written.encode())) == texts


NAMES = NameTrie(["order", "bucket_name", "print"])


@pytest.mark.parametrize(
    ("written", "piece", "fine"),
    [
        ("shop.pay(", "order", True),
        ("shop.pay(", "ord", True),
        ("shop.pay(", "thing", False),  # neither a name nor a keyword
        ("shop.pay(", "am", True),  # may become the keyword amount
        ("shop.pay(amount", ")", False),  # it did not
        ("shop.pay(amount", "=", True),
        ("shop.pay(amount=", "amount", False),
        ("shop.pay(amount=", "bucket", True),
        ("shop.pay(amount=bucket", ",", False),  # a prefix is no name
        ("shop.pay(amount=bucket_name", ",", True),
        ("shop.pay(ord", "er.id)", True),
        ("shop.pay(", "None", True),
        ("shop.pay(", "lam", True),
        ("shop.pay(", "f", True),
        ("shop.pay(", "rb'x'", True),
        ("shop.pay(", "'thing, more'", True),
        ("shop.pay(order, 'a, b", " c", True),
        ("shop.pay(order.", "thing", True),  # a member: not ours to say
        ("shop.pay(order == ", "1", True),
        ("unknown(", "thing", True),  # may be a keyword of it
        ("unknown(key=", "thing", False),
        ("unknown(thing", ", ", False),
        ("unknown(key=", " 'a'", False),
        ("unknown([order, ", "thing]", False),
        ("unknown({order, ", "thing", True),  # may be a comprehension's
        ("def f(order, ", "thing", True),  # defines it
        ("async  def f(order, ", "thing", True),
        ("from shop import (order, ", "thing", True),
        ("definitely(order, key=", "thing", False),  # begins like such a word, and is none
        ("important(order, key=", "thing", False),
        ("f([x for x in order], ", "order", True),
    ],
)
def test_arguments_of_defined_names_only(written: str, piece: str, fine: bool) -> None:
    strict = CallConstraint("", LANGUAGE, MEMBERS.get, PARAMETERS.get, lambda: NAMES)
    assert strict.accepts(written.encode(), piece.encode()) is fine


def test_nothing_is_known_of_names_that_nobody_listed() -> None:
    free = CallConstraint("x = ", LANGUAGE, MEMBERS.get, PARAMETERS.get, lambda: None)
    assert free.accepts(b"shop.pay(", b"thing")


# -- whatever stands around a call, Python's own rules hold in it ------------------------------------------------------


def create(*, jobName: object, roleArn: object, tags: object = None) -> None: ...  # noqa: N803
def pay(order: object, amount: object = 1) -> None: ...
def close() -> None: ...
def log(*args: object, **options: object) -> None: ...


CALLEES = {"client.create_job": create, "shop.pay": pay, "shop.close": close, "shop.log": log}
HEADS = ["", "x = ", "return ", "    y = await ", "for größe in ", "if ", "with ", "print('é', ", "[", "x = {'a': ", "assert not ",
         "while a and ", "d = dict(a=1, b=", "    if x:\n        ", "f(1)\n", "elif ", "@", "def f(a=", "lambda: "]  # fmt: skip
VALUES = ["1", "'a, b='", "order.id", "f(1, b=2)", "[1, 2]", "{'k': 'größe'}", "not order", "a == 1", "(x for x in y)", "lambda a: a"]  # fmt: skip
KEYWORDS = ["jobName", "roleArn", "tags", "order", "amount", "größe"]


def binds(
    callee: Callable[..., None], positional: Sequence[str], keywords: Sequence[str], *, partly: bool
) -> bool:
    """Whether Python takes these arguments."""
    signature = inspect.signature(callee)
    try:
        (signature.bind_partial if partly else signature.bind)(*positional, **dict.fromkeys(keywords))
    except TypeError:
        return False
    return True


@settings(deadline=None, max_examples=200)  # the machine may be busy
@given(
    st.sampled_from(HEADS),
    st.sampled_from(sorted(CALLEES)),
    st.lists(st.sampled_from(VALUES), max_size=3),
    st.lists(
        st.tuples(st.sampled_from(KEYWORDS), st.sampled_from(VALUES)),
        max_size=3,
        unique_by=lambda each: each[0],
    ),
    st.sampled_from(KEYWORDS),
)
def test_a_call_is_bound_as_python_binds_it(
    head: str, name: str, positional: list[str], named: list[tuple[str, str]], keyword: str
) -> None:
    arguments = ", ".join([*positional, *(f"{each}={value}" for each, value in named)])
    written = f"{name}({arguments}".encode()
    keywords = [each for each, _ in named]
    assert constraint(head).accepts(written, b")") is binds(CALLEES[name], positional, keywords, partly=False)
    following = written + b", " if arguments else written
    fits = binds(CALLEES[name], positional, [*keywords, keyword], partly=True) and keyword not in keywords
    assert constraint(head).accepts(following, f"{keyword}=".encode()) is fits


@pytest.mark.parametrize(
    "written", ["shop.pay(order, am", "shop.pay(shop.pay(shop.log(a), ", "shop.pay(order", "x = 1 + "]
)
def test_a_statement_is_parsed_once_at_most(written: str) -> None:
    with patch.object(constrain, "read_fragment", wraps=constrain.read_fragment) as read:
        constraint().accepts(written.encode(), b"ount=")
    assert read.call_count == ("(" in written)


@pytest.mark.parametrize(
    ("written", "rest"),
    [
        ("client.create_m", "odel_job"),
        ("client.create_", ""),  # two begin like that
        ("client.create_job", ""),
        ("client.x", ""),
        ("größe.", "öffnen"),
        ("'größe.", ""),  # a string
        ("other.create_m", ""),
        ("client.create_model_job(", ""),
    ],
)
def test_the_rest_of_the_only_name_is_forced(written: str, rest: str) -> None:
    assert constraint().forced(written.encode()) == rest.encode()


def test_half_a_character_forces_nothing() -> None:
    assert constraint().forced("größe.".encode() + "ö".encode()[:1]) == b""


def test_no_comment_is_begun_between_arguments() -> None:
    made = constraint("client.create_job(")
    assert not made.accepts(b"", b"\n    # jobName=...")
    assert not made.accepts(b'jobName="a", ', b"# roleArn")
    assert made.accepts(b'jobName="', b"# no comment")


def test_a_keyword_of_anybodys_choice_waits_for_those_that_must_be_given() -> None:
    options = Parameter("options", "var_keyword", required=False)
    with patch.dict(PARAMETERS, {"shop.pay": (*(PAY.parameters or ()), options)}):
        made = constraint("shop.pay(")
        assert not made.accepts(b"order_id=", b"1")
        assert made.accepts(b"order=", b"1")
        assert made.accepts(b"order=1, order_id=", b"1")
