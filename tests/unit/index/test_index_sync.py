import os
import threading
from pathlib import Path

import pytest
from index_fakes import LEDGER

from hash_embedder import HashEmbedder
from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.sources.workspace import Workspace
from soothsay_index.store.store import Store
from soothsay_index.types import Query
from soothsay_index.worker.local import LocalIndex


def open_index(root: Path, workspace: Path) -> LocalIndex:
    embedder = HashEmbedder()
    return LocalIndex(
        Store(root, workspace, embedder.model_id, embedder.dimension), embedder, open_single_thread
    )


@pytest.fixture
def index(tmp_path: Path, workspace: Path) -> LocalIndex:
    return open_index(tmp_path / "index", workspace)


def names(index: LocalIndex, owner: str) -> set[str]:
    return {symbol.name for symbol in index.members(owner) if symbol.uri}


def test_a_build_knows_workspace_packages_and_services(index, environment):
    stages = []
    status = index.build_from(environment, lambda progress: stages.append(progress.stage))
    assert list(dict.fromkeys(stages)) == ["workspace", "services", "packages", "embedding"]
    assert (status.files, status.packages, status.services) == (3, 1, 1)
    assert status.embedded == status.releases == 2
    assert "3 files" in status.describe()
    assert names(index, "billing") == {"ledger"}
    assert {"post_entry", "Ledger", "RATE"} <= names(index, "billing.ledger")
    assert {"bake_bread", "get_paginator"} <= names(index, "botocore:kitchen")
    assert {"Square", "area_of"} <= names(index, "shapes")
    assert index.is_closed("billing.ledger") and index.is_closed("botocore:kitchen")
    assert not index.is_closed("nowhere") and index.members("nowhere") == ()


def test_lookup_and_names(index, environment):
    index.build_from(environment)
    found = index.lookup("botocore:kitchen.bake_bread")
    assert found is not None and found.qualified_name == "kitchen.bake_bread"
    post = index.lookup("billing.ledger.post_entry")
    assert post is not None and post.origin == "workspace"
    assert index.lookup("shapes.nothing") is None and index.lookup("shapes") is None
    assert index.has_name("post_entry") and index.has_name("area_of")
    assert not index.has_name("make_job")


def test_names_that_are_only_imported_exist_too(index, environment):
    index.build_from(environment)
    assert index.lookup("app.boto3") is not None


def test_a_second_build_does_nothing_again(index, environment):
    index.build_from(environment)
    embedder = index._embedder
    before = len(embedder.encoded)
    status = index.build_from(environment)
    assert len(embedder.encoded) == before
    assert status.files == 3


def test_packages_are_shared_between_workspaces(index, environment, tmp_path, workspace):
    index.build_from(environment)
    other = tmp_path / "other"
    other.mkdir()
    (other / "use.py").write_text("import shapes\n")
    embedder = HashEmbedder()
    second = LocalIndex(
        Store(tmp_path / "index", other, embedder.model_id, embedder.dimension), embedder, open_single_thread
    )
    second.build_from(environment)
    assert embedder.encoded == []  # nothing of shapes is read or embedded a second time
    assert "area_of" in names(second, "shapes")
    assert names(second, "billing.ledger") == set()


def test_only_changed_files_are_rewritten(index, environment, workspace):
    index.build_from(environment)
    path = workspace / "billing" / "ledger.py"
    assert index.update([path]) == 0
    path.write_text(LEDGER.replace("post_entry", "book_entry"))
    assert index.update([path]) == 1
    assert "book_entry" in names(index, "billing.ledger")
    assert "post_entry" not in names(index, "billing.ledger")
    assert not index.has_name("post_entry")


def test_a_file_that_was_only_touched_is_read_once_more(index, environment, tmp_path, workspace, monkeypatch):
    index.build_from(environment)
    before = index.status()
    for path in (workspace / "billing" / "ledger.py", workspace / "app.py"):
        os.utime(path, ns=(1, 1))
    read = []
    monkeypatch.setattr(Workspace, "read", lambda _, path: read.append(path.name) or path.read_text())
    index.build_from(environment)
    assert sorted(read) == ["app.py", "ledger.py"]
    index.build_from(environment)
    index.close()
    again = open_index(tmp_path / "index", workspace)
    again.build_from(environment)
    assert sorted(read) == ["app.py", "ledger.py"]
    assert again.status() == before
    assert "post_entry" in names(again, "billing.ledger")


def test_unsaved_text_counts_until_the_document_is_closed(index, environment, workspace):
    index.build_from(environment, embed=False)
    path = workspace / "billing" / "ledger.py"
    index.mirror(path, "def refund(amount): ...\n")
    assert names(index, "billing.ledger") == {"refund"}
    assert index.has_name("refund") and not index.has_name("post_entry")
    index.forget(path)
    assert "post_entry" in names(index, "billing.ledger") and not index.has_name("refund")


def test_new_and_removed_files(index, environment, workspace):
    index.build_from(environment)
    path = workspace / "billing" / "tax.py"
    path.write_text("def vat(rate): ...\n")
    index.update([path])
    assert names(index, "billing") == {"ledger", "tax"}
    index.remove([path])
    assert names(index, "billing") == {"ledger"}
    (workspace / "billing" / "ledger.py").unlink()
    index.build_from(environment)
    assert index.members("billing.ledger") == ()


def test_secrets_and_ignored_files_stay_out_of_updates(index, environment, workspace):
    (workspace / ".gitignore").write_text("generated.py\n")
    (workspace / "generated.py").write_text("def made(): ...\n")
    (workspace / "secrets.py").write_text("def hidden(): ...\n")
    index.build_from(environment)
    assert index.update([workspace / "generated.py", workspace / "secrets.py", Path("/etc/passwd")]) == 0
    assert not index.has_name("made") and not index.has_name("hidden")


def test_a_broken_package_does_not_stop_the_run(index, environment, monkeypatch):
    from soothsay_languages.python.sources.installed import PythonEnvironment

    def fail(*_):
        raise RuntimeError("odd package")

    monkeypatch.setattr(PythonEnvironment, "harvest", fail)
    assert index.build_from(environment).services == 1


def test_a_cancelled_build_leaves_everything_usable(index, environment):
    stop = threading.Event()
    stop.set()
    index.build_from(environment, cancel=stop)
    assert index.members("botocore:kitchen") == ()
    index.build_from(environment)
    assert "bake_bread" in names(index, "botocore:kitchen")


def test_without_environment_or_model_the_workspace_is_still_there(tmp_path, workspace):
    index = LocalIndex.open(tmp_path / "i", workspace)
    index.build_from(None)
    hits = index.search(Query("post an entry to the ledger"))
    assert hits[0].symbol is not None and hits[0].symbol.name == "post_entry"
