"""Whole messages over a pipe: nobody blocks who sends, and nobody waits at a closed end."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import pytest
from backend_stand_ins import PATIENCE, Call, until

from soothsay.backend import message_stream as module
from soothsay.backend.codec import CodecError
from soothsay.backend.message_stream import MessageStream
from soothsay.backend.messages import Done, Mirror, Ping, Pong


@pytest.fixture
def ends() -> Iterator[tuple[MessageStream, MessageStream]]:
    here, there = Pipe()
    channels = MessageStream(here), MessageStream(there)
    yield channels
    for stream in channels:
        stream.close()


def test_messages_come_in_order(ends: tuple[MessageStream, MessageStream]) -> None:
    here, there = ends
    text = "é\n" * 1_000_000  # more than a pipe holds: it is sent while it is received
    here.send(Ping(1))
    here.send(Mirror(Path("a.py")), text)
    here.send(Ping(2))
    there.send(Pong(1))
    assert [there.receive() for _ in range(3)] == [(Ping(1), ""), (Mirror(Path("a.py")), text), (Ping(2), "")]
    assert here.receive() == (Pong(1), "")


def test_finishing_sends_what_is_unsent(ends: tuple[MessageStream, MessageStream]) -> None:
    here, there = ends
    for number in range(100):
        here.send(Ping(number))
    here.close_when_sent(PATIENCE)
    assert [there.receive()[0] for _ in range(100)] == [Ping(number) for number in range(100)]
    with pytest.raises(EOFError):
        there.receive()


def test_finishing_does_not_wait_for_who_does_not_read(ends: tuple[MessageStream, MessageStream]) -> None:
    here, _ = ends
    here.send(Mirror(Path("a.py")), "x" * 5_000_000)
    here.close_when_sent(0.05)
    until(lambda: not here._writer.is_alive(), "the writer's end")


def test_what_is_not_read_is_bounded(ends: tuple[MessageStream, MessageStream]) -> None:
    here, there = ends
    here.send(Mirror(Path("a.py")), "x" * 5_000_000)  # the pipe is full
    for number in range(10_100):
        here.send(Ping(number))  # returns
    until(lambda: not here._writer.is_alive(), "the writer's end")
    kept = here._unsent.qsize()
    assert kept <= 10_001
    here.send(Ping(0))  # into the void
    assert here._unsent.qsize() == kept
    with pytest.raises(EOFError):
        here.receive()
    with pytest.raises(EOFError):
        there.receive()  # the end, in the middle of a message


def test_ten_thousand_messages_that_are_read_late_all_come(ends: tuple[MessageStream, MessageStream]) -> None:
    here, there = ends
    for number in range(10_000):
        here.send(Ping(number))
    assert [there.receive()[0] for _ in range(10_000)] == [Ping(number) for number in range(10_000)]
    until(lambda: here._unsent_bytes == 0, "all to be sent")


def test_long_texts_count_by_their_bytes(
    ends: tuple[MessageStream, MessageStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_UNSENT_BYTES", 3_000_000)
    here, there = ends
    for _ in range(4):
        here.send(Mirror(Path("a.py")), "x" * 1_000_000)
    with pytest.raises(EOFError):
        for _ in range(4):
            there.receive()


def test_what_is_no_json_fails_at_once_and_spoils_nothing(ends: tuple[MessageStream, MessageStream]) -> None:
    here, there = ends
    with pytest.raises(TypeError):
        here.send(Done(1, {"a": object()}))
    here.send(Ping(1))
    assert there.receive()[0] == Ping(1)


def test_closing_wakes_who_reads_here_and_there(ends: tuple[MessageStream, MessageStream]) -> None:
    here, there = ends
    reading = [Call(here.receive), Call(there.receive)]
    until(lambda: here._users and there._users, "both to read")
    here.close()
    for call in reading:
        with pytest.raises(EOFError):
            call.result()
    assert here.poll(PATIENCE)  # there is nothing to wait for
    assert there.poll(PATIENCE)
    until(lambda: here._connection.closed, "the descriptor to be closed")


def test_closing_wakes_who_waits(ends: tuple[MessageStream, MessageStream]) -> None:
    here, _ = ends
    waiting = Call(lambda: here.poll(PATIENCE))
    until(lambda: here._users)
    here.close()
    assert waiting.result()


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors")
def test_a_descriptor_is_not_closed_while_a_thread_uses_it(ends: tuple[MessageStream, MessageStream]) -> None:
    here, _ = ends
    descriptor = here._connection.fileno()
    with here._using():
        here.close()
        os.fstat(descriptor)  # it is still ours
        assert not here._connection.closed
    assert here._connection.closed
    with pytest.raises(EOFError), here._using():
        raise AssertionError


def test_many_threads_may_send_and_close(ends: tuple[MessageStream, MessageStream]) -> None:
    here, there = ends
    reading = Call(lambda: [there.receive() for _ in range(10**9)])
    begin = threading.Barrier(9)

    def work(number: int) -> None:
        begin.wait(PATIENCE)
        for turn in range(100):
            here.send(Ping(turn), "x" * 1000)
            if number == 7 and turn == 50:
                here.close()
        here.close()

    calls = [Call(lambda number=number: work(number)) for number in range(8)]
    begin.wait(PATIENCE)
    for call in calls:
        call.result()
    with pytest.raises(EOFError):
        reading.result()
    until(lambda: not here._writer.is_alive(), "the writer's end")


@pytest.mark.parametrize(
    "size", [b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff" + b"\x7f" * 8, b"GET / HTTP/1.1\r\n\r\n"]
)
@pytest.mark.skipif(sys.platform == "win32", reason="descriptors")
def test_what_says_that_it_is_very_long_is_no_message(size: bytes) -> None:
    reading, writing = Pipe(duplex=True)
    stream = MessageStream(reading)
    os.write(writing.fileno(), size)
    with pytest.raises(EOFError):
        stream.receive()
    stream.close()


def test_a_message_may_be_limited(ends: tuple[MessageStream, MessageStream]) -> None:
    here, there = ends
    here.send(Mirror(Path("a.py")), "x" * 2000)
    with pytest.raises(EOFError):
        there.receive(1000)


def test_bytes_that_are_no_message() -> None:
    here, there = Pipe()
    stream = MessageStream(there)
    here.send_bytes(b"garbage")
    here.send_bytes(b'{"is":"Ping","number":1}')
    with pytest.raises(CodecError):
        stream.receive()
    assert stream.receive()[0] == Ping(1)
    stream.close()
