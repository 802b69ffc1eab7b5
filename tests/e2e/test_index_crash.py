"""Processes that write an index are killed at random moments; `make bench-index` does it more often."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from bench.index.crash import trial

from soothsay_index.worker.client import IndexClient

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(1, 7))
def test_nothing_that_was_reported_is_lost(tmp_path: Path, seed: int):
    killed = trial(tmp_path, seed)
    assert killed.lost == () and killed.wrong == ()
    if not killed.during_build:
        assert killed.reported > 0


def test_a_worker_that_is_killed_goes_on_with_what_it_was_told(tmp_path: Path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "saved.py").write_text("def stored(a): ...\n")
    with IndexClient(tmp_path / "index", workspace, timeout=20.0) as client:
        client.build(interpreter="/no/such/python")
        client.mirror(workspace / "saved.py", "def typed(b): ...\n")
        _until(lambda: client.has_name("typed"))
        assert client._process is not None
        client._process.kill()
        client._process.wait()
        (workspace / "late.py").write_text("def written_meanwhile(): ...\n")
        # The new worker is told of the open document and builds again, unasked.
        _until(lambda: client.has_name("typed") and client.has_name("written_meanwhile"))
        assert not client.has_name("stored")


def test_the_children_of_a_killed_worker_end_too(tmp_path: Path):
    code = (
        "import time\n"
        "from soothsay_index.build.process_pool import open_process_pool\n"
        "if __name__ == '__main__':\n"
        "    with open_process_pool() as pool:\n"
        "        pool.submit(time.sleep, 60)\n"
        "        pool.submit(time.sleep, 60)\n"
        "        time.sleep(60)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(code)
    parent = subprocess.Popen([sys.executable, str(script)])
    family = psutil.Process(parent.pid)
    _until(lambda: len(_crew(family)) >= 1)
    time.sleep(1.0)
    children = _crew(family)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=20)
    assert gone and not alive


def _crew(family: psutil.Process) -> list[psutil.Process]:
    return [child for child in family.children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]


def _until(true, patience: float = 30.0) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
