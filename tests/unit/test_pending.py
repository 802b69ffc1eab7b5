"""Requests that wait for their answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay_common.pending import PendingRequests


def test_an_answer_reaches_its_request_once() -> None:
    pending = PendingRequests[str]()
    first, second = pending.add("first"), pending.add("second")
    assert (first.number, second.number, len(pending)) == (1, 2, 2)
    assert pending.get(2) is second
    pending.resolve(2, "answer")
    pending.resolve(2, "again")
    pending.fail(2, ValueError())
    assert second.future.result(0) == "answer"
    assert not first.future.done()
    assert pending.get(2) is None


def test_an_error_is_raised_by_the_future() -> None:
    pending = PendingRequests[None]()
    request = pending.add(None)
    pending.fail(request.number, KeyError("no"))
    with pytest.raises(KeyError):
        request.future.result(0)


def test_some_fail_together() -> None:
    pending = PendingRequests[str]()
    old, new = pending.add("old"), pending.add("new")
    pending.fail_all(OSError("gone"), lambda about: about == "old")
    assert isinstance(old.future.exception(0), OSError)
    pending.resolve(new.number, 1)
    assert new.future.result(0) == 1


def test_a_closed_connection_takes_no_requests() -> None:
    pending = PendingRequests[None]()
    request = pending.add(None)
    pending.close(OSError("gone"))
    pending.close(ValueError("later"))
    assert isinstance(request.future.exception(0), OSError)
    with pytest.raises(OSError, match="gone"):
        pending.add(None)
    assert len(pending) == 0


def test_an_answer_to_a_request_that_its_caller_has_given_up() -> None:
    pending = PendingRequests[None]()
    cancelled, dropped, failing = pending.add(None), pending.add(None), pending.add(None)
    assert cancelled.future.cancel()
    assert failing.future.cancel()
    pending.resolve(cancelled.number, 1)
    pending.fail(failing.number, OSError())
    assert pending.drop(dropped.number) is dropped
    pending.resolve(dropped.number, 1)
    assert not dropped.future.done()
    assert len(pending) == 0


def test_a_callback_may_ask_again() -> None:
    pending = PendingRequests[None]()
    asked: list[int] = []
    request = pending.add(None)
    request.future.add_done_callback(lambda _: asked.append(pending.add(None).number))
    pending.resolve(request.number, None)
    assert asked == [2]


def test_waiting_for_a_request() -> None:
    pending = PendingRequests[None]()
    with ThreadPoolExecutor(2) as pool:
        waits = [pool.submit(pending.wait) for _ in range(2)]
        assert not any(wait.done() for wait in waits)
        request = pending.add(None)
        assert all(wait.result(10) for wait in waits)
        pending.resolve(request.number, None)
        last = pool.submit(pending.wait)
        pending.close(OSError())
        assert last.result(10) is False


@given(st.lists(st.tuples(st.sampled_from(["add", "resolve", "fail", "drop"]), st.integers(1, 6))))
def test_each_future_is_completed_at_most_once_and_by_its_own_answer(steps: list[tuple[str, int]]) -> None:
    pending = PendingRequests[int]()
    futures = {}
    answered: dict[int, object] = {}
    gone: set[int] = set()
    for do, number in steps:
        if do == "add":
            request = pending.add(0)
            futures[request.number] = request.future
        elif number in futures and number not in gone:
            gone.add(number)
            if do == "resolve":
                answered[number] = number
                pending.resolve(number, number)
            elif do == "fail":
                answered[number] = error = ValueError()
                pending.fail(number, error)
            else:
                pending.drop(number)
        else:
            pending.resolve(number, "nothing waits for this")
    for number, future in futures.items():
        assert future.done() == (number in answered)
        if number in answered:
            assert (future.exception() or future.result()) is answered[number]
    assert len(pending) == len(futures) - len(gone)


def test_numbers_are_unique_across_threads() -> None:
    pending = PendingRequests[None]()
    numbers: list[int] = []
    threads = [
        threading.Thread(target=lambda: numbers.extend(pending.add(None).number for _ in range(200)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 801))
