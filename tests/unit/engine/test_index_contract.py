"""What the engine relies on, of every `Index`: the fake of its own tests, a tiny one, and one behind a worker process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_index import SYMBOLS, build_tiny_index, fake_index, write_environment, write_workspace

from soothsay.model.files.cache import is_pulled, model_path
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Hit, Index, Query, Symbol
from soothsay_index.worker.client import IndexClient

OWNERS = tuple(dict.fromkeys(symbol.owner for symbol in SYMBOLS))
UNKNOWN = ("nowhere", "shop.nowhere", "botocore:nowhere", "shop.pay", "", ".", "'", '"; --', "ü")
QUERIES = (
    Query("give the money back"),
    Query("pay the order", owners=("shop",)),
    Query("put object", owners=("botocore:s3", "botocore:sqs"), limit=2),
    Query("", owners=("lib",)),
    Query("load a frame", packages=("lib",), modules=("lib",), limit=50),
    Query("pay reverse", path="shop.py", limit=50),
    Query("'; \" AND ( * ü", code="def f(:\n", recent=("shop.py", "nowhere.py")),
)


@pytest.fixture(
    scope="module",
    params=[
        "fake",
        "tiny",
        pytest.param("worker", marks=pytest.mark.process),
        pytest.param("embedded", marks=pytest.mark.slow),
    ],
)
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The world of `tiny_index`. ``embedded`` alone has the real embedding model."""
    folder = tmp_path_factory.mktemp("world")
    if request.param == "fake":
        yield fake_index()
    elif request.param == "tiny":
        yield build_tiny_index(folder)
    else:
        model = model_path(EMBEDDING_MODEL) if request.param == "embedded" else None
        if model is not None and not is_pulled(EMBEDDING_MODEL):
            pytest.skip(f"{EMBEDDING_MODEL} is not pulled")
        environ = {**os.environ, "VIRTUAL_ENV": str(write_environment(folder))}
        workspace = write_workspace(folder)
        with IndexClient(folder / "index", workspace, model, timeout=60.0, environ=environ) as client:
            client.build()
            yield client


def name_of(symbol: Symbol) -> str:
    return f"{symbol.owner}.{symbol.name}"


def symbol_of(hit: Hit) -> Symbol | None:
    return hit.symbol or (hit.chunk.symbol if hit.chunk else None)


def found_names(hits: Sequence[Hit]) -> list[str]:
    return [name_of(symbol) for hit in hits if (symbol := symbol_of(hit))]


def test_members_are_those_that_the_source_defines(index: Index) -> None:
    for owner in OWNERS:
        defined = {symbol.name for symbol in SYMBOLS if symbol.owner == owner}
        members = index.members(owner)
        assert defined <= {symbol.name for symbol in members}, owner
        assert {symbol.owner for symbol in members} == {owner}


@pytest.mark.parametrize("expected", SYMBOLS, ids=name_of)
def test_a_symbol_says_what_it_is_and_where_it_is_from(index: Index, expected: Symbol) -> None:
    found = index.lookup(name_of(expected))
    assert found is not None
    assert (found.qualified_name, found.origin) == (expected.qualified_name, expected.origin)
    assert (found.package, found.version) == (expected.package, expected.version)
    assert bool(found.uri) == bool(expected.uri)
    assert found in index.members(expected.owner)


@pytest.mark.parametrize("expected", [s for s in SYMBOLS if s.parameters is not None and s.uri], ids=name_of)
def test_parameters_have_their_names_kinds_and_whether_they_are_required(
    index: Index, expected: Symbol
) -> None:
    found = index.lookup(name_of(expected))
    assert found is not None and expected.parameters is not None
    assert [(p.name, p.kind, p.required) for p in found.parameters or ()] == [
        (p.name, p.kind, p.required) for p in expected.parameters
    ]


def test_what_returns_an_object_says_which(index: Index) -> None:
    found = index.lookup("lib.load")
    assert found is not None and found.returns == "Frame"


@pytest.mark.parametrize("owner", UNKNOWN)
def test_of_an_unknown_owner_nothing_is_known(index: Index, owner: str) -> None:
    assert list(index.members(owner)) == []
    assert index.is_closed(owner) is False
    assert index.lookup(f"{owner}.pay") is None
    assert list(index.search(Query("pay", owners=(owner,)))) == []


def test_a_missing_name_is_certain_only_of_closed_owners(index: Index) -> None:
    for owner in OWNERS:
        assert index.is_closed(owner) is True
        assert index.lookup(f"{owner}.refund") is None
    assert index.lookup("lazy.known") is not None
    assert index.is_closed("lazy") is False, "its other names are made when they are asked for"


def test_what_is_indexed_counts_as_indexed(index: Index) -> None:
    for owner in OWNERS:
        assert index.package_state(owner) == "indexed", owner


def test_a_bare_name_is_known_wherever_it_stands(index: Index) -> None:
    for symbol in SYMBOLS:
        assert index.has_name(symbol.name) or not symbol.uri, "a name that is only imported may be left out"
    for name in ("refund", "", "shop.pay", "PAY", "pa"):
        assert index.has_name(name) is False


@pytest.mark.parametrize("query", QUERIES)
def test_hits_are_few_distinct_and_the_best_first(index: Index, query: Query) -> None:
    hits = list(index.search(query))
    assert len(hits) <= query.limit
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert hit.symbol is not None if hit.kind == "symbol" else hit.chunk is not None
    found = found_names(hits)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("query", [query for query in QUERIES if query.owners])
def test_of_known_receivers_only_members_are_found(index: Index, query: Query) -> None:
    hits = index.search(query)
    assert hits
    for hit in hits:
        symbol = symbol_of(hit)
        assert symbol is not None and symbol.owner in query.owners
        assert index.lookup(name_of(symbol)) is not None


@pytest.mark.parametrize(
    ("text", "packages", "expected"),
    [
        ("shop pay order", (), "shop.pay"),
        ("load it", ("lib",), "lib.load"),
        ("put an object", ("botocore",), "botocore:s3.put_object"),
    ],
)
def test_without_a_receiver_it_is_searched_everywhere(
    index: Index, text: str, packages: tuple[str, ...], expected: str
) -> None:
    assert expected in found_names(index.search(Query(text, packages=packages, limit=50)))


def test_the_edited_file_is_not_an_answer(index: Index) -> None:
    query = Query("pay reverse the order", limit=50)
    assert {"shop.pay", "shop.reverse"} <= set(found_names(index.search(query)))
    hits = index.search(replace(query, path="shop.py"))
    assert not [hit for hit in hits if hit.chunk and hit.chunk.path == "shop.py"]
    assert not {"shop.pay", "shop.reverse"} & set(found_names(hits))


def test_nothing_is_found_for_nothing(index: Index) -> None:
    for query in (Query(""), Query(" \n"), Query("pay", limit=0), Query("", owners=("nowhere",))):
        assert list(index.search(query)) == []


def everything(index: Index) -> list[Callable[[], object]]:
    return [
        lambda: [name_of(symbol) for symbol in index.members("lib")],
        lambda: index.is_closed("shop"),
        lambda: index.lookup("botocore:s3.put_object") is not None,
        lambda: index.has_name("till_of"),
        lambda: [hit.kind for hit in index.search(Query("pay", owners=("shop",)))],
    ]


def test_a_request_that_is_not_cancelled_has_the_same_answers(index: Index) -> None:
    expected = [ask() for ask in everything(index)]
    assert all(expected)
    for cancel in (None, Cancellation()):
        assert [ask() for ask in everything(index.until(cancel))] == expected


def test_after_a_request_is_cancelled_answers_are_right_or_empty(index: Index) -> None:
    cancel = Cancellation()
    expected = [ask() for ask in everything(index)]
    of_request = index.until(cancel)
    cancel.set()
    for ask, right in zip(everything(of_request), expected, strict=True):
        assert ask() in (right, type(right)()), "a cancelled question does not raise, and invents nothing"
    assert [ask() for ask in everything(index)] == expected, "others are not cancelled"


def test_threads_ask_at_the_same_time(index: Index) -> None:
    expected = [ask() for ask in everything(index)]
    together = threading.Barrier(4)

    def ask_all(_: int) -> list[object]:
        together.wait(60)
        return [ask() for ask in everything(index)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask_all, range(4))) == [expected] * 4


def test_members_of_the_workspace_carry_the_text_that_defines_them(index: Index) -> None:
    found = [hit for hit in index.search(Query("pay", owners=("shop",))) if hit.chunk]
    if not found:
        pytest.skip("it keeps no text")
    assert {Path(hit.chunk.path).name for hit in found if hit.chunk} == {"shop.py"}
    assert any("def pay(order)" in hit.chunk.text for hit in found if hit.chunk)
