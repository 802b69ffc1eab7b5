"""Threads that stand back."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from soothsay_common.priority import lower_thread_priority, minimise_thread_priority

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere threads have no priority of their own"
)


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_the_thread_stands_back_and_those_that_it_starts_but_no_other() -> None:
    before = niceness()

    def started_here() -> int:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(niceness).result()

    with ThreadPoolExecutor(1, initializer=lower_thread_priority) as pool:
        assert pool.submit(niceness).result() > before
        assert pool.submit(started_here).result() > before
    assert niceness() == before


def test_some_stand_further_back() -> None:
    with (
        ThreadPoolExecutor(1, initializer=lower_thread_priority) as near,
        ThreadPoolExecutor(1, initializer=minimise_thread_priority) as far,
    ):
        assert niceness() < near.submit(niceness).result() < far.submit(niceness).result()
