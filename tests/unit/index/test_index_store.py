import json
from pathlib import Path

import numpy as np
import pytest

from soothsay_index.errors import SoothsayIndexError
from soothsay_index.sources.base import Harvest, OwnerFacts, Release
from soothsay_index.store.catalogue import best_ids, nearest_ids
from soothsay_index.store.database import Database, quote
from soothsay_index.store.manifest import ReleaseState
from soothsay_index.store.rows import SYMBOLS, harvest_tables, symbol_of, table_of, vectors_schema
from soothsay_index.store.store import Store
from soothsay_index.types import Parameter, Symbol

RELEASE = Release("shapes", "1.2", "shapes")


def symbol(name: str, **changes) -> Symbol:
    values = {
        "qualified_name": f"shapes.{name}", "name": name, "owner": "shapes", "kind": "function", "origin": "package",
        "package": "shapes", "version": "1.2", "uri": "file:///shapes.py", "line": 3, "summary": "Does it's thing.",
        "parameters": (Parameter("a", "positional_only", True, "int"), Parameter("b", default="'x'")),
    }  # fmt: skip
    return Symbol(**{**values, **changes})


def open_database(folder: Path, model: str = "m", dimension: int = 4) -> Database:
    return Database(folder, {"symbols": SYMBOLS, "vectors": vectors_schema(dimension)}, model, dimension)


def fill(database: Database) -> None:
    tables = harvest_tables(
        [(RELEASE, Harvest((symbol("cut"), symbol("o'brien"), symbol("grow", parameters=None))))]
    )
    database.add("symbols", tables["symbols"])
    database.record_releases({RELEASE.key: ReleaseState(3, "package", embedded=True)})


def test_symbols_come_back_as_they_went_in(tmp_path):
    database = open_database(tmp_path)
    fill(database)
    rows = open_database(tmp_path).rows("symbols", f"name = {quote('cut')}")
    assert [symbol_of(row) for row in rows] == [symbol("cut")]
    assert symbol_of(database.rows("symbols", "name = 'grow'")[0]).parameters is None


def test_quotes_in_names_are_no_trouble(tmp_path):
    database = open_database(tmp_path)
    fill(database)
    assert len(database.rows("symbols", f"name = {quote(chr(111) + chr(39) + 'brien')}")) == 1
    database.delete_in("symbols", "name", ["o'brien"])
    assert database.count("symbols") == 2


def test_full_text_finds_split_words_and_rows_added_later(tmp_path):
    database = open_database(tmp_path)
    fill(database)
    later = symbol("create_model_customization_job", summary="Creates a fine-tuning job.")
    database.add("symbols", harvest_tables([(RELEASE, Harvest((later,)))])["symbols"])
    (best, *_) = best_ids(database, "symbols", "customization model", 3)
    (row,) = database.rows("symbols", f"_rowid = {best}", ["name"])
    assert row["name"] == later.name
    assert best_ids(database, "symbols", "", 3) == {}


def test_vectors_are_found_by_nearness(tmp_path):
    database = open_database(tmp_path)
    rows = [
        {"key": "a", "package": "p", "vector": [1.0, 0, 0, 0]},
        {"key": "b", "package": "q", "vector": [0, 1.0, 0, 0]},
    ]
    database.add("vectors", table_of(rows, vectors_schema(4)))
    table = database.table("vectors")
    assert table is not None
    keys = table.search().select(["key"]).with_row_id(True).to_list()
    key = {row["_rowid"]: row["key"] for row in keys}
    near = nearest_ids(database, np.array([0.9, 0.1, 0, 0], dtype=np.float32), 2)
    assert [key[row] for row in near] == ["a", "b"]
    assert [key[row] for row in nearest_ids(database, np.ones(4, dtype=np.float32), 2, "package = 'q'")] == [
        "b"
    ]


def test_another_schema_has_a_folder_of_its_own(tmp_path):
    folder = tmp_path / "packages"
    fill(open_database(folder))
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 0}))
    again = open_database(folder)
    assert again.folder != folder and "another version" in again.notes[0]
    assert again.count("symbols") == 0 and again.manifest().releases == {}


def test_another_model_costs_the_vectors_only(tmp_path):
    database = open_database(tmp_path)
    fill(database)
    database.add(
        "vectors", table_of([{"key": "a", "package": "p", "vector": [1.0, 0, 0, 0]}], vectors_schema(4))
    )
    again = open_database(tmp_path, "other", 8)
    assert again.count("symbols") == 3 and again.count("vectors") == 0
    assert not again.manifest().releases[RELEASE.key].embedded


def test_a_corrupt_manifest_is_not_trusted(tmp_path):
    fill(open_database(tmp_path))
    (tmp_path / "manifest.json").write_text("{nonsense")
    (before,) = tmp_path.glob("manifest.previous.json")
    again = open_database(tmp_path)
    assert again.count("symbols") == 3, "the one before it counts"
    assert "what was added last is indexed again" in again.notes[0]
    for file in (before, tmp_path / "manifest.json"):
        file.write_text("")
    again = open_database(tmp_path)
    assert again.count("symbols") == 0 and "cannot be read: everything is indexed again" in again.notes[0]


def test_an_unusable_folder_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SoothsayIndexError, match="make it writable"):
        Store(tmp_path / "file", tmp_path)


def test_owner_facts_keep_their_hidden_names():
    tables = harvest_tables([(RELEASE, Harvest((), (OwnerFacts("shapes", True, ("_a", "os")),)))])
    owners = tables["owners"]
    assert owners.to_pylist()[0]["hidden"] == "_a os"
