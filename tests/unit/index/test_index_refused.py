"""What the system refuses an index: space, writing, access. It says what to do, keeps what there was, and goes on later."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from namespaces import can_unshare, run_unshared

from soothsay_index.errors import refused_by_system


def has_mounts() -> bool:
    """Return whether a process of this user can be given mounts of its own."""
    has_tools = shutil.which("setpriv") is not None
    return has_tools and can_unshare("-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt")


in_namespace = pytest.mark.skipif(not has_mounts(), reason="needs Linux with mount namespaces for users")

_BEGIN = """
import logging, subprocess, sys
from pathlib import Path
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.types import Query
from soothsay_index.worker.client import IndexClient

root, workspace = map(Path, sys.argv[1:])

def opened():
    return IndexClient(root / "index", workspace, timeout=60.0)

def build(client):
    changed = []
    client.build(lambda progress: changed.append(progress.detail), interpreter="/no/such/python")
    return changed

def refused(client):
    try:
        build(client)
    except SoothsayIndexError as error:
        return str(error)
    raise SystemExit("it was not refused")

def run(*command):
    subprocess.run(command, check=True)
"""

_FULL = """
run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(root))
with opened() as client:
    build(client)
    with open(root / "filler", "wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 1024):
                pass
        except OSError:
            pass
    (workspace / "later.py").write_text("def written_later(): ...\\n" * 200)
    reason = refused(client)
    assert "disk is full: free some of it" in reason, reason
    assert client.has_name("post_entry") and client.search(Query("post an entry")), "what there was is lost"
    (root / "filler").unlink()
    assert "1 changed" in build(client), "only what is new is read"
    assert client.has_name("written_later") and client.has_name("post_entry")
"""

_READ_ONLY = """
(root / "index").mkdir()
with opened() as client:
    build(client)
run("mount", "--bind", str(root), str(root))
run("mount", "-o", "remount,ro,bind", str(root))
with opened() as client:
    reason = refused(client)
    assert "Read-only file system" in reason and "make it writable" in reason, reason
    assert client.search(Query("post an entry")) == [] and client.members("billing.ledger") == ()
run("mount", "-o", "remount,rw,bind", str(root))
with opened() as client:
    assert "0 changed" in build(client), "nothing is read again"
    assert client.has_name("post_entry")
"""

_DENIED = """
with opened() as client:
    build(client)
folder = root / "index" / "packages"
folder.chmod(0)
with opened() as client:
    reason = refused(client)
    assert "Permission denied" in reason and "make it writable" in reason, reason
folder.chmod(0o700)
with opened() as client:
    assert "0 changed" in build(client), "nothing is read again"
"""


def run_in_namespace(work: str, tmp_path: Path, *wrapper: str) -> None:
    (tmp_path / "root").mkdir()
    done = run_unshared(["-rm", *wrapper], _BEGIN + work, tmp_path / "root", timeout=280)
    assert done.returncode == 0, done.stderr + done.stdout


@in_namespace
@pytest.mark.process
def test_a_full_disk_costs_only_what_is_new(tmp_path: Path):
    run_in_namespace(_FULL, tmp_path)


@in_namespace
@pytest.mark.process
def test_a_cache_that_is_read_only_is_said_to_be(tmp_path: Path):
    run_in_namespace(_READ_ONLY, tmp_path)


@in_namespace
@pytest.mark.process
def test_a_folder_without_permission_is_said_to_be(tmp_path: Path):
    run_in_namespace(_DENIED, tmp_path, "setpriv", "--bounding-set=-all", "--inh-caps=-all")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (OSError(28, "No space left on device"), "disk is full"),
        (RuntimeError("LanceError(IO): No space left on device (os error 28), /rustc/x"), "disk is full"),
        (RuntimeError("LanceError(IO): Disk quota exceeded (os error 122)"), "share of the disk is full"),
        (OSError(30, "Read-only file system"), "read-only"),
        (PermissionError(13, "Permission denied"), "access is denied"),
        (RuntimeError("Too many open files (os error 24)"), "too many files"),
    ],
)
def test_each_refusal_has_its_remedy(error: Exception, remedy: str, tmp_path: Path):
    found = refused_by_system(error, tmp_path)
    assert found is not None and remedy in str(found) and str(tmp_path) in str(found)


@pytest.mark.parametrize("error", [ValueError("no"), RuntimeError("os error"), FileNotFoundError(2, "no")])
def test_other_errors_are_not_the_systems_refusal(error: Exception, tmp_path: Path):
    assert refused_by_system(error, tmp_path) is None
