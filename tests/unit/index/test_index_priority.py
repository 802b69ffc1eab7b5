"""Threads and processes that nobody waits for stand back, and are not starved (issue 19, number 13)."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from soothsay_common.priority import BACKGROUND, lower_thread_priority
from soothsay_index.build.process_pool import open_process_pool

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere threads have no priority of their own"
)


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def schedule() -> tuple[int, int]:
    return os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)


def test_the_thread_stands_back_and_those_that_it_starts_but_no_other() -> None:
    before = niceness()

    def started_here() -> int:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(niceness).result()

    with ThreadPoolExecutor(1, initializer=lower_thread_priority) as pool:
        assert pool.submit(niceness).result() == max(before, BACKGROUND)
        assert pool.submit(started_here).result() == max(before, BACKGROUND)
    assert niceness() == before


@pytest.mark.parametrize("wanted", [0, BACKGROUND])
def test_processes_of_a_build_are_never_idle(wanted: int) -> None:
    """13: at idle priority a build got 24 s of processor time in nine minutes."""
    with open_process_pool(wanted) as pool:
        assert pool.submit(schedule).result() == (os.SCHED_OTHER, max(wanted, niceness()))
    assert BACKGROUND <= 10
