"""Jobs in order on one thread."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread, current_thread, get_ident

import pytest

from soothsay_common.threads import SerialExecutor, run_on_new_thread


def test_jobs_are_done_in_order_on_one_thread() -> None:
    worker, done = SerialExecutor("jobs"), list[int]()
    futures: list[Future[None]] = [worker.submit(done.append, number) for number in range(100)]
    threads = {worker.submit(get_ident).result(60) for _ in range(3)}
    assert [future.result(60) for future in futures] == [None] * 100
    assert done == list(range(100))
    assert len(threads) == 1 and get_ident() not in threads
    assert worker.stop(60)


def test_an_error_is_the_jobs_own() -> None:
    worker = SerialExecutor("jobs")
    with pytest.raises(KeyError):
        worker.submit({}.__getitem__, "a").result(60)
    with pytest.raises(SystemExit):
        worker.submit(exit).result(60)
    assert worker.submit(len, "ab").result(60) == 2
    assert worker.stop(60)


def test_a_worker_that_had_nothing_to_do_ends_at_once() -> None:
    assert SerialExecutor("jobs").stop(60)


def test_a_thread_that_cannot_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = SerialExecutor("jobs")

    def fail(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", fail)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                worker.submit(len, "a")
    assert worker.submit(len, "ab").result(60) == 2
    assert worker.stop(60)


def test_a_thread_of_its_own_has_ended_with_its_job() -> None:
    thread = run_on_new_thread(current_thread)
    assert thread is not current_thread() and not thread.is_alive()
    with pytest.raises(KeyError):
        run_on_new_thread(lambda: {}["a"])
