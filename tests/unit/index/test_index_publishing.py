"""A shared index in a folder: published by one machine, taken by another, both with stores of their own."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from index_fakes import write

from git_repository import git
from hash_embedder import HashEmbedder
from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.runtime.project import WorkspaceVersion, project_name, read_project
from soothsay_index.shared.index import SharedIndex, explain, storage_options
from soothsay_index.shared.locations import to_local_uris, to_portable_uris
from soothsay_index.shared.publishing import Publisher
from soothsay_index.shared.reader import SharedReader
from soothsay_index.store.store import Store
from soothsay_index.types import Progress, Query
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.packages import installed_packages

pytestmark = pytest.mark.process

Open = Callable[..., LocalIndex]


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return str(tmp_path / "shared")


@pytest.fixture
def open_index(tmp_path: Path) -> Open:
    """Opens the index of a workspace on a machine of its own."""

    def open_index(machine: str, workspace: Path, uri: str = "", model: str = "hash") -> LocalIndex:
        embedder = HashEmbedder(model_id=model)
        store = Store(tmp_path / machine, workspace, embedder.model_id, embedder.dimension)
        return LocalIndex(store, embedder, open_single_thread, uri=uri)

    return open_index


@pytest.fixture
def published(open_index: Open, workspace: Path, environment: Environment, uri: str) -> LocalIndex:
    index = open_index("a", workspace)
    index.build_from(environment)
    index.publish(uri)
    return index


def elsewhere(environment: Environment, folder: Path) -> Environment:
    """The same environment in another place, whose packages say nothing: reading them there finds nothing."""
    shutil.copytree(environment.package_folders[0], folder)
    (folder / "shapes" / "_impl.py").write_text("")
    return replace(environment, package_folders=(folder,), packages=installed_packages((folder,)))


def warnings_of(index: LocalIndex, environment: Environment) -> list[str]:
    seen: list[Progress] = []
    index.build_from(environment, seen.append)
    return [progress.detail for progress in seen if progress.stage == "warning"]


def test_what_was_published_is_neither_read_nor_embedded_again(
    published: LocalIndex,
    open_index: Open,
    workspace: Path,
    environment: Environment,
    uri: str,
    tmp_path: Path,
) -> None:
    copy = Path(shutil.copytree(workspace, tmp_path / "clone"))
    moved = elsewhere(environment, tmp_path / "other-site")
    index = open_index("b", copy, uri)
    assert warnings_of(index, moved) == []
    embedder = index._embedder
    assert isinstance(embedder, HashEmbedder) and embedder.encoded == []
    square = index.lookup("shapes.Square")
    assert square is not None and square.summary == "A square."  # the text of the publisher's environment ...
    assert square.uri.startswith((tmp_path / "other-site").as_uri())  # ... in the place where it lies here
    before, after = published.status(), index.status()
    assert after.embedded == after.releases >= before.releases
    query = Query("bake a loaf of bread")
    [here, there] = (each.search(query)[0] for each in (index, published))
    assert here.symbol is not None and there.symbol is not None
    assert here.symbol.doc == there.symbol.doc and here.scores["vector"] == there.scores["vector"]


def test_it_works_without_the_store_afterwards(
    published: LocalIndex,
    open_index: Open,
    workspace: Path,
    environment: Environment,
    uri: str,
    tmp_path: Path,
) -> None:
    other = tmp_path / "other"
    write(other, {"use.py": "import shapes\n"})
    index = open_index("b", other, uri)
    index.build_from(environment)
    shutil.rmtree(uri)
    assert len(warnings_of(index, environment)) == 1
    assert index.lookup("shapes.Square") is not None
    assert index.lookup("billing.ledger.post_entry") is not None  # of the published workspace


def test_a_published_workspace_is_found_by_others(
    published: LocalIndex, open_index: Open, environment: Environment, uri: str, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    write(other, {"use.py": "import shapes\n"})
    index = open_index("b", other, uri)
    index.build_from(environment)
    found = index.lookup("billing.ledger.post_entry")
    assert found is not None and (found.package, found.origin, found.uri) == ("shop", "package", "")
    assert not index.is_closed("billing.ledger")  # it may have changed since
    hits = index.search(Query("post one entry to the ledger"))
    assert hits[0].symbol is not None and hits[0].symbol.qualified_name == "billing.ledger.post_entry"
    assert hits[0].scores.keys() >= {"text", "vector"}
    # None of its code is there to be read, only what it says of itself.
    assert all("RATE" not in str(row) for row in index.store.packages.rows("chunks"))


def test_what_is_here_hides_what_was_published(
    published: LocalIndex,
    open_index: Open,
    workspace: Path,
    environment: Environment,
    uri: str,
    tmp_path: Path,
) -> None:
    partial = tmp_path / "part" / "shop"
    write(
        partial,
        {
            ".git/config": '[remote "origin"]\n\turl = git@example.org:team/shop.git\n',
            "billing/ledger.py": "def post_all(entries):\n    '''Post every entry to the ledger.'''\n",
        },
    )
    index = open_index("b", partial, uri)
    index.build_from(environment)
    assert index.lookup("billing.ledger.post_entry") is None
    found = {hit.symbol.name for hit in index.search(Query("post entry ledger")) if hit.symbol}
    assert "post_all" in found and "post_entry" not in found
    assert index.lookup("app.main") is not None  # app.py is not checked out here


def test_a_full_checkout_sees_nothing_twice(
    published: LocalIndex, open_index: Open, workspace: Path, environment: Environment, uri: str
) -> None:
    index = open_index("b", workspace, uri)
    index.build_from(environment)
    assert not any(key.endswith("#shared") for key in index.store.releases_in_use())


def test_the_newest_publication_of_a_workspace_replaces_the_others(
    published: LocalIndex,
    open_index: Open,
    workspace: Path,
    environment: Environment,
    uri: str,
    tmp_path: Path,
) -> None:
    before = {key for key in SharedIndex(uri).releases() if key.endswith("#shared")}
    write(workspace, {"billing/ledger.py": "def close_book():\n    '''Close the book.'''\n"})
    published.build_from(environment)
    shared = SharedIndex(uri, "hash", 64)
    Publisher(published.store, shared, environment).publish(
        WorkspaceVersion("shop", "second"), lambda _: None, threading.Event()
    )
    after = {key for key in SharedIndex(uri).releases() if key.endswith("#shared")}
    assert len(before) == len(after) == 1 and after == {"shop@second/shop#shared"}
    other = tmp_path / "other"
    write(other, {"use.py": "import shapes\n"})
    index = open_index("b", other, uri)
    index.build_from(environment)
    assert index.lookup("billing.ledger.close_book") is not None
    assert index.lookup("billing.ledger.post_entry") is None


def test_publishing_again_adds_nothing(published: LocalIndex, uri: str) -> None:
    before = len(SharedIndex(uri).releases())
    again = published.publish(uri, itself=False)
    assert (again.releases, again.rows, again.vectors) == (0, 0, 0)
    assert len(SharedIndex(uri).releases()) == before


def test_what_a_dead_publisher_left_is_not_read_and_goes(
    published: LocalIndex, environment: Environment, uri: str
) -> None:
    shared = SharedIndex(uri, "hash", 64)
    key = next(key for key in shared.releases() if key.startswith("shapes@"))
    rows = published.store.packages.arrow("symbols", f"release = '{key}'")
    old = f"{time.time_ns() - 10**9:020d}-dead"
    at = rows.column_names.index("stamp")
    shared.add("symbols", rows.set_column(at, "stamp", pa.array([old] * len(rows))))
    reader = SharedReader(SharedIndex(uri, "hash", 64), pytest.fail)
    release = next(each for each in _installed(environment) if each.key == key)
    [harvested] = reader.read([release], environment, threading.Event())
    assert harvested.symbols[release] == len(rows)
    Publisher(published.store, shared, environment, timedelta(milliseconds=1)).publish(
        None, lambda _: None, threading.Event()
    )
    assert (key, old) not in shared.publications("symbols")


def test_another_model_brings_the_text_alone_and_one_warning(
    published: LocalIndex,
    open_index: Open,
    workspace: Path,
    environment: Environment,
    uri: str,
    tmp_path: Path,
) -> None:
    index = open_index("b", workspace, uri, "other-model")
    there = elsewhere(environment, tmp_path / "other-site")
    assert ["no vectors of this embedding model" in each for each in warnings_of(index, there)] == [True]
    assert index.lookup("shapes.Square") is not None
    assert isinstance(index._embedder, HashEmbedder) and index._embedder.encoded


def test_another_schema_is_left_alone_with_one_warning(
    published: LocalIndex, open_index: Open, workspace: Path, environment: Environment, uri: str, monkeypatch
) -> None:
    monkeypatch.setattr("soothsay_index.shared.index.SCHEMA_VERSION", 99)
    index = open_index("b", workspace, uri)
    assert ["of another version of soothsay" in each for each in warnings_of(index, environment)] == [True]
    assert index.lookup("shapes.Square") is not None


def test_an_empty_store_is_said_to_be_empty(open_index, workspace, environment, uri) -> None:
    assert [
        "Nothing has been published" in each
        for each in warnings_of(open_index("b", workspace, uri), environment)
    ] == [True]
    assert not Path(uri).exists()  # reading makes nothing


@pytest.mark.timeout(60)  # whoever waits for the store's answer waits longer than that
def test_a_store_that_does_not_answer_is_done_without(environment, uri, monkeypatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(SharedIndex, "releases", lambda _: never.wait(120) and {})
    monkeypatch.setattr("soothsay_index.shared.reader._FIRST_ANSWER", 0.3)
    said: list[str] = []
    reader = SharedReader(SharedIndex(uri), said.append)
    assert list(reader.read(list(_installed(environment)), environment, threading.Event())) == []
    assert reader.projects() == [] and len(said) == 1
    never.set()


def test_two_publishers_at_once(open_index, workspace, environment, uri, tmp_path) -> None:
    indices = [open_index(machine, workspace) for machine in ("a", "b")]
    for index in indices:
        index.build_from(environment)
        index.close()
    threads = [threading.Thread(target=index.publish, args=(uri,)) for index in indices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other = tmp_path / "other"
    write(other, {"use.py": "import shapes\n"})
    reader = open_index("c", other, uri)
    assert warnings_of(reader, elsewhere(environment, tmp_path / "other-site")) == []
    assert reader.store.packages.count("symbols") >= indices[0].store.packages.count("symbols")
    ids = [row["id"] for row in reader.store.packages.rows("symbols", columns=["id"])]
    assert len(ids) == len(set(ids))


def test_where_nothing_can_be_written_is_said_in_one_line(published: LocalIndex, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SoothsayIndexError, match="Cannot write the shared index") as caught:
        published.publish(str(blocked / "inside"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ("Status { status: 404, body: <Code>NoSuchBucket</Code>", "create it"),
        ("status: 403 Forbidden", "refuses these credentials"),
        ("dns error: failed to lookup address", "network"),
        ("HttpError { kind: Connect", "network"),
        ("Generic S3 error: Failed to resolve region for bucket 'team'", "network"),
        ("Generic S3 error: Bucket 'team' not found", "create it"),
        ("the credential provider was not enabled", "no credentials were found"),
        ("something new\nin two lines", "something new in two lines"),
    ],
)
def test_failures_are_explained(said: str, fix: str) -> None:
    line = explain("s3://team", "read", ValueError(said))
    assert fix in line and "\n" not in line


def test_options_come_from_the_environment() -> None:
    assert storage_options("/srv/index", {}) is None
    plain = storage_options("s3://team/x", {"AWS_REGION": "eu-west-1"})
    assert plain is not None and "aws_region" not in plain and "allow_http" not in plain
    local = storage_options("s3://team/x", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert local is not None and local["allow_http"] == "true" and local["aws_region"] == "us-east-1"


def test_addresses_move_with_the_environment(environment: Environment, tmp_path: Path) -> None:
    site = environment.package_folders[0]
    uris = pa.chunked_array([[(site / "shapes" / "a b.py").as_uri(), "file:///home/me/x.py", ""]])
    plain = to_portable_uris(uris, environment)
    assert plain.to_pylist() == ["site-packages:shapes/a%20b.py", "", ""]
    other = replace(environment, package_folders=(tmp_path / "none", tmp_path / "there"))
    write(tmp_path / "there", {"shapes/a b.py": ""})
    expected = (tmp_path / "there" / "shapes" / "a b.py").as_uri()
    assert to_local_uris(pa.chunked_array([plain]), other).to_pylist() == [expected, "", ""]


def test_a_project_is_called_by_its_repository(tmp_path: Path) -> None:
    for url, name in {
        "git@example.org:team/shop.git": "shop",
        "https://example.org/team/big.repo/": "big.repo",
        r"C:\repos\shop": "shop",
        "": tmp_path.name,
    }.items():
        write(tmp_path, {".git/config": f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {url}\n'})
        assert project_name(tmp_path) == name
    write(tmp_path, {".git/config": "no [ini"})
    assert project_name(tmp_path) == tmp_path.name


def _commit(folder: Path) -> str:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return git(folder, "rev-parse", "HEAD")


def test_a_project_has_the_version_of_its_commit(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": ""})
    commit = _commit(tmp_path)
    assert commit.startswith(read_project(tmp_path).version)
    write(tmp_path, {"a.py": "x = 1\n"})
    assert not commit.startswith(read_project(tmp_path).version)


@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
def test_no_program_that_a_repository_names_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker, workspace = tmp_path / "marker", tmp_path / "workspace"
    trap = f'#!/bin/sh\necho "$0 $*" >> {marker}\ncat\n'
    names = ("git", "trap", "hooks/post-index-change")
    write(workspace, {"a.txt": "a\n", "b.txt": "b\n", **dict.fromkeys(names, trap)})
    for name in names:
        (workspace / name).chmod(0o755)
    commit = _commit(workspace)
    program = str(workspace / "trap")
    for setting, value in {
        "core.fsmonitor": program,
        "core.hooksPath": str(workspace / "hooks"),
        "core.sshCommand": program,
        "filter.e.vil.clean": f"{program} clean",
        "filter.e.vil.required": "true",
        "filter.long.process": f"{program} process",
        "diff.external": program,
    }.items():
        git(workspace, "config", setting, value)
    write(workspace, {".git/info/attributes": "a.txt filter=e.vil\nb.txt filter=long\n"})
    for name in ("a.txt", "b.txt"):  # the same text, written anew: git compares it
        os.utime(workspace / name, (1, 1))
    monkeypatch.setenv("PATH", f".{os.pathsep}{workspace}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(workspace)
    assert commit.startswith(read_project(workspace).version)
    assert not marker.exists(), marker.read_text()
    with (workspace / ".git" / "config").open("a") as config:
        config.write(f'[filter "e=vil"]\nclean = {program}\n')
    assert not commit.startswith(read_project(workspace).version)
    assert not marker.exists(), marker.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
def test_what_is_missing_in_a_repository_is_not_fetched(tmp_path: Path) -> None:
    marker, workspace = tmp_path / "marker", tmp_path / "workspace"
    write(workspace, {"a.txt": "a\n", "b.txt": "b\n"})
    _commit(workspace)
    for setting, value in {
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "protocol.ext.allow": "always",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::sh -c echo% fetched% >>% {marker}",
    }.items():
        git(workspace, "config", setting, value)
    for kept in (workspace / ".git" / "objects").glob("??/*"):
        if git(workspace, "cat-file", "-t", kept.parent.name + kept.name) == "tree":
            kept.unlink()
    (workspace / ".git" / "index").unlink()
    read_project(workspace)
    assert not marker.exists()


def _installed(environment: Environment):
    from soothsay_index.sources.registry import package_sources

    for source in package_sources(environment).values():
        yield from source.releases()
