"""12: a package that was just imported was not indexed until a restart. It is read before everything else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from index_fakes import install, make_environment, write

from soothsay_index.worker.client import IndexClient

pytestmark = pytest.mark.process

PATIENCE = 120.0  # seconds, on a busy machine


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = make_environment(tmp_path / "env")
    for name in ("oats", "rye", "wheat"):
        install(
            folder, name, {f"{name}/__init__.py": f"def grind_{name}(sacks): ...\n", f"{name}/mill.py": ""}
        )
    return folder


@pytest.fixture
def client(tmp_path: Path, site: Path) -> Iterator[IndexClient]:
    workspace = tmp_path / "farm"
    write(workspace, {"barn.py": "import rye\n"})
    with IndexClient(tmp_path / "index", workspace, timeout=30.0, log_file=tmp_path / "index.log") as made:
        made.build(interpreter=tmp_path / "env", embed=False)
        assert made.package_state("rye") == "indexed" and made.package_state("oats") == "pending"
        yield made


def test_an_import_that_is_typed(client: IndexClient, tmp_path: Path) -> None:
    client.mirror(tmp_path / "farm" / "barn.py", "import rye\nimport oats\noats.\n")
    until(lambda: client.package_state("oats") == "indexed", "oats was not read")
    assert client.lookup("oats.grind_oats") is not None
    assert client.package_state("wheat") == "pending", "nobody imports that"


def test_an_import_in_a_new_document(client: IndexClient, tmp_path: Path) -> None:
    client.mirror(tmp_path / "farm" / "new.py", "from wheat import grind_wheat\n")
    until(lambda: client.lookup("wheat.grind_wheat"), "wheat was not read")


def test_an_import_that_is_saved(client: IndexClient, tmp_path: Path) -> None:
    path = tmp_path / "farm" / "mill.py"
    path.write_text("import oats.mill\n")
    assert client.update([path]) == 1
    until(lambda: client.lookup("oats.grind_oats"), "oats was not read")


def test_an_import_in_a_notebook(client: IndexClient, tmp_path: Path) -> None:
    client.mirror(
        tmp_path / "farm" / "book.ipynb",
        '{"cells": [{"cell_type": "code", "source": ["import oats\\n"]}], "metadata": {}, "nbformat": 4}',
    )
    until(lambda: client.lookup("oats.grind_oats"), "oats was not read")


def test_a_package_that_is_installed_and_imported_while_it_runs(
    client: IndexClient, tmp_path: Path, site: Path
) -> None:
    client.mirror(tmp_path / "farm" / "barn.py", "import barley\nbarley.\n")
    assert client.package_state("barley") == "absent"
    install(site, "barley", {"barley/__init__.py": "def grind_barley(sacks): ...\n"})
    until(lambda: client.package_state("barley") == "indexed", "barley was not noticed")
    assert client.lookup("barley.grind_barley") is not None


def test_a_package_that_is_upgraded_while_it_runs(client: IndexClient, tmp_path: Path, site: Path) -> None:
    assert client.lookup("rye.grind_rye") is not None
    for file in (site / "rye-1.0.dist-info").iterdir():
        file.unlink()
    (site / "rye-1.0.dist-info").rmdir()
    install(site, "rye", {"rye/__init__.py": "def bake_rye(sacks): ...\n"}, version="2.0")
    until(lambda: client.lookup("rye.bake_rye"), "the new version was not noticed")
    until(lambda: client.lookup("rye.grind_rye") is None, "the old version is still shown")


def test_an_environment_that_is_made_while_it_runs(tmp_path: Path) -> None:
    workspace = tmp_path / "field"
    write(workspace, {"plough.py": "import oats\n"})
    with IndexClient(tmp_path / "index", workspace, timeout=30.0) as client:
        client.build(embed=False)
        site = make_environment(workspace / ".venv")
        install(site, "oats", {"oats/__init__.py": "def grind_oats(sacks): ...\n"})
        until(lambda: client.lookup("oats.grind_oats"), "the environment was not noticed")
