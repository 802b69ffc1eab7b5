"""The typist keeps the rhythm of the keys, waits at a stop, and writes down what each key has seen."""

from __future__ import annotations

import asyncio
import time

import pytest
from bench.latency import typist
from bench.latency.figures import Asked
from bench.latency.sides import Watch
from bench.latency.trace import (
    Accept,
    Buffer,
    Cut,
    Delete,
    Edit,
    Ghost,
    Jump,
    Look,
    Newline,
    Source,
    Step,
    Through,
    Trace,
    Type,
)


class Scripted:
    """A side that answers each text it knows after a while, unless something else is typed before."""

    def __init__(self, answers: dict[str, str], delay: float = 0.03) -> None:
        self.watch = Watch()
        self.edits: list[tuple[Edit, tuple[int, int], tuple[int, int]]] = []
        self.taken: list[tuple[str, bool]] = []
        self._answers, self._delay = answers, delay
        self._buffer = Buffer("")
        self._ghost: Ghost | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def open(self, buffer: Buffer) -> None:
        self._buffer = buffer

    def edited(self, edit: Edit, before: tuple[int, int], until: tuple[int, int]) -> None:
        self.edits.append((edit, before, until))
        if self._timer is not None:
            self._timer.cancel()
        if self.ghost():
            self.watch.shown()
        self._timer = asyncio.get_running_loop().call_later(self._delay, self._answer)

    def _answer(self) -> None:
        self._timer = None
        text = self._answers.get(self._buffer.text[: self._buffer.offset])
        if text:
            self._ghost = Ghost(self._buffer.offset, text)
            self.watch.shown()
        self.watch.answered(1.0)

    def jumped(self) -> None:
        self._ghost = None

    def ghost(self) -> str:
        return self._ghost.rest(self._buffer) if self._ghost else ""

    def took(self, text: str, *, all_of_it: bool) -> None:
        self.taken.append((text, all_of_it))

    def pending(self) -> bool:
        return self._timer is not None

    async def idle(self) -> None:
        return None

    def take_requests(self) -> list[Asked]:
        return []

    def cpu(self) -> float:
        return 0.0

    async def close(self) -> None:
        return None


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("REST", 0.01), ("READ", 0.02), ("DECIDE", 0.01)):
        monkeypatch.setattr(typist, name, seconds)


async def typed(
    steps: list[Step], side: Scripted, text: str = "\n", speed: int = 5
) -> tuple[typist.Typed, str]:
    buffer = Buffer(text)
    await side.open(buffer)
    trace = Trace("t", Source("", "", "", ""), 1, tuple(steps))
    return await typist.Typist(trace, speed, side, buffer).type(), buffer.text


async def test_only_the_last_key_waits_for_its_answer() -> None:
    got, text = await typed([Type("abc"), Look(), Type("d")], Scripted({"abc": "de"}))
    assert text == "abcd\n"
    assert [(sample.last, sample.whole is not None) for sample in got.samples] == [
        (False, False),
        (False, False),
        (True, True),
        (False, False),
    ]
    stop = got.samples[2]
    assert stop.first is not None
    assert 30 <= stop.first <= 200
    assert (stop.ghost, stop.asked, stop.step) == (2, 1.0, 0)


async def test_a_key_that_the_ghost_text_has_foreseen_keeps_it() -> None:
    got, _ = await typed([Type("a"), Through("bcx")], Scripted({"a": "bcd"}))
    assert [sample.through for sample in got.samples] == [False, True, True, False]
    assert [sample.first is not None for sample in got.samples] == [True, True, True, False]


async def test_what_is_right_is_accepted_and_the_rest_typed() -> None:
    side = Scripted({"a": "(one, three)"})
    got, text = await typed([Type("a"), Accept("(one, two)")], side)
    assert text == "a(one, two)\n"
    assert side.taken == [("(one, ", False)]
    assert (got.accepted, got.keys) == (6, 1 + 1 + 4)
    assert [sample.kind for sample in got.samples] == ["type", "accept", "type", "type", "type", "type"]


async def test_all_of_a_ghost_text_can_be_accepted() -> None:
    side = Scripted({"a": "()"})
    got, text = await typed([Type("a"), Accept("()")], side)
    assert (text, side.taken, got.accepted, got.keys) == ("a()\n", [("()", True)], 2, 2)


async def test_the_side_is_told_where_an_edit_was() -> None:
    side = Scripted({})
    await typed([Jump(1, 1), Cut(2, 2), Newline("\n "), Delete(1)], side, text="one\ntwo\nthree\n")
    assert [(before, until) for _, before, until in side.edits] == [
        ((1, 1), (2, 2)),
        ((1, 1), (1, 1)),
        ((2, 0), (2, 1)),
    ]


async def test_the_first_stop_after_a_jump_is_cold() -> None:
    got, _ = await typed([Jump(0, 0), Type("a"), Look(), Type("b"), Look()], Scripted({}))
    assert [(sample.last, sample.cold) for sample in got.samples] == [(True, True), (True, False)]


async def test_a_side_that_says_nothing_is_not_waited_for() -> None:
    class Silent(Scripted):
        def edited(self, edit: Edit, before: tuple[int, int], until: tuple[int, int]) -> None:
            return None

    got, _ = await typed([Type("a"), Look()], Silent({}))
    assert (got.samples[0].last, got.samples[0].whole) == (True, None)


async def test_the_keys_keep_their_rhythm() -> None:
    started = time.perf_counter()
    await typed([Type("a" * 20)], Scripted({}), speed=20)
    assert time.perf_counter() - started >= 0.38  # 20 keys a second
