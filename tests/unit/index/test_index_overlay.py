"""What is newer than the store is found in its place."""

from __future__ import annotations

import pytest

from soothsay_index.build.files import FileSync
from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.build.reading import read_files
from soothsay_index.sources.base import FileFacts
from soothsay_index.store import table_cache
from soothsay_index.store.overlay import Overlay
from soothsay_index.store.store import Store
from soothsay_index.worker.local import LocalIndex

ONE, OTHER, THIRD = FileFacts(), FileFacts(owners=()), FileFacts(symbols=())


def test_what_the_editor_shows_counts_before_what_is_being_stored():
    overlay = Overlay()
    overlay.put("a.py", ONE)
    overlay.add_pending({"a.py": OTHER, "b.py": OTHER})
    assert overlay.snapshot()["a.py"] is ONE and overlay.snapshot()["b.py"] is OTHER
    assert overlay.open_paths() == ("a.py",)
    assert overlay.drop("a.py") and not overlay.drop("a.py")
    assert overlay.snapshot()["a.py"] is OTHER


def test_a_file_that_was_saved_again_meanwhile_stays_ahead():
    overlay = Overlay()
    first, second = {"a.py": ONE}, {"a.py": THIRD}
    overlay.add_pending(first)
    overlay.add_pending(second)
    overlay.remove_pending(first)
    assert overlay.snapshot()["a.py"] is THIRD
    overlay.remove_pending(second)
    assert not overlay.snapshot()


@pytest.fixture
def index(tmp_path, workspace):
    index = LocalIndex(Store(tmp_path / "index", workspace), open_executor=open_single_thread)
    index.build_from(None)
    return index


def test_a_saved_file_is_found_before_it_is_stored(index, workspace, monkeypatch):
    # on a busy machine reading a table is slow, and would be left to a thread
    monkeypatch.setattr(table_cache, "_SYNCHRONOUS_SECONDS", 60.0)
    seen: list[tuple[bool, bool]] = []
    write = FileSync._write

    def slow(self, batch):
        seen.append((index.has_name("freshly_saved"), index.has_name("post_entry")))
        write(self, batch)

    monkeypatch.setattr(FileSync, "_write", slow)
    ledger = workspace / "billing" / "ledger.py"
    ledger.write_text("def freshly_saved():\n    '''Do it.'''\n")
    assert index.update([ledger]) == 1
    assert seen == [(True, False)]  # and what the file said before was not
    assert index.has_name("freshly_saved") and not index.has_name("post_entry")


def test_a_deleted_file_is_gone_before_the_store_knows(index, workspace, monkeypatch):
    seen: list[bool] = []
    write = FileSync._write
    monkeypatch.setattr(
        FileSync,
        "_write",
        lambda self, batch: (seen.append(index.has_name("post_entry")), write(self, batch)),
    )
    (workspace / "billing" / "ledger.py").unlink()
    index.update([workspace / "billing" / "ledger.py"])
    assert seen == [False] and not index.has_name("post_entry")


def test_a_file_that_changes_while_it_waits_is_read_again(index, workspace):
    ledger = workspace / "billing" / "ledger.py"
    ledger.write_text("def written_first(): ...\n")
    files = index.writer.keep_lease()

    def change(_):
        ledger.write_text("def written_second(): ...  # and longer\n")

    files.update([ledger], change)
    assert index.has_name("written_second") and not index.has_name("written_first")


def test_two_who_tell_of_the_same_change_store_it_once(index, workspace):
    ledger = workspace / "billing" / "ledger.py"
    ledger.write_text("def told_twice(): ...\n")
    files = index.writer.keep_lease()
    files.update([ledger], lambda _: files.update([ledger]))
    assert index.store.local.count("files", "path = 'billing/ledger.py'") == 1
    assert index.store.local.count("symbols", "name = 'told_twice'") == 1


def test_what_was_cut_says_what_is_gone(index, workspace):
    cut = read_files(index.workspace, ["app.py", "no.py"], {})
    assert set(cut.facts()) == {"app.py", "no.py"} and cut.facts()["no.py"] == FileFacts()
