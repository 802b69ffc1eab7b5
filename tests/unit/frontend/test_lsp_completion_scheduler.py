"""Completions while somebody types: what is being typed is kept, what is not is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from soothsay.engine.types import Completion, CompletionRequest, TriggerDecision
from soothsay.errors import Cancelled
from soothsay.frontend.completion_scheduler import CompletionScheduler
from soothsay.frontend.debounce import Debounce
from soothsay_common.threads import SerialExecutor

BEFORE, AFTER = "x = client.", "\nprint(x)\n"
REQUEST = CompletionRequest(Path("/w/a.py"), BEFORE + AFTER, len(BEFORE), Path("/w"))


def after(typed: str) -> CompletionRequest:
    return replace(REQUEST, text=BEFORE + typed + AFTER, offset=len(BEFORE + typed))


class Writer:
    """Writes what it is told to, a letter at a time, for every request the same statement from where it stands."""

    def __init__(self, statement: str = "create_job(1)") -> None:
        self.statement = statement
        self.may_write = 0  # letters
        self.started: list[str] = []  # what was typed of the statement
        self.cancelled: list[str] = []

    def __call__(
        self, request: CompletionRequest, cancel: Event, on_text: Callable[[str], None]
    ) -> Completion:
        typed = request.text[len(BEFORE) : request.offset]
        self.started.append(typed)
        text = self.statement.removeprefix(typed) if self.statement.startswith(typed) else f"{typed}?"
        for end in range(len(text) + 1):
            while self.may_write < len(typed) + end and not cancel.is_set():
                cancel.wait(0.002)
            if cancel.is_set():
                self.cancelled.append(typed)
                raise Cancelled
            on_text(text[:end])
        return Completion(text, text, "verified", "full", TriggerDecision(False))

    async def has(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.001)


async def yes() -> bool:
    return True


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
async def typist(writer: Writer) -> AsyncIterator[CompletionScheduler]:
    worker = SerialExecutor("test")
    typist = CompletionScheduler(worker, writer, yes)
    yield typist
    typist.abort()
    assert worker.stop(5)


def text_of(completion: Completion | None) -> str | None:
    return completion and completion.text


async def test_what_is_written_is_kept_while_it_is_typed(typist: CompletionScheduler, writer: Writer) -> None:
    first = asyncio.ensure_future(typist.submit(REQUEST))
    await writer.has(lambda: writer.started)
    writer.may_write = 3
    second = asyncio.ensure_future(typist.submit(after("cr")))
    third = asyncio.ensure_future(typist.submit(after("create_")))
    await asyncio.sleep(0.05)
    writer.may_write = 99
    assert [text_of(await each) for each in (first, second, third)] == [
        "create_job(1)",
        "eate_job(1)",
        "job(1)",
    ]
    assert writer.started == [""]


async def test_what_is_typed_otherwise_begins_anew(typist: CompletionScheduler, writer: Writer) -> None:
    first = asyncio.ensure_future(typist.submit(REQUEST))
    await writer.has(lambda: writer.started)
    writer.may_write = 3
    await asyncio.sleep(0.02)
    second = asyncio.ensure_future(typist.submit(after("de")))
    assert await first is None
    writer.may_write = 99
    assert text_of(await second) == "de?"
    assert (writer.started, writer.cancelled) == (["", "de"], [""])


async def test_what_turns_out_otherwise_is_stopped_and_begun_anew(
    typist: CompletionScheduler, writer: Writer
) -> None:
    first = asyncio.ensure_future(typist.submit(REQUEST))
    await writer.has(lambda: writer.started)
    second = asyncio.ensure_future(typist.submit(after("cx")))  # nothing is written yet: it may be right
    await asyncio.sleep(0.02)
    assert writer.started == [""]
    writer.may_write = 99
    assert text_of(await second) == "cx?" and await first is None
    assert (writer.started, writer.cancelled) == (["", "cx"], [""])


async def test_an_editor_cancels_tells_of_the_key_and_asks_again_later(
    typist: CompletionScheduler, writer: Writer
) -> None:
    first = asyncio.ensure_future(typist.submit(REQUEST))
    await writer.has(lambda: writer.started)
    first.cancel()
    await asyncio.sleep(0.003)
    typist.document_changed(REQUEST.path, after("c").text)
    await asyncio.sleep(0.1)
    writer.may_write = 99
    assert text_of(await typist.submit(after("c"))) == "reate_job(1)"
    assert writer.started == [""]


async def test_an_editor_tells_of_keys_cancels_and_asks_again_later(
    typist: CompletionScheduler, writer: Writer
) -> None:
    typed, asked = "", asyncio.ensure_future(typist.submit(REQUEST))
    await writer.has(lambda: writer.started)
    for key in "crea":
        typed += key
        typist.document_changed(REQUEST.path, after(typed).text)
        asked.cancel()
        await asyncio.sleep(0.05)
        asked = asyncio.ensure_future(typist.submit(after(typed)))
        await asyncio.sleep(0.01)
    writer.may_write = 99
    assert text_of(await asked) == "te_job(1)"
    assert writer.started == [""]


async def test_what_is_dismissed_after_a_key_is_stopped(typist: CompletionScheduler, writer: Writer) -> None:
    first = asyncio.ensure_future(typist.submit(REQUEST))
    await writer.has(lambda: writer.started)
    typist.document_changed(REQUEST.path, after("c").text)
    first.cancel()
    second = asyncio.ensure_future(typist.submit(after("c")))
    await asyncio.sleep(0.01)
    second.cancel()
    await asyncio.sleep(0.1)
    assert writer.cancelled == [""]


async def test_what_nobody_waits_for_is_stopped(typist: CompletionScheduler, writer: Writer) -> None:
    first = asyncio.ensure_future(typist.submit(REQUEST))
    await writer.has(lambda: writer.started)
    first.cancel()
    await writer.has(lambda: writer.cancelled)


async def test_a_change_elsewhere_stops_it(typist: CompletionScheduler, writer: Writer) -> None:
    first = asyncio.ensure_future(typist.submit(REQUEST))
    await writer.has(lambda: writer.started)
    typist.document_changed(Path("/w/other.py"), "")
    await asyncio.sleep(0.02)
    assert not writer.cancelled
    typist.document_changed(REQUEST.path, REQUEST.text + "y = 1\n")
    assert await first is None
    await writer.has(lambda: writer.cancelled)


class TestDebounce:
    def test_the_first_key_and_slow_typing_wait_for_nothing(self) -> None:
        now = [0.0]
        debounce = Debounce(lambda: now[0])
        assert debounce.requested() == 0.0
        debounce.answered(0.15)
        for _ in range(5):
            now[0] += 0.25
            assert debounce.requested() == 0.0

    def test_where_keys_come_faster_than_answers_it_waits_a_part_of_the_gap(self) -> None:
        now = [0.0]
        debounce = Debounce(lambda: now[0])
        debounce.answered(0.8)
        debounce.requested()
        now[0] += 0.12
        assert debounce.requested() == pytest.approx(0.03)
        for _ in range(30):
            now[0] += 0.6
            assert debounce.requested() <= 0.06
        now[0] += 3.0
        assert debounce.requested() == 0.0  # after a pause

    def test_it_follows_the_model(self) -> None:
        now = [0.0]
        debounce = Debounce(lambda: now[0])
        debounce.answered(2.0)
        debounce.requested()
        for _ in range(20):
            debounce.answered(0.05)
        now[0] += 0.12
        assert debounce.requested() == 0.0
