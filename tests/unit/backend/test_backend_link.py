"""A window's connection: every question is answered, or it is said how the backend ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from pathlib import Path

import pytest
from backend_stand_ins import NOBODY, PATIENCE, Call, until

from soothsay.backend import link as module
from soothsay.backend.address import BackendFiles, ConnectionInfo, process_started_at
from soothsay.backend.codec import result_to_plain
from soothsay.backend.launch import BackendConnection
from soothsay.backend.link import Link, LostError
from soothsay.backend.message_stream import MessageStream
from soothsay.backend.messages import (
    Cancel,
    Complete,
    Done,
    Failed,
    IndexStatus,
    Load,
    Message,
    Ping,
    Pong,
    Progressed,
    Warned,
    Welcome,
    Wrote,
)
from soothsay.engine.types import CompletionRequest
from soothsay.errors import Cancelled, SoothsayError
from soothsay_common.cancellation import Cancellation
from soothsay_common.exits import Exit
from soothsay_index.types import IndexSummary, Progress

REQUEST = CompletionRequest(Path("/w/a.py"), "", 0, Path("/w"))


class Ends:
    """A link, and the backend's end of it in the test's hands."""

    def __init__(self, folder: Path, pid: int = NOBODY, created: float = 1.0) -> None:
        here, there = Pipe()
        self.warnings: list[str] = []
        self.lost: list[Exit] = []
        self.files = BackendFiles(folder, "x")
        self.info = ConnectionInfo(pid, created, "AF_UNIX", "", "token", "1-small")
        self.raw = there
        self.there = MessageStream(there)
        self.link = Link(
            BackendConnection(MessageStream(here), self.info, self.files),
            self.warnings.append,
            lambda _, exit_: self.lost.append(exit_),
        )

    def receive(self) -> Message:
        """The next message that is no ping; those are answered."""
        while isinstance(message := self.there.receive()[0], Ping):
            self.there.send(Pong(message.number))
        return message

    def complete(
        self, cancel: Cancellation | None = None, on_text: Callable[[str], None] | None = None
    ) -> tuple[Call, int]:
        """Ask for a completion; returns the call and its number."""
        call = Call(
            lambda: self.link.ask(lambda number: Complete(number, REQUEST, True), "text", cancel, on_text)
        )
        message = self.receive()
        assert isinstance(message, Complete)
        return call, message.id


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DIES_WITHIN", 0.0)


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    ends = Ends(tmp_path)
    yield ends
    ends.link.close()
    ends.there.close()


def ask_status(ends: Ends) -> tuple[Call, int]:
    call = Call(lambda: ends.link.ask(IndexStatus))
    message = ends.receive()
    assert isinstance(message, IndexStatus)
    return call, message.id


def test_answers_come_in_any_order(ends: Ends) -> None:
    asked = [ask_status(ends) for _ in range(3)]
    assert len({number for _, number in asked}) == 3
    for files, (_, number) in reversed(list(enumerate(asked))):
        ends.there.send(Done(number, result_to_plain(IndexSummary(files=files)), 5 * files))
    assert [call.result() for call, _ in asked] == [
        IndexSummary(files=0),
        IndexSummary(files=1),
        IndexSummary(files=2),
    ]
    until(lambda: ends.link.evaluated == 0)  # what was said last


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (Failed(1, "error", "free the folder"), SoothsayError, "free the folder"),
        (Failed(1, "cancelled"), Cancelled, ""),
        (Failed(1, "defect", "KeyError: 'a'"), RuntimeError, "KeyError: 'a'"),
    ],
)
def test_errors_come_as_what_they_are(ends: Ends, answer: Failed, kind: type[Exception], text: str) -> None:
    call, number = ask_status(ends)
    assert number == 1
    ends.there.send(answer)
    with pytest.raises(kind) as raised:
        call.result()
    assert type(raised.value) is kind and str(raised.value) == text


def test_texts_and_progress_come_before_the_answer(ends: Ends) -> None:
    texts: list[str] = []
    call, number = ends.complete(on_text=texts.append)
    other, other_number = ask_status(ends)
    ends.there.send(Wrote(other_number), "nobody listens")
    ends.there.send(Wrote(999), "nobody asked")
    ends.there.send(Progressed(number, Progress("reading", 1, 2)))
    for text in ("a", "ab\n", ""):
        ends.there.send(Wrote(number), text)
    ends.there.send(Failed(number, "cancelled"))
    with pytest.raises(Cancelled):
        call.result()
    assert texts == ["a", "ab\n", ""]
    ends.there.send(Done(other_number, result_to_plain(IndexSummary())))
    assert other.result() == IndexSummary()


def test_a_listeners_mistake_costs_no_answer(ends: Ends, caplog: pytest.LogCaptureFixture) -> None:
    def fail(text: str) -> None:
        raise RuntimeError("the event loop is closed")

    call, number = ends.complete(on_text=fail)
    ends.there.send(Wrote(number), "a")
    ends.there.send(Warned("too little memory"))
    ends.there.send(Failed(number, "error", "the answer"))
    with pytest.raises(SoothsayError, match="the answer"):
        call.result()
    assert ends.warnings == ["too little memory"]
    assert "a listener failed" in caplog.text


def test_what_nobody_asked_for_is_passed_over(ends: Ends) -> None:
    for message in (Done(77, None), Failed(77, "defect"), Pong(1), Welcome(1), Load(5), Cancel(1)):
        ends.there.send(message)
    call, number = ask_status(ends)
    ends.there.send(Done(number, result_to_plain(IndexSummary())))
    ends.there.send(Done(number, result_to_plain(IndexSummary(files=2))))  # once more
    assert call.result() == IndexSummary()


def test_a_cancelled_question_is_answered_by_the_backend(ends: Ends) -> None:
    cancel = Cancellation()
    call, number = ends.complete(cancel)
    assert not call.is_done
    cancel.set()
    cancel.set()
    assert ends.receive() == Cancel(number)
    ends.there.send(Failed(number, "cancelled"))
    with pytest.raises(Cancelled):
        call.result()
    assert not cancel._callbacks


def test_a_question_that_was_cancelled_before_is_said_to_be(ends: Ends) -> None:
    cancel = Cancellation()
    cancel.set()
    call, number = ends.complete(cancel)
    assert ends.receive() == Cancel(number)  # after the question
    ends.there.send(Failed(number, "cancelled"))
    with pytest.raises(Cancelled):
        call.result()


def test_all_questions_end_when_the_backend_does(ends: Ends) -> None:
    ends.files.log.write_text(f"soothsay backend {NOBODY} began\nFatal Python error: Aborted\n")
    asked = [ask_status(ends)[0] for _ in range(3)]
    ends.there.close()
    for call in asked:
        with pytest.raises(LostError) as lost:
            call.result()
        assert lost.value.exit == Exit("aborted", "SIGABRT")
    until(lambda: ends.lost)
    assert ends.lost == [Exit("aborted", "SIGABRT")]
    assert ends.link.lost == ends.lost[0]
    with pytest.raises(LostError):
        ends.link.ask(Load)
    ends.link.notify(Ping(1))  # harmless


def test_a_connection_that_is_lost_though_the_process_lives(tmp_path: Path) -> None:
    ends = Ends(tmp_path, os.getpid(), process_started_at(os.getpid()))
    ends.there.close()
    until(lambda: ends.lost)
    assert ends.lost[0].cause == "other"


@pytest.mark.parametrize("data", [b"", b"garbage", b'{"is":"Wrote"}', b'{"is":"Failed","id":1,"kind":"?"}'])
def test_a_backend_that_is_not_understood_is_left(ends: Ends, data: bytes) -> None:
    call, _ = ask_status(ends)
    ends.raw.send_bytes(data)
    with pytest.raises(LostError):
        call.result()
    until(lambda: ends.lost)
    with pytest.raises(EOFError):
        ends.receive()


def test_a_defect_of_the_reader_leaves_nobody_waiting(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    call, number = ask_status(ends)

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ends.link, "_take", fail)
    ends.there.send(Done(number, None))
    with pytest.raises(LostError):
        call.result()


def test_closing_ends_questions_and_threads_and_is_no_loss(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    ends = Ends(tmp_path)
    call, _ = ask_status(ends)
    ends.link.close()
    with pytest.raises(LostError):
        call.result()
    ends.link.close()
    with pytest.raises(LostError):
        ends.link.ask(Load)
    with pytest.raises(EOFError):
        ends.receive()
    ends.there.close()
    until(lambda: set(threading.enumerate()) <= before, "the threads' end")
    assert ends.lost == []


def test_a_request_that_is_no_json_is_forgotten(ends: Ends) -> None:
    with pytest.raises(TypeError):
        ends.link.ask(lambda number: IndexStatus(object()))  # type: ignore[arg-type]
    assert not ends.link._pending


# -- the watch ------------------------------------------------------------------------------------------------


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[ConnectionInfo]:
    """Backends that the link has killed."""
    killed: list[ConnectionInfo] = []
    monkeypatch.setattr(module, "kill_backend", killed.append)
    monkeypatch.setattr(module, "_LOOK_EVERY", 0.01)
    return killed


def test_a_backend_that_gives_no_sign_of_life_is_killed(tmp_path: Path, killed: list[ConnectionInfo]) -> None:
    ends = Ends(tmp_path)
    call = Call(lambda: ends.link.ask(IndexStatus))
    until(lambda: killed, "the kill")
    assert killed == [ends.info]
    ends.there.close()  # as the death of the process does
    with pytest.raises(LostError) as lost:
        call.result()
    assert lost.value.exit == Exit("hung")


def test_a_backend_that_answers_pings_may_take_its_time(tmp_path: Path, killed: list[ConnectionInfo]) -> None:
    ends = Ends(tmp_path)
    call = Call(lambda: ends.link.ask(IndexStatus))
    pings = 0
    while pings < 30:
        message = ends.there.receive()[0]
        if isinstance(message, Ping):
            pings += 1
            ends.there.send(Pong(message.number))
    assert not killed and not call.is_done
    ends.there.send(Done(1, result_to_plain(IndexSummary())))
    assert call.result() == IndexSummary()
    ends.link.close()
    ends.there.close()


def test_a_backend_that_owes_nothing_may_be_silent(tmp_path: Path, killed: list[ConnectionInfo]) -> None:
    ends = Ends(tmp_path)
    assert not ends.there.poll(0.2)  # no ping
    assert not killed
    ends.link.close()
    assert ends.there.poll(PATIENCE)
    ends.there.close()
