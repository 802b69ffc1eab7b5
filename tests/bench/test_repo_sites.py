"""Lines that call another file: found in a repository made by hand."""

from pathlib import Path

import pytest
from bench.repo.sites import Site, sites
from bench.repo.symbols import Definition, Repository, parse
from bench.repo.tasks import task_of

STORE = """
from abc import ABC

import pydantic

LIMIT = 3


class Base(ABC):
    def close_everything(self): ...


class Store(Base):
    size: int = 0

    def __init__(self, path):
        self.path = path

    def add_document(self, text, tags=()): ...

    @classmethod
    def open_or_create(cls, path): ...


class Row(pydantic.BaseModel):
    name: str

    def as_dictionary(self): ...


def connect_to_store(url, timeout=3): ...
"""
SERVICE = '''"""A service."""

from __future__ import annotations

import json
from pathlib import Path

from shop import store as stores
from shop.store import Row, Store, connect_to_store
from .helpers import shorten_the_text


class Service:
    row: Row

    def __init__(self, store: Store, name: str | None = None):
        self.store = store
        self.name = shorten_the_text(name, 3)

    def put(self, text: str) -> None:
        self.store.add_document(text, tags=["a"])
        self.store.close_everything()
        data = json.loads(text)
        return self.row.as_dictionary()


def main(path: Path, other: "Store | None" = None):
    store = Store.open_or_create(path)
    made = Store(path)
    made.add_document("x")
    link = connect_to_store(path, timeout=9)
    again = stores.connect_to_store(path)
    raise ValueError(shorten_the_text("x", 5))


def shadow(connect_to_store):
    return connect_to_store("somewhere")


def tell():
    print(shorten_the_text("a message", 4))
    return shorten_the_text("a message that nobody can guess here", 4)
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    package = tmp_path / "shop"
    package.mkdir()
    for name, text in (("__init__", "from .store import Store\n"), ("store", STORE), ("service", SERVICE), ("helpers", "def shorten_the_text(text, to):\n    return text[:to]\n")):  # fmt: skip
        (package / f"{name}.py").write_text(text)
    return tmp_path


def found(root: Path) -> list[Site]:
    repository = Repository.read(root)
    tree = parse(SERVICE)
    assert tree is not None
    return list(sites(repository, repository.modules["shop.service"], SERVICE, tree))


def test_calls_of_what_other_files_define_are_sites(root: Path):
    assert [(site.receiver, site.name, site.symbol) for site in found(root)] == [
        ("", "shorten_the_text", "shop.helpers.shorten_the_text"),
        ("self.store", "add_document", "shop.store.Store.add_document"),
        ("self.store", "close_everything", "shop.store.Store.close_everything"),
        ("self.row", "as_dictionary", "shop.store.Row.as_dictionary"),
        ("Store", "open_or_create", "shop.store.Store.open_or_create"),
        ("", "Store", "shop.store.Store"),
        ("made", "add_document", "shop.store.Store.add_document"),
        ("", "connect_to_store", "shop.store.connect_to_store"),
        ("stores", "connect_to_store", "shop.store.connect_to_store"),
    ]


def test_what_is_to_be_written_goes_to_the_end_of_the_line(root: Path):
    by_name = {(site.receiver, site.name): site for site in found(root)}
    assert by_name["self.store", "add_document"].answer == 'add_document(text, tags=["a"])'
    assert by_name["", "connect_to_store"].answer == "connect_to_store(path, timeout=9)"
    assert by_name["made", "add_document"].seen
    assert not by_name["Store", "open_or_create"].seen


def test_the_names_that_may_stand_there(root: Path):
    by_name = {(site.receiver, site.name): site for site in found(root)}
    store = by_name["self.store", "add_document"]
    assert {"add_document", "open_or_create", "size", "path", "close_everything"} <= store.names
    assert store.closed
    assert not by_name["self.row", "as_dictionary"].closed  # pydantic gives it more
    plain = by_name["", "connect_to_store"]
    assert {"stores", "Service", "path", "len", "made"} <= plain.names


def test_imports_are_followed(root: Path):
    repository = Repository.read(root)
    assert repository.find("shop.Store") == Definition("shop.store", "Store", "class")
    assert repository.find("shop.store") == Definition("shop.store", "", "module")
    assert repository.find("shop.nothing") is None
    assert repository.find("json.loads") is None
    names, closed = repository.members(Definition("shop", "", "module"))
    assert {"Store", "store", "service"} <= names
    assert closed


def test_a_task_is_the_file_without_the_answer(root: Path):
    site = next(site for site in found(root) if site.name == "open_or_create")
    task = task_of("shop", site, SERVICE)
    text, offset = task["text"], task["offset"]
    assert text[:offset].endswith("    store = Store.")
    assert text[offset:].startswith("\n    made = Store(path)")
    assert text[:offset] + task["answer"] + text[offset:] == SERVICE
