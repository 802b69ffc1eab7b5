"""An event that calls back: once, at once, and nobody who has left."""

from __future__ import annotations

import threading

import pytest

from soothsay_common.cancellation import Cancellation


def test_it_is_an_event() -> None:
    cancel = Cancellation()
    assert isinstance(cancel, threading.Event)
    assert not cancel.is_set() and not cancel.wait(0)
    cancel.set()
    assert cancel.is_set() and cancel.wait(0)


def test_a_callback_is_called_once() -> None:
    cancel, called = Cancellation(), []
    with cancel.calling(lambda: called.append(1)):
        assert not called
        cancel.set()
        assert called == [1]
        cancel.set()
    cancel.set()
    assert called == [1]


def test_a_callback_is_called_at_once_when_it_is_set_already() -> None:
    cancel, called = Cancellation(), []
    cancel.set()
    with cancel.calling(lambda: called.append(1)):
        assert called == [1]
    cancel.set()
    assert called == [1]


def test_who_has_left_is_not_called() -> None:
    cancel, called = Cancellation(), []
    with pytest.raises(KeyError), cancel.calling(lambda: called.append("left")):
        raise KeyError
    with cancel.calling(lambda: called.append("here")):
        cancel.set()
    assert called == ["here"]


def test_equal_callbacks_are_called_one_by_one() -> None:
    class Waiter:
        calls = 0

        def wake(self) -> None:
            self.calls += 1

    cancel, waiter = Cancellation(), Waiter()
    with cancel.calling(waiter.wake):
        with cancel.calling(waiter.wake):
            pass
        cancel.set()
    assert waiter.calls == 1


def test_a_callback_may_set_it_again_and_leave() -> None:
    cancel, called = Cancellation(), []

    def callback() -> None:
        called.append(1)
        cancel.set()

    with cancel.calling(callback):
        cancel.set()
    assert called == [1]


def test_it_may_be_set_by_several_threads() -> None:
    for _ in range(20):
        cancel, called = Cancellation(), []
        begin = threading.Barrier(5)

        def set_it(cancel: Cancellation = cancel, begin: threading.Barrier = begin) -> None:
            begin.wait(30)
            cancel.set()

        threads = [threading.Thread(target=set_it, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        with cancel.calling(lambda called=called: called.append(1)):
            begin.wait(30)
            assert cancel.wait(30)
            for thread in threads:
                thread.join(30)
        assert called == [1]
