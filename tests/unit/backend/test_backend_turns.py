"""Whose turn it is: the newest that a person waits for, but the longest waiting one in four."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from soothsay.backend import turns as module
from soothsay.backend.turns import Turns, WindowLane

PATIENCE = 60.0  # seconds


class Queue:
    """Threads that wait for a turn, begun one after the other, and the order in which they had it."""

    def __init__(self, turns: Turns) -> None:
        self.order: list[str] = []
        self._turns = turns
        self._threads: list[threading.Thread] = []

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within the block nobody gets a turn; afterwards everyone has had one."""
        with self._turns.lane().turn():
            yield
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def wait(self, name: str, lane: WindowLane, *, urgent: bool) -> None:
        """Begin a thread that waits."""
        waiting = len(self._turns._waiting)

        def work() -> None:
            with lane.working(urgent=urgent), lane.turn():
                self.order.append(name)

        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()
        deadline = time.monotonic() + PATIENCE
        while len(self._turns._waiting) == waiting:
            assert time.monotonic() < deadline
            time.sleep(0.001)


@pytest.fixture
def turns() -> Turns:
    return Turns()


def test_the_newest_request_goes_first(turns: Turns) -> None:
    queue = Queue(turns)
    with queue.held():
        for name in ("a", "b", "c"):
            queue.wait(name, turns.lane(), urgent=True)
    assert queue.order == ["c", "b", "a"]


def test_what_nobody_waits_for_goes_last(turns: Turns) -> None:
    queue = Queue(turns)
    with queue.held():
        queue.wait("urgent", turns.lane(), urgent=True)
        queue.wait("ahead", turns.lane(), urgent=False)
        queue.wait("ahead, newer", turns.lane(), urgent=False)
    assert queue.order == ["urgent", "ahead, newer", "ahead"]


def test_one_turn_of_four_goes_to_the_longest_waiting(turns: Turns) -> None:
    queue = Queue(turns)
    with queue.held():  # this is the first turn
        for name in "abcdefgh":
            queue.wait(name, turns.lane(), urgent=True)
    assert "".join(queue.order) == "hgfaedcb"


def test_the_longest_waiting_is_the_one_that_had_no_turn_lately(turns: Turns) -> None:
    old, new = turns.lane(), turns.lane()
    done: list[str] = []
    ends = threading.Event()

    def work(lane: WindowLane, name: str) -> None:
        with lane.working(urgent=True):
            while not ends.is_set():
                with lane.turn():
                    done.append(name)

    threads = [threading.Thread(target=work, args=(old, "old"), daemon=True)]
    threads[0].start()
    threads.append(threading.Thread(target=work, args=(new, "new"), daemon=True))
    threads[1].start()
    deadline = time.monotonic() + PATIENCE
    while done.count("old") < 50 or done.count("new") < 50:  # the older request does not starve
        assert time.monotonic() < deadline
        time.sleep(0.01)
    ends.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_turn_is_given_back_after_an_error(turns: Turns) -> None:
    lane = turns.lane()
    with pytest.raises(KeyError), lane.turn():
        raise KeyError
    with turns.lane().turn():
        pass


def test_the_work_before_goes_on_with_its_own_urgency(turns: Turns) -> None:
    lane = turns.lane()
    with lane.working(urgent=False):
        before = lane._work
        with pytest.raises(KeyError), lane.working(urgent=True):
            assert lane._work.urgent
            raise KeyError
        assert lane._work is before


def test_the_clock_leaves_out_what_others_take(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    lane = turns.lane()
    began = lane.clock()
    now[0] += 2  # its own work
    assert lane.clock() - began == 2

    def take(lane: WindowLane, urgent: bool, since: float) -> None:
        now[0] += 30  # another window evaluates

    monkeypatch.setattr(turns, "take", take)
    with lane.turn():
        now[0] += 1
    assert lane.clock() - began == 3
    assert lane.waited == 30


def test_many_threads_exclude_each_other_and_all_come_to_an_end(turns: Turns) -> None:
    inside = 0
    most = 0
    count = 0

    def work(number: int) -> None:
        nonlocal inside, most, count
        lane = turns.lane()
        for turn in range(200):
            with lane.working(urgent=(number + turn) % 3 > 0), lane.turn():
                inside += 1
                most = max(most, inside)
                if turn % 20 == 0:
                    time.sleep(0)  # somebody else runs
                count += 1
                inside -= 1

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert (most, count, inside) == (1, 8 * 200, 0)
    assert not turns._waiting
