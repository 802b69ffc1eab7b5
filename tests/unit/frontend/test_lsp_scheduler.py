"""One completion at a time, the newest wins, and everybody gets an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from soothsay.engine.types import Completion, CompletionRequest, TriggerDecision
from soothsay.errors import Cancelled
from soothsay.frontend.scheduler import RequestScheduler
from soothsay_common.threads import SerialExecutor


def request(text: str) -> CompletionRequest:
    return CompletionRequest(path=Path("a.py"), text=text, offset=len(text), workspace=Path())


def answer(text: str) -> Completion:
    return Completion(text, "", "unverified", "base", TriggerDecision(False))


class Model:
    """Answers when it is let go, or when it is cancelled."""

    def __init__(self) -> None:
        self.go = Event()
        self.started: list[str] = []
        self.cancelled: list[str] = []

    def complete(self, request: CompletionRequest, cancel: Event) -> Completion:
        self.started.append(request.text)
        while not self.go.wait(0.005):
            if cancel.is_set():
                self.cancelled.append(request.text)
                raise Cancelled
        if request.text == "bug":
            raise ValueError("bug")
        return answer(request.text)

    async def has_started(self, count: int = 1) -> None:
        async with asyncio.timeout(5):
            while len(self.started) < count:
                await asyncio.sleep(0.001)


@pytest.fixture
def worker() -> Iterator[SerialExecutor]:
    worker = SerialExecutor("test")
    yield worker
    assert worker.stop(5)


@pytest.fixture
def model() -> Model:
    return Model()


async def yes() -> bool:
    return True


@pytest.fixture
def scheduler(worker: SerialExecutor, model: Model) -> RequestScheduler:
    return RequestScheduler(worker, model.complete, yes)


async def test_an_answer(scheduler: RequestScheduler, model: Model) -> None:
    model.go.set()
    assert await scheduler.submit(request("a")) == answer("a")
    assert await scheduler.submit(request("a")) == answer("a")
    assert model.started == ["a", "a"]


async def test_newer_requests_supersede_older_ones(scheduler: RequestScheduler, model: Model) -> None:
    first = asyncio.ensure_future(scheduler.submit(request("a")))
    await model.has_started()
    others = [asyncio.ensure_future(scheduler.submit(request(text))) for text in "bcd"]
    assert await first is None
    assert [await each for each in others[:-1]] == [None, None]
    await model.has_started(2)
    model.go.set()
    assert await others[-1] == answer("d")
    assert (model.started, model.cancelled) == (["a", "d"], ["a"])


async def test_equal_requests_share_a_job_until_the_last_is_cancelled(
    scheduler: RequestScheduler, model: Model
) -> None:
    one, two = (asyncio.ensure_future(scheduler.submit(request("a"))) for _ in range(2))
    await model.has_started()
    one.cancel()
    await asyncio.sleep(0.05)
    assert model.cancelled == []
    two.cancel()
    await asyncio.gather(one, two, return_exceptions=True)
    model_saw = asyncio.ensure_future(scheduler.submit(request("b")))
    await model.has_started(2)
    assert model.cancelled == ["a"]
    model.go.set()
    assert await model_saw == answer("b")


async def test_a_request_that_was_cancelled_can_be_asked_again(
    scheduler: RequestScheduler, model: Model
) -> None:
    first = asyncio.ensure_future(scheduler.submit(request("a")))
    await model.has_started()
    first.cancel()
    await asyncio.wait([first])
    again = asyncio.ensure_future(scheduler.submit(request("a")))
    await model.has_started(2)
    model.go.set()
    assert await again == answer("a")


async def test_errors_reach_everybody_who_waits(scheduler: RequestScheduler, model: Model) -> None:
    model.go.set()
    results = await asyncio.gather(
        *(scheduler.submit(request("bug")) for _ in range(2)), return_exceptions=True
    )
    assert [type(each) for each in results] == [ValueError, ValueError]
    assert await scheduler.submit(request("fine")) == answer("fine")


async def test_nothing_is_asked_of_a_model_that_is_not_ready(worker: SerialExecutor, model: Model) -> None:
    gate: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def ready() -> bool:
        return await asyncio.shield(gate)

    scheduler = RequestScheduler(worker, model.complete, ready)
    first = asyncio.ensure_future(scheduler.submit(request("a")))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(scheduler.submit(request("b")))
    assert await first is None
    gate.set_result(True)
    model.go.set()
    assert await second == answer("b")
    assert model.started == ["b"]


async def test_abort_answers_at_once(scheduler: RequestScheduler, model: Model) -> None:
    running = asyncio.ensure_future(scheduler.submit(request("a")))
    await model.has_started()
    scheduler.abort()
    assert await running is None
