"""Several editor windows on one workspace: real worker processes, one of which writes."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.store.store import Store
from soothsay_index.types import Query
from soothsay_index.worker.client import IndexClient
from soothsay_index.worker.lease import Lease
from soothsay_index.worker.local import LocalIndex

pytestmark = pytest.mark.slow
FILES = 12


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"m{number}.py").write_text(f"def start_{number}(): ...\n")
    return folder


@pytest.fixture
def windows(tmp_path: Path, workspace: Path) -> Iterator[list[IndexClient]]:
    with ExitStack() as stack:
        clients = [
            stack.enter_context(IndexClient(tmp_path / "index", workspace, timeout=20.0)) for _ in range(3)
        ]
        for client in clients:
            client.build(interpreter="/no/such/python")
        yield clients


def writer(tmp_path: Path) -> int:
    (note,) = (tmp_path / "index" / "workspaces").glob("*/writer.json")
    return json.loads(note.read_text())["pid"]


def test_all_windows_write_and_see_what_the_others_wrote(windows, workspace):
    def work(client: IndexClient, mine: int) -> None:
        for round_ in range(5):
            for number in range(mine, FILES, len(windows)):
                path = workspace / f"m{number}.py"
                path.write_text(f"def done_{number}_{round_}(): ...\n")
                client.update([path])

    threads = [threading.Thread(target=work, args=(c, n)) for n, c in enumerate(windows)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    time.sleep(1.5)  # what nobody told a window it sees within a second
    for client in windows:
        for number in range(FILES):
            assert client.has_name(f"done_{number}_4")
            assert not client.has_name(f"done_{number}_0") and not client.has_name(f"start_{number}")


def test_another_window_takes_over_from_one_that_is_killed(windows, workspace, tmp_path):
    pids = [client._process.pid for client in windows]
    first = writer(tmp_path)
    assert first in pids
    holder = windows[pids.index(first)]
    others = [client for client in windows if client is not holder]
    holder._process.kill()
    holder._process.wait()
    path = workspace / "m0.py"
    path.write_text("def after_the_death(): ...\n")
    others[0].update([path])
    assert others[0].has_name("after_the_death")
    assert writer(tmp_path) in {client._process.pid for client in others}


def test_who_reads_does_not_wait_for_who_writes(tmp_path, workspace):
    writing = LocalIndex(Store(tmp_path / "index", workspace), open_executor=open_single_thread)
    writing.build_from(None)
    reading = LocalIndex(Store(tmp_path / "index", workspace), open_executor=open_single_thread)
    with writing.store.local.writing(), writing.store.packages.writing():
        assert reading.has_name("start_3")
        (best, *_) = reading.search(Query("start_3("))
        assert best.symbol is not None and best.symbol.name == "start_3"
        assert reading.status().files == FILES


def test_a_request_outlives_who_should_have_done_it(tmp_path, workspace):
    """The process that was asked ends without a word; whoever asked does it himself."""
    store = Store(tmp_path / "index", workspace)
    lease = Lease(store.local.folder)
    assert lease.acquire()
    holder = lease.holder()
    assert holder is not None and holder.pid == os.getpid()
    asking = LocalIndex(Store(tmp_path / "index", workspace), open_executor=open_single_thread)
    done = threading.Thread(target=asking.build_from, args=(None,))
    done.start()
    time.sleep(0.5)
    assert done.is_alive() and not asking.has_name("start_1")
    lease.release()
    done.join(20)
    assert not done.is_alive() and asking.has_name("start_1")
    assert list((store.local.folder / "inbox").iterdir()) == []


def test_who_does_not_stay_leaves_the_writing_to_others_at_once(tmp_path, workspace):
    """A terminal's command, or a test, that has built an index and lives on does not keep the next one waiting."""
    first = LocalIndex(Store(tmp_path / "index", workspace), open_executor=open_single_thread)
    first.build_from(None)
    second = LocalIndex(Store(tmp_path / "index", workspace), open_executor=open_single_thread)
    done = threading.Thread(target=second.build_from, args=(None,))
    done.start()
    done.join(20)
    assert not done.is_alive()
    first.close()
