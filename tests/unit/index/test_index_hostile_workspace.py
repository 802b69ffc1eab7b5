"""A workspace whose modules have the names of ours and of Python's own: none of them is imported by what we start."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from soothsay_common.children import child_environment, python_command
from soothsay_index.worker.client import IndexClient
from soothsay_languages.python.sources import botocore_models

pytestmark = pytest.mark.process

_MODULES = (
    "argparse", "secrets", "json", "logging", "typing", "socket", "numpy", "pyarrow", "lancedb", "sitecustomize",
    "usercustomize", "soothsay", "soothsay_common", "soothsay_index", "soothsay_languages",
)  # fmt: skip


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A workspace whose modules each leave a mark beside it when they are run."""
    folder = tmp_path / "hostile"
    (folder / "multiprocessing").mkdir(parents=True)
    (folder / "soothsay_index").mkdir()
    code = f"open({str(tmp_path / 'was-run')!r}, 'a').write(__name__ + '\\n')\n"
    for name in _MODULES:
        (folder / f"{name}.py").write_text(code)
    for name in ("multiprocessing/__init__", "soothsay_index/__init__", "soothsay_index/worker"):
        (folder / f"{name}.py").write_text(code)
    (folder / "shop.py").write_text("def post_entry(a, *, b): ...\n")
    return folder


def was_run(hostile: Path) -> str:
    mark = hostile.parent / "was-run"
    return mark.read_text() if mark.exists() else ""


def test_the_index_worker_imports_nothing_of_the_folder_that_it_was_started_in(hostile, monkeypatch):
    monkeypatch.chdir(hostile)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join((str(hostile), os.environ.get("PYTHONPATH", "")))}
    with IndexClient(hostile.parent / "index", hostile, timeout=60.0, environ=environ) as client:
        client.build(interpreter="/no/such/python")
        assert client.has_name("post_entry")
    assert was_run(hostile) == ""


@pytest.mark.parametrize(
    "module",
    ["soothsay.backend", "soothsay.doctor", "soothsay_index.embedding.process", "soothsay.model.probe"],
)
def test_no_process_of_ours_imports_modules_of_its_folder_or_of_a_foreign_python_path(hostile, module):
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join((str(hostile), os.environ.get("PYTHONPATH", "")))}
    subprocess.run(
        python_command(module, "--help"),
        cwd=hostile,
        env=child_environment(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert was_run(hostile) == ""


def test_every_python_process_is_started_with_a_safe_path():
    """The switches are read from the sources: a start that is added later is held to them as well."""
    import soothsay
    import soothsay_common
    import soothsay_index
    import soothsay_languages

    for package in (soothsay, soothsay_common, soothsay_index, soothsay_languages):
        for file in Path(package.__file__ or "").parent.rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            for line in text.splitlines():
                if "sys.executable" in line and '"-' in line:
                    assert '"-P"' in line or '"-I"' in line, f"{file}: {line.strip()}"
    assert python_command("x")[1] == "-P" and python_command("x")[0] == sys.executable


@pytest.mark.parametrize(
    "content", [b"{" * 100_000, b'{"operations": {}}'[:9], b" " * 2_000_000], ids=["deep", "cut", "bomb"]
)
def test_a_service_model_that_is_no_model_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(botocore_models, "_MOST_BYTES", 1_000_000)
    packed = gzip.compress(content)
    (tmp_path / "service-2.json.gz").write_bytes(packed)
    assert botocore_models.read_model(tmp_path) == {}
    (tmp_path / "service-2.json.gz").write_bytes(packed[: len(packed) // 2])
    assert botocore_models.read_model(tmp_path) == {}
    assert botocore_models.read_names(tmp_path, "service-2", "operations") == ()
