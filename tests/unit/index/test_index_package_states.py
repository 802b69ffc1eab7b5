"""What the index says of a package: the trigger asks before it believes that a name is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from index_fakes import install, make_environment, write

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.store.store import Store
from soothsay_index.worker.client import IndexClient
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.sources.installed import PythonEnvironment


@pytest.fixture
def index(tmp_path: Path, workspace: Path) -> LocalIndex:
    return LocalIndex(Store(tmp_path / "index", workspace), None, open_single_thread)


def test_before_a_build_nothing_counts_as_missing(index: LocalIndex) -> None:
    assert index.package_state("shapes") == "pending"


def test_without_an_environment_nobody_can_tell(index: LocalIndex) -> None:
    index.build_from(None)
    assert index.package_state("shapes") == "unknown"
    assert index.package_state("billing.ledger") == "indexed", "the workspace itself is known"


def test_each_kind_of_package(index: LocalIndex, environment: Environment, site: Path) -> None:
    install(site, "maps", {"maps/__init__.py": "def draw(): ...\n"})
    with_maps = replace(environment, packages=installed_packages((site,)))
    index.build_from(with_maps)
    assert index.package_state("shapes") == "indexed"
    assert index.package_state("shapes.Square") == "indexed", "of a class: its package"
    assert index.package_state("botocore:kitchen") == "indexed"
    assert index.package_state("maps") == "pending", "installed, imported nowhere, not read"
    assert index.package_state("plumbing") == "absent"
    assert index.package_state("botocore:laundry") != "indexed"


def test_what_could_not_be_read_is_unknown(
    index: LocalIndex, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("odd package")

    monkeypatch.setattr(PythonEnvironment, "harvest", fail)
    index.build_from(environment)
    assert index.package_state("shapes") == "unknown"


def test_compiled_modules_are_unknown(index: LocalIndex, environment: Environment) -> None:
    index.build_from(replace(environment, library_names=frozenset({"fastmath"})))
    assert index.package_state("fastmath") == "unknown", "no source to read"


def test_a_build_that_is_new_is_seen_at_once(index: LocalIndex, environment: Environment) -> None:
    index.build_from(None)
    assert index.package_state("shapes") == "unknown"
    index.build_from(environment)
    assert index.package_state("shapes") == "indexed"


def test_the_client_asks_its_worker(tmp_path: Path, workspace: Path) -> None:
    install(make_environment(tmp_path / "env"), "shapes", {"shapes/__init__.py": "def area_of(shape): ...\n"})
    with IndexClient(tmp_path / "index", workspace, timeout=30.0) as client:
        assert client.package_state("shapes") == "pending"
        assert client.until(None).package_state("shapes") == "pending"
        client.build(interpreter=tmp_path / "env", embed=False)
        assert client.package_state("shapes") == "indexed"
        assert client.package_state("plumbing") == "absent"
        assert client.package_state("billing") == "indexed"
    assert client.package_state("billing") == "unknown", "a closed index tells nothing"


def test_another_environments_packages_are_hidden_where_none_are_known(
    index: LocalIndex, environment: Environment, tmp_path: Path
) -> None:
    """15: an empty project was offered the packages of other workspaces."""
    index.build_from(environment)
    assert index.members("shapes") and index.members("botocore:kitchen")
    empty = tmp_path / "empty"
    write(empty, {"use.py": "import shapes\nshapes.\n"})
    other = LocalIndex(Store(tmp_path / "index", empty), None, open_single_thread)
    for built_with in (None, replace(environment, packages={}, package_folders=())):
        assert not other.members("shapes") and not other.members("botocore:kitchen")
        assert not other.has_name("area_of") and other.lookup("shapes.area_of") is None
        other.build_from(built_with)
    assert index.members("shapes"), "who has them still sees them"
