"""Indexing and searching where there is no network at all: a namespace without interfaces."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from soothsay_common.children import child_environment


def has_namespaces() -> bool:
    """Return whether a process of this user can be given a network of its own."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not has_namespaces(), reason="needs Linux with network namespaces for users"),
]

_WORK = """
import socket, sys
from pathlib import Path
from soothsay_index.types import Query
from soothsay_index.worker.client import IndexClient

assert [name for _, name in socket.if_nameindex()] in ([], ["lo"])
try:
    socket.create_connection(("127.0.0.1", 9), 1)
except OSError:
    pass
else:
    raise SystemExit("there is a network")
root, workspace = map(Path, sys.argv[1:])
with IndexClient(root, workspace, timeout=60.0) as client:
    client.build(interpreter="/no/such/python")
    assert client.has_name("post_entry"), "not indexed"
    assert client.search(Query("post an entry")), "not found"
"""


def test_a_workspace_is_indexed_and_searched_without_a_network(tmp_path: Path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "ledger.py").write_text('def post_entry(a):\n    """Post an entry."""\n')
    done = subprocess.run(
        [
            "unshare",
            "-rn",
            sys.executable,
            "-P",
            "-c",
            _WORK,
            str(tmp_path / "index"),
            str(tmp_path / "shop"),
        ],
        env=child_environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
