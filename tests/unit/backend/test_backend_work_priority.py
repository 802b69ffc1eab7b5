"""What nobody waits for gives way."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from soothsay.backend import work_priority as module
from soothsay.backend.work_priority import WorkPriority
from soothsay.errors import Cancelled
from soothsay_common.cancellation import Cancellation

PATIENCE = 60.0  # seconds


def test_background_work_is_cancelled_when_something_is_urgent() -> None:
    priority, other = WorkPriority(), Cancellation()
    cancel = Cancellation()
    with priority.background(other):
        pass
    with priority.background(cancel):
        assert not cancel.is_set()
        with priority.urgent():
            assert cancel.is_set()
    assert not other.is_set()  # it has ended before


def test_background_work_waits_until_nothing_is_urgent() -> None:
    priority, order = WorkPriority(), list[str]()

    def work() -> None:
        with priority.background(Cancellation()):
            order.append("background")

    thread = threading.Thread(target=work, daemon=True)
    with priority.urgent():
        with priority.urgent():
            thread.start()
            thread.join(0.05)
            order.append("first")
        thread.join(0.05)
        order.append("second")
    thread.join(PATIENCE)
    assert order == ["first", "second", "background"]


def test_waiting_ends_when_it_is_no_longer_wanted() -> None:
    priority, cancel, ended = WorkPriority(), Cancellation(), threading.Event()

    def work() -> None:
        with pytest.raises(Cancelled), priority.background(cancel):
            raise AssertionError
        ended.set()

    with priority.urgent():
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(0.05)
        assert not ended.is_set()
        cancel.set()
        assert ended.wait(PATIENCE)


def test_nothing_begins_that_is_cancelled() -> None:
    cancel = Cancellation()
    cancel.set()
    with pytest.raises(Cancelled), WorkPriority().background(cancel):
        raise AssertionError


def test_it_knows_for_how_long_nothing_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    priority = WorkPriority()
    now[0] += 5
    assert priority.idle_seconds() == 5
    with priority.urgent():
        now[0] += 5
        assert priority.idle_seconds() == 0
    now[0] += 2
    assert priority.idle_seconds() == 2
    with pytest.raises(KeyError), priority.background(Cancellation()):
        now[0] += 5
        assert priority.idle_seconds() == 0
        raise KeyError
    now[0] += 1
    assert priority.idle_seconds() == 1


def test_many_threads_of_both_kinds_come_to_an_end() -> None:
    priority, met = WorkPriority(), list[str]()
    urgent = threading.Semaphore(0)

    def hurry() -> None:
        for _ in range(50):
            with priority.urgent():
                urgent.release()

    def stroll() -> None:
        for _ in range(50):
            cancel = Cancellation()
            try:
                with priority.background(cancel):
                    if not cancel.is_set() and cancel.wait(0.0001):
                        met.append("gave way")
            except Cancelled:
                raise AssertionError("nobody cancels what has not begun") from None

    threads = [threading.Thread(target=work, daemon=True) for work in (hurry, hurry, stroll, stroll)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert not priority._background and not priority._urgent
