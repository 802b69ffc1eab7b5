"""Who is let in, what the others cannot do, and when a backend ends."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Client, Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from backend_stand_ins import PATIENCE, Call, SmallBackend, World, completion, until

from soothsay.backend import launch
from soothsay.backend import server as module
from soothsay.backend.address import (
    FOLDER_VARIABLE,
    BackendFiles,
    backend_files,
    read_connection_info,
    write_connection_info,
)
from soothsay.backend.client import BackendSession
from soothsay.backend.message_stream import MessageStream
from soothsay.backend.messages import (
    Cancel,
    Close,
    Complete,
    Describe,
    Done,
    Failed,
    FindFaults,
    Hello,
    IndexStatus,
    Load,
    Message,
    Mirror,
    Open,
    Ping,
    Pong,
    Refused,
    Stop,
    Welcome,
)
from soothsay.config import BackendSettings, Settings
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.errors import Cancelled, SoothsayError
from soothsay_common.cancellation import Cancellation

REQUEST = CompletionRequest(Path("/w/a.py"), "", 0, Path("/w"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets")


class Peer:
    """Something that connects, and writes what it likes."""

    def __init__(self, backend: SmallBackend) -> None:
        self.connection: Connection[Any, Any] = Client(backend.info.address, backend.info.family)
        self.stream = MessageStream(self.connection)
        self._card = backend.info

    def greet(self, **changes: Any) -> Message:
        """Say hello and return the answer."""
        hello = Hello(self._card.token, self._card.build, os.getpid(), "peer")
        self.stream.send(replace(hello, **changes))
        return self.receive()

    def receive(self) -> Message:
        assert self.stream.poll(PATIENCE)
        return self.stream.receive()[0]

    def ask(self, message: Message, text: str | None = None) -> Message:
        self.stream.send(message, text)
        return self.receive()

    def await_end(self) -> None:
        """Wait until the other end has gone, and nothing else."""
        assert self.stream.poll(PATIENCE)
        with pytest.raises(EOFError):
            self.stream.receive()


def read_to_the_end(raw: socket.socket) -> None:
    """Wait until the other end closes; it may say before that it refuses."""
    raw.settimeout(PATIENCE)
    with raw, contextlib.suppress(ConnectionResetError):
        while raw.recv(1000):
            pass


@pytest.fixture
def peer(backend: SmallBackend) -> Iterator[Peer]:
    peer = Peer(backend)
    yield peer
    peer.stream.close()


@pytest.fixture
def window(peer: Peer) -> Peer:
    """A peer that was welcomed and has opened its workspace."""
    assert peer.greet() == Welcome(os.getpid())
    assert peer.ask(Open(1, Settings(), Path("/w"), {})) == Done(1, None)
    return peer


# -- hello ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "x" * 32, "é" * 16, "\ud800", "x" * 1000])
def test_a_wrong_token_is_refused(peer: Peer, token: str) -> None:
    assert isinstance(peer.greet(token=token), Refused)
    peer.await_end()


def test_another_build_is_refused(peer: Peer) -> None:
    answer = peer.greet(build="2-other")
    assert isinstance(answer, Refused) and "1-small" in answer.reason
    peer.await_end()


@pytest.mark.parametrize("message", [Ping(1), Stop(1), Open(1, Settings(), Path("/w"), {}), Welcome(1)])
def test_who_does_not_greet_is_refused(
    peer: Peer, backend: SmallBackend, world: World, message: Message
) -> None:
    assert isinstance(peer.ask(message), Refused)
    peer.await_end()
    assert not world.sessions and not backend.windows and not backend.backend._end.is_set()


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x02{}",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x7f\xff\xff\xff",
        b"\xff" * 12,
    ],
)
def test_garbage_before_the_greeting_ends_that_connection_alone(
    backend: SmallBackend, peer: Peer, garbage: bytes
) -> None:
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(backend.info.address)
    raw.sendall(garbage)
    raw.shutdown(socket.SHUT_WR)
    read_to_the_end(raw)
    assert peer.greet() == Welcome(os.getpid())


def test_a_long_greeting_is_none(peer: Peer) -> None:
    peer.stream.send(Mirror(Path("a")), "x" * 100_000)
    assert isinstance(peer.receive(), Refused)
    peer.await_end()


def test_who_says_nothing_or_half_a_message_blocks_nobody(
    backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HELLO_TIMEOUT_S", PATIENCE)
    silent = [Peer(backend) for _ in range(20)]
    halves = []
    for _ in range(20):
        raw = socket.socket(socket.AF_UNIX)
        raw.connect(backend.info.address)
        raw.sendall(b"\x00\x00\x00\x10{")
        halves.append(raw)
    peer = Peer(backend)
    assert peer.greet() == Welcome(os.getpid())
    for stream in [peer.stream, *(each.stream for each in silent)]:
        stream.close()
    for raw in halves:
        raw.close()


def test_nobody_is_waited_for_for_ever(backend: SmallBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HELLO_TIMEOUT_S", 0.01)
    silent = Peer(backend)
    silent.await_end()
    silent.stream.close()
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(backend.info.address)
    raw.sendall(b"\x00\x00\x00\x10{")
    read_to_the_end(raw)


def test_a_connection_that_cannot_be_served_is_not_the_last(
    backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failed = module.MessageStream, []

    def stream(connection: Connection[Any, Any]) -> MessageStream:
        if not failed:
            failed.append(connection)
            connection.close()
            raise RuntimeError("can't start new thread")
        return real(connection)

    monkeypatch.setattr(module, "MessageStream", stream)
    monkeypatch.setattr(module, "_TICK_S", 0.01)
    before, unlucky = Peer(backend), Peer(backend)
    assert before.greet() == Welcome(os.getpid())  # it was waited for before the patch
    unlucky.await_end()
    after = Peer(backend)
    assert after.greet() == Welcome(os.getpid())
    for peer in (before, unlucky, after):
        peer.stream.close()


# -- a window -------------------------------------------------------------------------------------------------


def test_pings_are_answered_whatever_the_model_does(window: Peer, world: World) -> None:
    begun, may_go = threading.Event(), threading.Event()

    def complete(*_: object) -> Completion:
        begun.set()
        assert may_go.wait(PATIENCE)
        return completion("late")

    world.complete = complete
    window.stream.send(Complete(2, REQUEST, True), "x")
    assert begun.wait(PATIENCE)
    assert [window.ask(Ping(number)) for number in range(3)] == [Pong(number) for number in range(3)]
    may_go.set()
    answer = window.receive()
    assert isinstance(answer, Done) and answer.id == 2


def test_what_is_not_for_a_backend_is_passed_over(window: Peer, caplog: pytest.LogCaptureFixture) -> None:
    for message in (Welcome(1), Pong(2), Done(3, None), Hello("", "", 1, "again"), Cancel(99)):
        window.stream.send(message)
    assert window.ask(Ping(1)) == Pong(1)
    assert "unexpected message Hello" in caplog.text


def test_garbage_after_the_greeting_ends_that_window_at_once(
    window: Peer, backend: SmallBackend, world: World
) -> None:
    other = Peer(backend)
    assert other.greet() == Welcome(os.getpid())
    may_go = threading.Event()

    def complete(*_: object) -> Completion:
        assert may_go.wait(PATIENCE)
        return completion("late")

    world.complete = complete
    window.stream.send(Complete(2, REQUEST, True), "x")
    window.connection.send_bytes(b"garbage")
    window.await_end()  # it does not wait for the model: the window would take the backend for hung
    assert other.ask(Ping(1)) == Pong(1)
    may_go.set()
    until(lambda: len(backend.windows) == 1, "the window to go")
    assert world.sessions[0].closes == 1
    other.stream.close()


def test_a_document_that_cannot_be_shown_does_not_end_the_window(window: Peer, world: World) -> None:
    def fail(path: Path, text: str) -> None:
        raise OSError("a pipe is broken")

    world.mirror = fail
    window.stream.send(Mirror(Path("a.py")), "x")
    assert window.ask(Ping(1)) == Pong(1)


def test_before_a_workspace_is_opened_there_is_nothing_to_ask(peer: Peer) -> None:
    assert peer.greet() == Welcome(os.getpid())
    peer.stream.send(Mirror(Path("a.py")), "x")
    for number, message in enumerate(
        [Load(0), IndexStatus(0), Complete(0, REQUEST, True), Complete(0, REQUEST, False)]
    ):
        assert peer.ask(replace(message, id=number)) == Failed(number, "cancelled")
    assert peer.ask(Close(9)) == Done(9, None)


def test_a_workspace_may_be_opened_anew(window: Peer, world: World) -> None:
    assert window.ask(Open(2, Settings(method="base"), Path("/v"), {})) == Done(2, None)
    first, second = world.sessions
    assert (first.closes, second.closes) == (1, 0)
    assert window.ask(Close(3)) == Done(3, None)
    assert window.ask(Close(4)) == Done(4, None)
    assert (first.closes, second.closes) == (1, 1)
    assert window.ask(Load(5)) == Failed(5, "cancelled")


def test_a_thread_that_cannot_be_started_is_an_answer(
    window: Peer, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    (served,) = backend.windows

    def fail(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(served._diagnostics, "submit", fail)
        answer = window.ask(FindFaults(2, Path("a"), False), "")
        assert answer == Failed(2, "defect", "RuntimeError: can't start new thread")
    assert isinstance(window.ask(FindFaults(3, Path("a"), False), ""), Done)


def test_a_window_that_goes_cancels_what_it_asked(window: Peer, backend: SmallBackend, world: World) -> None:
    begun, cancelled = threading.Event(), threading.Event()

    def complete(request: CompletionRequest, cancel: Cancellation, on_text: object) -> Completion:
        begun.set()
        if cancel.wait(PATIENCE):
            cancelled.set()
        return completion("")

    world.complete = complete
    window.stream.send(Complete(2, REQUEST, True), "x")
    assert begun.wait(PATIENCE)
    window.stream.close()
    assert cancelled.wait(PATIENCE)
    until(lambda: not backend.windows, "the window to go")
    assert world.sessions[0].closes == 1


def test_ahead_of_need_gives_way_to_another_windows_completion(
    window: Peer, backend: SmallBackend, world: World
) -> None:
    begun = threading.Event()

    def complete(request: CompletionRequest, cancel: Cancellation, on_text: object) -> Completion:
        if request.language == "ahead":
            begun.set()
            assert cancel.wait(PATIENCE)
            raise Cancelled
        return completion("urgent")

    world.complete = complete
    other = Peer(backend)
    other.greet()
    other.ask(Open(1, Settings(), Path("/v"), {}))
    window.stream.send(Complete(2, replace(REQUEST, language="ahead"), False), "")
    assert begun.wait(PATIENCE)
    assert isinstance(other.ask(Complete(2, REQUEST, True), ""), Done)
    assert window.receive() == Failed(2, "cancelled")
    other.stream.close()


def test_a_backend_tells_of_itself(window: Peer, backend: SmallBackend) -> None:
    answer = window.ask(Describe(2))
    assert isinstance(answer, Done)
    assert answer.result["pid"] == os.getpid()
    (served,) = answer.result["windows"]
    assert (served["name"], served["workspace"]) == ("peer", str(Path("/w")))
    assert answer.result["models"] == []


# -- its end --------------------------------------------------------------------------------------------------


def lonely(backend: SmallBackend, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the backend a clock; returns its time."""
    now = [module.time.monotonic()]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_backend_ends_some_time_after_the_last_window(
    backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = lonely(backend, monkeypatch)
    peer = Peer(backend)
    peer.greet()
    peer.ask(Open(1, Settings(backend=BackendSettings(linger_s=5)), Path("/w"), {}))
    now[0] += 1000
    backend.backend._check()
    assert not backend.backend._end.is_set()  # in use
    peer.stream.close()
    until(lambda: not backend.windows)
    now[0] += 4
    asker = Peer(backend)
    asker.greet()  # one that only asks for the status
    asker.stream.close()
    until(lambda: not backend.windows)
    backend.backend._check()
    assert not backend.backend._end.is_set()
    now[0] += 1.5
    backend.backend._check()
    assert backend.backend._end.is_set()
    assert backend.backend._why == "no window is left"


def test_who_comes_while_it_ends_is_not_welcomed(backend: SmallBackend) -> None:
    peer = Peer(backend)
    backend.backend._end.set()
    peer.stream.send(Hello(backend.info.token, backend.info.build, 1, "late"))
    peer.await_end()
    assert not backend.windows
    peer.stream.close()


def test_it_is_stopped_after_the_answer(window: Peer, backend: SmallBackend) -> None:
    assert window.ask(Stop(2)) == Done(2, None)
    assert backend.backend._end.wait(PATIENCE)


# -- reaching it ----------------------------------------------------------------------------------------------


class Launcher:
    """Starts backends in this process, in place of `launch._spawn`."""

    def __init__(self, build: str) -> None:
        self.build = build
        self.started: list[SmallBackend] = []

    def __call__(self, files: BackendFiles) -> Any:
        self.started.append(SmallBackend(files.folder, build=self.build, files=files))
        return SimpleNamespace(pid=1, poll=lambda: None, kill=lambda: None)


@pytest.fixture
def launcher(world: World, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Launcher]:
    monkeypatch.setenv(FOLDER_VARIABLE, str(runtime))
    monkeypatch.setenv("SOOTHSAY_CACHE", str(runtime / "cache"))
    monkeypatch.setattr(launch, "build_id", lambda: "1-ours")
    monkeypatch.setattr(launch, "kill_backend", lambda info: None)  # it is this process
    launcher = Launcher("1-ours")
    monkeypatch.setattr(launch, "_spawn", launcher)
    yield launcher
    for backend in launcher.started:
        backend.close()


def test_windows_reach_one_backend(launcher: Launcher) -> None:
    found = [launch.connect_or_start(f"window {number}") for number in range(3)]
    assert len(launcher.started) == 1
    assert {each.info for each in found} == {launcher.started[0].info}
    assert sorted(window._name for window in launcher.started[0].windows) == [
        "window 0",
        "window 1",
        "window 2",
    ]
    for each in found:
        each.stream.close()


def test_windows_that_come_at_once_start_one_backend(launcher: Launcher) -> None:
    begin = threading.Barrier(6)

    def connect_or_start() -> launch.BackendConnection:
        begin.wait(PATIENCE)
        return launch.connect_or_start("window")

    calls = [Call(connect_or_start) for _ in range(6)]
    found = [call.result() for call in calls]
    assert len(launcher.started) == 1
    for each in found:
        each.stream.close()


def test_a_backend_of_another_build_is_left_alone(launcher: Launcher, runtime: Path) -> None:
    other = SmallBackend(runtime, build="2-theirs", files=backend_files("1-ours"))
    session = BackendSession(Settings(), Path("/w"))
    (own,) = launcher.started
    assert own.files == backend_files("1-ours", "second")
    assert len(own.windows) == 1 and not other.windows
    assert read_connection_info(other.files) == other.info
    assert session.complete(REQUEST).text == ""
    connection = launch.connect_running(other.files, "status")  # it can still be asked and stopped
    assert connection is not None
    connection.stream.close()
    session.close()
    other.close()


def test_code_that_has_changed_since_this_process_began_is_said(launcher: Launcher) -> None:
    launcher.build = "2-newer"  # what a backend is that is started now
    with pytest.raises(SoothsayError, match="restart the editor"):
        launch.connect_or_start("window")


def test_a_token_that_was_changed_is_another_backend(launcher: Launcher, runtime: Path) -> None:
    files = backend_files("1-ours")
    other = SmallBackend(runtime, build="1-ours", files=files)
    write_connection_info(files, replace(other.info, token="guessed"))
    connection = launch.connect_or_start("window")
    assert connection.files == backend_files("1-ours", "second")
    connection.stream.close()
    other.close()


@pytest.mark.parametrize("silent", [True, False])
def test_a_backend_that_does_not_answer_is_replaced(
    launcher: Launcher, runtime: Path, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[object] = []
    monkeypatch.setattr(launch, "kill_backend", killed.append)
    monkeypatch.setattr(launch, "_WELCOME_TIMEOUT_S", 0.2)
    files = backend_files("1-ours")
    dead = SmallBackend(runtime, build="1-ours", files=files)
    raw = socket.socket(socket.AF_UNIX)
    address = str(runtime / "silent.sock")
    raw.bind(address)
    if silent:
        raw.listen(16)
    info = replace(dead.info, address=address)
    write_connection_info(files, info)
    assert launch.connect_running(files, "status") is None
    assert not killed  # who only looks ends nothing
    monkeypatch.setattr(launch, "_WELCOME_TIMEOUT_S", 0.2 if silent else PATIENCE)
    connection = Call(lambda: launch.connect_or_start("window"))
    until(lambda: launcher.started, "a new one to be started")
    monkeypatch.setattr(launch, "_WELCOME_TIMEOUT_S", PATIENCE)
    found = connection.result()
    assert info in killed
    assert found.info == launcher.started[0].info
    found.stream.close()
    dead.close()
    raw.close()


def test_a_backend_that_does_not_start_says_why(launcher: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    def spawn(files: BackendFiles) -> Any:
        files.log.write_text("soothsay backend 5 began\nOSError: no space left\n")
        return SimpleNamespace(pid=5, poll=lambda: 1, kill=lambda: None)

    monkeypatch.setattr(launch, "_spawn", spawn)
    with pytest.raises(SoothsayError, match="OSError: no space left"):
        launch.connect_or_start("window")
