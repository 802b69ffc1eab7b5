"""Columns in memory follow the table through additions, deletions and compaction."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from soothsay_index.store.catalogue import Catalogue
from soothsay_index.store.database import Database
from soothsay_index.store.rows import SYMBOLS, symbol_row, table_of
from soothsay_index.types import Symbol


def rows(*names: str):
    made = [Symbol(f"m.{name}", name, "m", "function", "package", "p", "1", "file:///m.py") for name in names]
    return table_of([symbol_row(symbol, "p@1/m") for symbol in made], SYMBOLS)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path, {"symbols": SYMBOLS}, "", 4)


@pytest.fixture
def names(database: Database) -> Catalogue[str]:
    return Catalogue(database, "symbols", ("name", "owner"), lambda row: row["qualified_name"])


def found(names: Catalogue[str], *wanted: str) -> list[str]:
    ids = names.ids("name", wanted)
    by_id = names.rows(ids)
    assert set(by_id) == set(ids)
    assert [name for _, name in names.values(ids, "name")] == [
        by_id[row_id].removeprefix("m.") for row_id in ids
    ]
    return sorted(by_id.values())


def test_a_table_that_is_not_there_has_no_rows(names):
    assert found(names, "a") == [] and names.values([3, 1], "name") == [] and dict(names.rows([3])) == {}


def test_columns_follow_every_change(database, names):
    assert found(names, "a") == []
    database.add("symbols", rows("a", "b", "c"))
    assert found(names, "a", "c", "z") == ["m.a", "m.c"]
    database.add("symbols", rows("d", "a"))
    assert found(names, "a", "d") == ["m.a", "m.a", "m.d"]
    database.delete("symbols", "name = 'b'")
    assert found(names, "a", "b", "c") == ["m.a", "m.a", "m.c"]
    database.delete("symbols", "name = 'd'")
    database.add("symbols", rows("e"))
    assert found(names, "d", "e") == ["m.e"]
    database.table("symbols").optimize(cleanup_older_than=timedelta(days=1))
    database.refresh()
    assert found(names, "a", "c", "e") == ["m.a", "m.a", "m.c", "m.e"]
    database.delete("symbols", "owner = 'm'")
    assert found(names, "a", "c", "e") == []


def test_only_what_is_asked_for_is_read_but_all_that_is_known_is_given(database):
    database.add("symbols", rows("a"))
    seen: list[dict] = []
    catalogue = Catalogue(
        database, "symbols", ("name",), lambda row: seen.append(row) or row["kind"], ("kind",)
    )
    (row_id,) = catalogue.ids("name", ["a"])
    assert catalogue.rows([row_id]) == {row_id: "function"}
    assert seen == [{"name": "a", "kind": "function"}]
    assert catalogue.rows([row_id]) and len(seen) == 1  # a row is read once


def test_rows_that_have_gone_are_missing(database, names):
    database.add("symbols", rows("a", "b"))
    ids = names.ids("name", ["a", "b"])
    database.delete("symbols", "name = 'a'")
    assert list(names.rows(ids).values()) == ["m.b"]


def test_numbers_stay_numbers_when_the_table_comes_later(database):
    lines = Catalogue(database, "symbols", ("name", "line"), lambda row: row["name"])
    assert lines.ids("name", ["a"]) == []  # asked before anything was written
    database.add("symbols", rows("a"))
    ((row_id, line),) = lines.select("name", ["a"], "line")
    assert line == 1 and lines.rows([row_id]) == {row_id: "a"}


def test_inside_a_write_nothing_is_read_again_but_what_somebody_found(database, names):
    database.add("symbols", rows("a"))
    (known,) = names.ids("name", ["a"])
    with database.writing():
        database.add("symbols", rows("b"))
        assert not names.is_behind and names.ids("name", ["b"]) == []
        assert [name for _, name in names.values([known, known + (1 << 32)], "name")] == ["a", "b"]
    assert names.ids("name", ["b"])


def test_a_long_build_brings_full_text_up_to_date_now_and_then(database, monkeypatch):
    done: list[str] = []
    monkeypatch.setattr(database, "_optimize", lambda name, _: done.append(name))
    database.add("symbols", rows("first"))
    database.add("symbols", rows(*(f"n{number}" for number in range(1_400))))
    database.index_recent_rows()
    assert not done
    database.add("symbols", rows(*(f"m{number}" for number in range(200))))
    database.index_recent_rows()
    assert done == ["symbols"]
