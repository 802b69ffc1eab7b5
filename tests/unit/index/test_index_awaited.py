"""13: who waits for a build gets it at normal priority, with its progress, also from the process that has the lease."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import pytest

from soothsay_common.priority import BACKGROUND
from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.runtime import environment as finding
from soothsay_index.store.store import Store
from soothsay_index.types import Progress
from soothsay_index.worker.local import LocalIndex


class Pools:
    """Executors that are asked for, by niceness and the thread that asks."""

    def __init__(self) -> None:
        self.niceness: list[int] = []
        self.threads: list[str] = []

    @contextmanager
    def open(self, niceness: int) -> Iterator[Executor]:
        self.niceness.append(niceness)
        self.threads.append(threading.current_thread().name)
        with open_single_thread() as executor:
            yield executor


def open_index(root: Path, workspace: Path, pools: Pools) -> LocalIndex:
    return LocalIndex(Store(root, workspace), None, pools.open)


@pytest.fixture(autouse=True)
def _none_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_finders", list)


def test_builds_have_the_priority_of_who_waits(tmp_path: Path, workspace: Path) -> None:
    pools = Pools()
    index = open_index(tmp_path / "index", workspace, pools)
    index.build()
    index.build(awaited=True)
    assert pools.niceness == [BACKGROUND, 0]


@pytest.mark.parametrize("awaited", [True, False])
def test_the_process_with_the_lease_builds_for_another(
    tmp_path: Path, workspace: Path, awaited: bool
) -> None:
    pools = Pools()
    holder = open_index(tmp_path / "index", workspace, pools)
    assert holder.writer.keep_lease() is not None
    other = open_index(tmp_path / "index", workspace, Pools())
    seen: list[Progress] = []
    asking = threading.Thread(target=lambda: other.build(seen.append, awaited=awaited))
    asking.start()
    deadline = time.monotonic() + 60
    while asking.is_alive():
        assert time.monotonic() < deadline
        holder.writer.serve_requests(holder.open_files())
        time.sleep(0.01)
    assert pools.niceness == [0 if awaited else BACKGROUND]
    assert pools.threads == ["awaited-build" if awaited else "build"]
    assert seen[1].stage == "waiting" and "writes this index" in seen[1].detail
    assert other.has_name("post_entry")
    holder.close()
