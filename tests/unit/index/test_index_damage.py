"""Any one file of an index is emptied, cut off, overwritten or removed: the next build mends it, and says so."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from index_fakes import environment_of, install, write_site, write_workspace

from hash_embedder import HashEmbedder
from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.store.database import Database
from soothsay_index.store.manifest import ReleaseState
from soothsay_index.store.mending import mend
from soothsay_index.store.pruning import prune_other_versions
from soothsay_index.store.rows import SCHEMA_VERSION
from soothsay_index.store.store import Store
from soothsay_index.types import Query
from soothsay_index.worker.client import IndexClient
from soothsay_index.worker.local import LocalIndex

DAMAGES: dict[str, Callable[[Path], object]] = {
    "emptied": lambda file: file.write_bytes(b""),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "overwritten": lambda file: file.write_bytes(os.urandom(max(100, file.stat().st_size))),
    "removed": lambda file: file.unlink(),
}
KINDS = {
    "rows": "db/*.lance/data/*.lance",
    "deleted rows": "db/*.lance/_deletions/*.arrow",
    "versions": "db/*.lance/_versions/*.manifest",
    "newest version": "db/*.lance/_versions/latest_version_hint.json",
    "transactions": "db/*.lance/_transactions/*.txn",
    "indices by value": "db/*.lance/_indices/*/page_*.lance",
    "indices by word": "db/*.lance/_indices/*/[!p]*.lance",
    "parts of indices by word": "db/*.lance/_indices/*/part_*.lance",
    "list of packages": "manifest.json",
    "list before it": "manifest.previous.json",
    "packages in use": "state.json",
    "locks": "*.lock",
}


def open_index(root: Path, workspace: Path) -> LocalIndex:
    embedder = HashEmbedder()
    return LocalIndex(
        Store(root, workspace, embedder.model_id, embedder.dimension), embedder, open_single_thread
    )


def known_to(index: LocalIndex) -> tuple[object, ...]:
    """Return what is found, by each way to find it."""
    owners = ("billing.ledger", "shapes", "numerals", "botocore:kitchen")
    members = {owner: sorted(symbol.name for symbol in index.members(owner)) for owner in owners}
    found = [
        [
            hit.symbol.qualified_name if hit.symbol else hit.chunk and hit.chunk.path
            for hit in index.search(query)
        ]
        for query in (
            Query("bakes a loaf of bread"),
            Query("post an entry to the ledger"),
            Query("bakes bread", owners=("botocore:kitchen",)),
        )
    ]
    state = index.store.packages.manifest().releases
    status = index.status()
    return (
        members,
        found,
        {key: (each.symbols, each.chunks, each.embedded) for key, each in state.items()},
        (status.files, status.chunks, status.symbols, status.packages, status.services, status.vectors),
    )


class Whole:
    """An index without damage, what it knows, and copies of it to damage."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.workspace = write_workspace(folder)
        site = write_site(folder)
        install(site, "numerals", {"numerals/__init__.py": "def roman(n):\n    'A numeral.'\n"})
        (self.workspace / "app.py").write_text(
            "import boto3\nimport numerals\nimport shapes\nboto3.client('kitchen')\n"
        )
        self.environment = environment_of(site)
        self.index = folder / "index"
        index = open_index(self.index, self.workspace)
        index.build_from(self.environment)
        ledger = self.workspace / "billing" / "ledger.py"
        ledger.write_text(ledger.read_text() + "\ndef reopen_month(month): ...\n")
        index.update([ledger])
        index.build_from(self.environment)
        self.known = known_to(index)
        index.close()

    def copies(self, pattern: str) -> Iterator[tuple[Path, str]]:
        """Yield copies of the index, one for each damage, in which files of both databases are damaged."""
        for damage, apply in DAMAGES.items():
            copy = self._folder / "damaged"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self.index, copy)
            for database in (copy / "packages", *(copy / "workspaces").iterdir()):
                for file in _newest(database.glob(pattern)):
                    apply(file)
            yield copy, damage


def _newest(files: Iterator[Path]) -> list[Path]:
    """Return of each table the files of the kind, or the newest version: versions count downwards."""
    by_table: dict[str, list[Path]] = {}
    for file in sorted(files):
        table = next((part for part in file.parts if part.endswith(".lance")), "")
        by_table.setdefault(table, []).append(file)
    return [
        file
        for found in by_table.values()
        for file in (found[:1] if found[0].suffix == ".manifest" else found)
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return Whole(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_mended_by_the_next_build(whole: Whole, kind: str):
    for copy, damage in whole.copies(KINDS[kind]):
        index = open_index(copy, whole.workspace)
        index.build_from(whole.environment)
        assert known_to(index) == whole.known, damage
        index.close()


def damage(database: Database, pattern: str) -> None:
    files = [file for file in database.folder.glob(pattern) if file.is_file()]
    assert files
    for file in files:
        file.write_bytes(b"")


def opened(whole: Whole, copy: Path) -> Database:
    shutil.copytree(whole.index, copy)
    return open_index(copy, whole.workspace).store.packages


def test_the_person_is_told_what_was_damaged(whole: Whole, tmp_path: Path):
    database = opened(whole, tmp_path / "index")
    damage(database, "db/symbols.lance/_indices/*/page_lookup.lance")
    index = open_index(tmp_path / "index", whole.workspace)
    told: list[str] = []
    index.build_from(
        whole.environment,
        lambda progress: told.append(progress.detail) if progress.stage == "warning" else None,
    )
    (told_once,) = told
    assert "was damaged (symbols): it was repaired, nothing is lost" in told_once
    index.build_from(whole.environment, lambda progress: told.append(progress.stage))
    assert "warning" not in told, "what was told is not told again"


def test_packages_in_other_files_are_kept(whole: Whole, tmp_path: Path):
    """Of two packages in two files, one file is damaged: the other package is not read again."""
    index = open_index(tmp_path / "index", whole.workspace)
    index.build_from(whole.environment)
    packages = index.store.packages
    before = set((packages.folder / "db" / "symbols.lance" / "data").iterdir())
    site = tmp_path / "site-packages"
    install(site, "colours", {"colours/__init__.py": "def mix(a, b):\n    'Mix.'\n"})
    other = tmp_path / "other"
    other.mkdir()
    (other / "use.py").write_text("import colours\n")
    second = open_index(tmp_path / "index", other)
    second.store.packages.optimize = lambda: None  # type: ignore[method-assign]  # it would make one file of both
    second.build_from(environment_of(site))
    (added,) = set((packages.folder / "db" / "symbols.lance" / "data").iterdir()) - before
    kept = {key for key in packages.manifest().releases if not key.startswith("colours")}
    added.write_bytes(b"")
    found = mend(open_index(tmp_path / "index", other).store.packages)
    assert found is not None and found.releases == 1
    assert set(packages.manifest().releases) == kept


def test_nothing_is_given_up_for_a_fault_that_passes(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    database = opened(whole, tmp_path / "index")
    before = database.manifest()

    def too_many(name: str) -> object:
        raise RuntimeError("lance error: LanceError(IO): Too many open files (os error 24)")

    monkeypatch.setattr(database, "open_anew", too_many)
    with pytest.raises(SoothsayIndexError, match="Too many open files"):
        mend(database)
    monkeypatch.undo()
    assert mend(database) is None and database.manifest() == before


def test_what_cannot_be_read_for_a_moment_stays_recorded(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    database = opened(whole, tmp_path / "index")
    before = database.manifest()

    def too_many(path: Path, **_: object) -> str:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", too_many)
        with pytest.raises(OSError, match="Too many"):
            database.record_releases({"more": ReleaseState(1, "package")})
    assert database.manifest() == before


def test_a_whole_index_is_found_whole(whole: Whole, tmp_path: Path):
    assert mend(opened(whole, tmp_path / "index")) is None


# -- other versions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1])
def test_an_index_of_another_version_is_left_alone(whole: Whole, tmp_path: Path, schema: int):
    root = tmp_path / "index"
    shutil.copytree(whole.index, root)
    for file in root.rglob("manifest*.json"):
        file.write_text(json.dumps({**json.loads(file.read_text()), "schema": schema, "more": [1]}))
    before = {
        file: file.read_bytes() for file in root.rglob("*") if file.is_file() and file.suffix != ".lock"
    }
    index = open_index(root, whole.workspace)
    told: list[str] = []
    index.build_from(whole.environment, lambda progress: told.append(progress.detail))
    assert any("another version of soothsay and stays as it is" in each for each in told)
    assert index.has_name("reopen_month") and index.has_name("roman")
    assert {file: file.read_bytes() for file in before} == before
    told.clear()
    again = open_index(root, whole.workspace)
    again.build_from(whole.environment, lambda progress: told.append(progress.detail))
    assert not any("another version" in each for each in told), "it has its own index by now"


def test_an_index_that_no_version_uses_is_removed_after_some_time(whole: Whole, tmp_path: Path):
    root = tmp_path / "index"
    shutil.copytree(whole.index, root)
    (file,) = root.glob("packages/manifest.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "schema": SCHEMA_VERSION - 1}))
    store = open_index(root, whole.workspace).store
    prune_other_versions(store.packages)
    assert file.exists(), "another version may use it"
    for each in file.parent.iterdir():
        os.utime(each, (0, 0))
    prune_other_versions(store.packages)
    assert not file.parent.exists() and store.packages.folder.exists()


# -- what a disk or its permissions refuse ----------------------------------------------------------------------------


def test_a_manifest_that_cannot_be_written_stays_as_it_was(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    database = opened(whole, tmp_path / "index")
    before = database.manifest()

    def full(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        database.record_releases({})
    monkeypatch.undo()
    assert database.manifest() == before
    assert not list(database.folder.glob("*.json.*")), "no part of a file is left"


# -- damage while the index is open -----------------------------------------------------------------------------------


def damage_rows(folder: Path) -> None:
    for file in folder.glob("workspaces/*/db/symbols.lance/data/*.lance"):
        file.write_bytes(b"")


def until(condition: Callable[[], object], what: object) -> None:
    deadline = time.monotonic() + 200.0
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.mark.process
def test_damage_is_mended_while_the_index_is_open(tmp_path: Path):
    """Where something fails of it, and where the process that had opened it ends."""
    workspace = write_workspace(tmp_path)
    warnings: list[str] = []
    with IndexClient(tmp_path / "index", workspace, timeout=30.0, on_warning=warnings.append) as client:
        client.build(interpreter="/no/such/python", embed=False)
        damage_rows(tmp_path / "index")
        (workspace / "later.py").write_text("def written_later(): ...\n")
        client.update([workspace / "later.py"])
        until(lambda: warnings and client.search(Query("post an entry to the ledger")), warnings)
        assert "was damaged (symbols)" in warnings[0]
        assert client.has_name("written_later")
        warnings.clear()
        damage_rows(tmp_path / "index")
        assert client.process_id is not None
        os.kill(client.process_id, signal.SIGTERM)
        until(lambda: client.has_name("post_entry") and client.has_name("written_later"), warnings)
    assert "was damaged (symbols)" in warnings[0]


# -- two workspaces ---------------------------------------------------------------------------------------------------


def test_nothing_of_one_workspace_is_answered_to_another(whole: Whole, tmp_path: Path):
    """They share the folder of indexes, the packages and the names of files."""
    root = tmp_path / "index"
    shutil.copytree(whole.index, root)
    other = tmp_path / "elsewhere" / whole.workspace.name
    (other / "billing").mkdir(parents=True)
    (other / "billing" / "ledger.py").write_text("def hers(): ...\n")
    mine, hers = open_index(root, whole.workspace), open_index(root, other)
    hers.build_from(whole.environment)
    assert hers.has_name("hers") and not mine.has_name("hers")
    for name in ("post_entry", "reopen_month", "close_month", "Ledger"):
        assert mine.has_name(name) and not hers.has_name(name)
        assert hers.lookup(f"billing.ledger.{name}") is None
    assert {each.name for each in hers.members("billing.ledger") if each.uri} == {"hers"}
    for query in (Query("post an entry to the ledger"), Query("ledger", modules=("billing.ledger",))):
        for hit in hers.search(query):
            assert str(whole.workspace) not in (
                hit.symbol.uri if hit.symbol else hit.chunk.uri if hit.chunk else ""
            )


# -- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [-20, 20])
def test_a_clock_that_jumps_loses_nothing(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, years: int
):
    root = tmp_path / "index"
    shutil.copytree(whole.index, root)
    jumped = time.time() + years * 365 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: jumped)
    index = open_index(root, whole.workspace)
    index.writer.keep_lease()
    index.writer.prune()
    stages: list[str] = []
    index.build_from(whole.environment, lambda progress: stages.append(progress.detail))
    index.writer.prune()
    assert known_to(index)[:3] == whole.known[:3]
    assert "0 changed" in stages
    index.close()
