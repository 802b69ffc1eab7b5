"""Indexing and searching where there is no network at all: a namespace without interfaces."""

from __future__ import annotations

from pathlib import Path

import pytest
from namespaces import can_unshare, run_unshared

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(
        not can_unshare("-rn", "true"), reason="needs Linux with network namespaces for users"
    ),
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
    done = run_unshared(["-rn"], _WORK, tmp_path / "index", timeout=200)
    assert done.returncode == 0, done.stderr
