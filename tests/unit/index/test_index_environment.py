import sys
from pathlib import Path

import pytest
from index_fakes import write

from soothsay_index.environment import (
    find_environment,
    find_interpreter,
    read_distributions,
    read_environment,
)
from soothsay_index.errors import SoothsayIndexError


def fake_python(folder: Path) -> Path:
    python = folder / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return python


def test_the_configured_interpreter_wins(tmp_path):
    mine = fake_python(tmp_path / "mine")
    fake_python(tmp_path / ".venv")
    assert find_interpreter(tmp_path, mine, {"VIRTUAL_ENV": str(tmp_path / ".venv")}) == mine
    assert find_interpreter(tmp_path, "mine", {}) == mine  # a folder, relative to the workspace


def test_then_virtual_env_then_the_workspace_then_its_parents_then_the_path(tmp_path):
    active = fake_python(tmp_path / "active")
    outer = fake_python(tmp_path / "repo" / ".venv")
    inner = tmp_path / "repo" / "packages" / "one"
    inner.mkdir(parents=True)
    assert find_interpreter(inner, None, {"VIRTUAL_ENV": str(tmp_path / "active")}) == active
    assert find_interpreter(inner, None, {}) == outer
    own = fake_python(inner / "venv")
    assert find_interpreter(inner, None, {}) == own


def test_the_search_ends_at_the_repository(tmp_path):
    fake_python(tmp_path / ".venv")
    on_path = fake_python(tmp_path / "usr")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    assert find_interpreter(tmp_path / "repo", None, {"PATH": str(tmp_path / "usr" / "bin")}) == on_path


def test_a_missing_or_broken_interpreter_is_one_clear_line(tmp_path):
    with pytest.raises(SoothsayIndexError, match="does not exist: correct the setting"):
        find_interpreter(tmp_path, "/no/such/python", {})
    with pytest.raises(SoothsayIndexError) as caught:
        read_environment(fake_python(tmp_path / "x"))
    assert "\n" not in str(caught.value)


def test_a_slow_interpreter_is_given_up(tmp_path):
    python = fake_python(tmp_path / "slow")
    python.write_text("#!/bin/sh\nexec sleep 5\n")
    with pytest.raises(SoothsayIndexError, match="did not answer"):
        read_environment(python, timeout=0.2)


def test_the_real_interpreter(tmp_path):
    environment = find_environment(tmp_path, sys.executable)
    assert environment.version.startswith("3.")
    numpy = environment.package_of("numpy")
    assert numpy is not None and numpy.package == "numpy" and numpy.version
    json = environment.package_of("json.decoder")
    assert json is not None and json.package == "python"
    assert environment.package_of("no_such_package") is None


def test_import_names_come_from_the_metadata(site):
    found = read_distributions((site,))
    assert found["shapes"].version == "1.2"
    assert found["botocore"].package == "botocore"


def test_only_what_can_be_imported_is_an_import_name(tmp_path: Path):
    write(
        tmp_path,
        {
            "oats-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: oats\nVersion: 1.0\n",
            "oats-1.0.dist-info/RECORD": (
                "oats/__init__.py,,\noat.py,,\n_oat.cpython-312-x86_64-linux-gnu.so,,\n"
                "dist/oats.py,,\nlib/liboats.so,,\n"
            ),
            "oats/__init__.py": "",
            "oat.py": "",
            "_oat.cpython-312-x86_64-linux-gnu.so": "",
            "lib/liboats.so": "",
        },
    )
    assert sorted(read_distributions((tmp_path,))) == ["_oat", "oat", "oats"]
