"""A cached table is read again at once where that is quick, and in the background where it is not."""

from __future__ import annotations

import threading
import time

from soothsay_index.store import table_cache
from soothsay_index.store.table_cache import TableCache


def test_it_is_read_again_when_the_table_has_changed_and_only_then() -> None:
    read: list[int] = []

    def count() -> int:
        read.append(1)
        return len(read)

    table = TableCache(count)
    assert [table.get(1), table.get(1), table.get(2)] == [1, 1, 2]
    table.forget()
    assert table.get(2) == 3


def test_a_slow_table_is_read_again_in_the_background(monkeypatch) -> None:
    monkeypatch.setattr(table_cache, "_MIN_AGE_FACTOR", 1)
    go = threading.Event()
    read: list[int] = []

    def slowly() -> int:
        time.sleep(0.05)
        if read:
            go.wait(30)
        read.append(1)
        return len(read)

    table = TableCache(slowly)
    assert table.get(1) == 1
    time.sleep(0.1)  # the pause
    assert [table.get(2) for _ in range(20)] == [1] * 20
    assert len(read) == 1, "the second read has not ended: none of the callers waited for it"
    go.set()
    deadline = time.monotonic() + 30
    while table.get(2) != 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert table.get(2) == 2
    assert len(read) == 2, "one thread reads"
