"""What is read of a whole table: at once where that is quick, behind whoever asks where it is not."""

from __future__ import annotations

import threading
import time

from soothsay_index.store import whole_tables as whole
from soothsay_index.store.whole_tables import Whole


def test_it_is_read_again_when_the_table_has_changed_and_only_then() -> None:
    read: list[int] = []

    def count() -> int:
        read.append(1)
        return len(read)

    table = Whole(count)
    assert [table.get(1), table.get(1), table.get(2)] == [1, 1, 2]
    table.forget()
    assert table.get(2) == 3


def test_where_reading_takes_long_nobody_waits_for_it(monkeypatch) -> None:
    monkeypatch.setattr(whole, "_PAUSE", 1)
    go = threading.Event()
    read: list[int] = []

    def slowly() -> int:
        time.sleep(0.05)
        if read:
            go.wait(10)
        read.append(1)
        return len(read)

    table = Whole(slowly)
    assert table.get(1) == 1
    time.sleep(0.1)  # the pause
    began = time.monotonic()
    assert [table.get(2) for _ in range(20)] == [1] * 20
    assert time.monotonic() - began < 0.05
    go.set()
    deadline = time.monotonic() + 10
    while table.get(2) != 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert table.get(2) == 2
    assert len(read) == 2, "one thread reads"
