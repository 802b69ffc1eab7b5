"""A session whose work is done elsewhere: what an editor sees of it, and what it does not see of the backend's deaths."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backend_stand_ins import PATIENCE, Call, SmallBackend, StandInSession, World, completion, until

from soothsay.backend import reconnect, restart
from soothsay.backend.client import BackendSession
from soothsay.backend.launch import BackendConnection
from soothsay.backend.link import Link
from soothsay.backend.messages import Open
from soothsay.config import ModelSettings, Settings
from soothsay.engine.types import Completion, CompletionRequest, Fault
from soothsay.errors import Cancelled, SoothsayError
from soothsay_common.cancellation import Cancellation
from soothsay_common.exits import Exit
from soothsay_index.types import IndexSummary, Progress

OpenSession = Callable[..., BackendSession]
OnText = Callable[[str], None]

REQUEST = CompletionRequest(Path("/w/a é.py"), "x = \ud800\n\ny = ", 9, Path("/w"), method="dag")
FAULT = Fault("not_a_member", "s3", "get", 1, 2, 3, "no such member")


class Listener:
    """Notes what a session tells."""

    def __init__(self, session: BackendSession) -> None:
        self.told: list[tuple[str, str]] = []
        session.listen(lambda state, message: self.told.append((state, message)))

    def states(self) -> list[str]:
        return [state for state, _ in self.told]

    def await_states(self, *states: str) -> None:
        until(lambda: len(self.told) >= len(states), f"{states}, got {self.told}")
        assert self.states() == list(states)


class Held:
    """Completions that wait until a test lets them go, or they are cancelled."""

    def __init__(self, world: World) -> None:
        self.begun = threading.Semaphore(0)
        self.may_go = threading.Event()
        world.complete = self._complete

    def _complete(self, request: CompletionRequest, cancel: Cancellation, on_text: OnText) -> Completion:
        self.begun.release()
        with cancel.calling(self.may_go.set):
            assert self.may_go.wait(PATIENCE)
        if cancel.is_set():
            raise Cancelled
        return completion("held")

    def wait(self) -> None:
        assert self.begun.acquire(timeout=PATIENCE)


@pytest.fixture
def delays(world: World, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be waited before each try; none is waited."""
    delays: list[float] = []

    class Impatient(Cancellation):
        def wait(self, timeout: float | None = None) -> bool:
            delays.append(timeout or 0.0)
            return super().wait(0)

    monkeypatch.setattr(reconnect, "Cancellation", Impatient)
    monkeypatch.setattr(restart, "_FIRST_DELAY", 1.0)
    return delays


# -- what it does ---------------------------------------------------------------------------------------------


def test_the_workspace_is_opened_with_settings_and_environment(
    open_session: OpenSession, world: World
) -> None:
    settings = Settings(method="base", model=ModelSettings("tiny"))
    open_session(settings, Path("/w/é"))
    (session,) = world.sessions
    assert (session.settings, session.workspace, session.environ) == (settings, Path("/w/é"), {"A": "1"})


def test_a_completion_is_streamed(session: BackendSession, world: World) -> None:
    asked: list[CompletionRequest] = []

    def complete(request: CompletionRequest, cancel: Cancellation, on_text: OnText) -> Completion:
        asked.append(request)
        for text in ("p", "put\n", "put\n\udfff"):
            on_text(text)
        return completion("put_object()")

    world.complete = complete
    texts: list[str] = []
    assert session.complete(REQUEST, Cancellation(), texts.append) == completion("put_object()")
    assert asked == [REQUEST]
    assert texts == ["p", "put\n", "put\n\udfff"]
    assert session.evaluated == 10
    assert session.complete(REQUEST).text == "put_object()"
    assert session.evaluated == 20


def test_everything_else_that_can_be_asked(session: BackendSession, world: World) -> None:
    (asked,) = world.sessions
    session.load_model()
    assert asked.loads == 1
    assert session.speculate(REQUEST).text == REQUEST.text
    session.prepare(REQUEST)
    assert session.find_faults(Path("a.py"), "f()", typed=True)[0].problem == "f()"
    found = session.repair(Path("a.py"), "f()", FAULT)
    assert found is not None and found.title == "get"
    assert session.repair(Path("a.py"), "f()", replace(FAULT, name="hopeless")) is None
    assert session.update_files([Path("a"), Path("b")]) == 2
    assert session.remove_files((Path("c"),)) == 1
    assert session.index_status() == IndexSummary(files=7)
    assert session.reindex(lambda at: None, Cancellation()) == IndexSummary(files=1)
    assert session.build_index(lambda at: None, Cancellation(), embed=False) == IndexSummary(files=1)
    assert asked.asked == [
        ("prepare", REQUEST),
        ("find_faults", Path("a.py"), "f()", True),
        ("repair", Path("a.py"), "f()", FAULT),
        ("repair", Path("a.py"), "f()", replace(FAULT, name="hopeless")),
        ("update_files", (Path("a"), Path("b"))),
        ("remove_files", (Path("c"),)),
        ("build_index", True, True),
        ("build_index", False, False),
    ]


def test_a_completion_is_cancelled_in_the_middle(session: BackendSession, world: World) -> None:
    held, cancel = Held(world), Cancellation()
    call = Call(lambda: session.complete(REQUEST, cancel))
    held.wait()
    cancel.set()
    with pytest.raises(Cancelled):
        call.result()


def test_a_completion_is_cancelled_while_it_waits_for_another(
    session: BackendSession, world: World, backend: SmallBackend
) -> None:
    held = Held(world)
    first = Call(lambda: session.complete(REQUEST))
    held.wait()
    cancel = Cancellation()
    second = Call(lambda: session.complete(REQUEST, cancel))
    until(lambda: len(backend.windows[0]._running) == 2, "the second to be asked")
    cancel.set()
    until(lambda: any(each.is_set() for each in list(backend.windows[0]._running.values())))
    held.may_go.set()
    assert first.result() == completion("held")
    with pytest.raises(Cancelled):
        second.result()
    assert not held.begun.acquire(blocking=False)  # it was not begun


def test_what_is_cancelled_before_is_not_asked(session: BackendSession, world: World) -> None:
    held, cancel = Held(world), Cancellation()
    cancel.set()
    for ask in (session.complete, session.speculate, session.prepare):
        with pytest.raises(Cancelled):
            ask(REQUEST, cancel)
    with pytest.raises(Cancelled):
        session.build_index(lambda at: None, cancel)
    assert not held.begun.acquire(blocking=False)


class NativePanic(BaseException):
    """What libraries in Rust raise."""


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (SoothsayError("set model.path"), SoothsayError, "set model.path"),
        (Cancelled(), Cancelled, ""),
        (KeyError("a"), RuntimeError, "KeyError: 'a'"),
        (MemoryError(), RuntimeError, "MemoryError: "),
        (NativePanic("index out of bounds"), RuntimeError, "NativePanic: index out of bounds"),
    ],
)
def test_errors_come_as_what_they_are(
    session: BackendSession, world: World, error: BaseException, kind: type[Exception], text: str
) -> None:
    def complete(*_: object) -> Completion:
        raise error

    world.complete = complete
    with pytest.raises(kind) as raised:
        session.complete(REQUEST)
    assert str(raised.value) == text
    assert session.index_status() == IndexSummary(files=7)  # it goes on


def test_a_result_that_cannot_be_sent_is_a_defect(session: BackendSession, world: World) -> None:
    world.complete = lambda *_: replace(completion("a"), timings_ms={"total": object()})  # type: ignore[dict-item]
    with pytest.raises(RuntimeError):
        session.complete(REQUEST)
    assert session.index_status() == IndexSummary(files=7)


def test_warnings_are_told_once(session: BackendSession, world: World, backend: SmallBackend) -> None:
    listener = Listener(session)
    world.sessions[0].warnings += ["searching by text alone", "no python"]
    session.index_status()
    assert session.warnings == ["searching by text alone", "no python"]
    backend.die()
    listener.await_states("lost", "opened")
    world.sessions[1].warnings += ["no python", "one more"]
    session.index_status()
    assert session.warnings == ["searching by text alone", "no python", "one more"]


def test_an_answer_is_given_while_others_take_long(session: BackendSession, world: World) -> None:
    held = Held(world)
    building = threading.Event()
    world.build = lambda on_progress, cancel: IndexSummary(files=int(building.wait(PATIENCE)))
    build = Call(lambda: session.build_index(lambda at: None, Cancellation()))
    call = Call(lambda: session.complete(REQUEST))
    held.wait()
    assert session.update_files([Path("a")]) == 1
    building.set()
    assert build.result() == IndexSummary(files=1)
    held.may_go.set()
    assert call.result() == completion("held")


# -- when the backend dies ------------------------------------------------------------------------------------


def test_a_completion_under_way_is_cancelled(
    session: BackendSession, world: World, backend: SmallBackend
) -> None:
    held = Held(world)
    calls = [Call(lambda: session.complete(REQUEST)), Call(lambda: session.find_faults(Path("a"), ""))]
    held.wait()
    backend.die()
    with pytest.raises(Cancelled):
        calls[0].result()
    until(lambda: calls[1].is_done)


def test_without_a_backend_completions_are_cancelled(
    session: BackendSession, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_come = threading.Event()
    connect_or_start = backend.connect_or_start

    def late(name: str) -> BackendConnection:
        assert may_come.wait(PATIENCE)
        return connect_or_start(name)

    monkeypatch.setattr(session, "_connect", late)
    listener = Listener(session)
    evaluated = (session.complete(REQUEST), session.evaluated)[1]
    backend.die()
    listener.await_states("lost")
    assert session.backend_pid is None
    assert session.evaluated == evaluated
    for ask in (session.complete, session.speculate, session.prepare):
        with pytest.raises(Cancelled):
            ask(REQUEST)
    with pytest.raises(SoothsayError):
        session.load_model()
    session.mirror(Path("b.py"), "")  # returns
    may_come.set()
    listener.await_states("lost", "ready")
    assert session.complete(REQUEST).text == REQUEST.text
    assert session.backend_pid == backend.pid
    assert session.evaluated == evaluated + 10


def test_documents_are_shown_to_the_next_backend(
    session: BackendSession, world: World, backend: SmallBackend
) -> None:
    listener = Listener(session)
    session.mirror(Path("a.py"), "old")
    session.mirror(Path("b.py"), "closed")
    session.mirror(Path("a.py"), "new\ud800")
    session.forget(Path("b.py"))
    session.forget(Path("never.py"))
    session.index_status()  # it has read what came before
    assert world.sessions[0].shown == {Path("a.py"): "new\ud800"}
    backend.die()
    listener.await_states("lost", "opened")
    session.mirror(Path("c.py"), "later")
    session.index_status()
    assert world.sessions[1].shown == {Path("a.py"): "new\ud800", Path("c.py"): "later"}


def test_no_document_is_lost_between_two_backends(
    session: BackendSession, world: World, backend: SmallBackend
) -> None:
    ends = threading.Event()
    last = {Path(f"{number}.py"): "" for number in range(3)}

    def type_on() -> None:
        turn = 0
        while not ends.is_set():
            turn += 1
            for path in last:
                session.mirror(path, f"{turn}")
                last[path] = f"{turn}"
            time.sleep(0.0005)

    typing = Call(type_on)
    for count in range(5):
        listener = Listener(session)
        backend.die()
        until(lambda listener=listener: "opened" in listener.states(), "the next backend")
        assert len(world.sessions) == count + 2
    ends.set()
    typing.result()
    session.index_status()
    assert world.sessions[-1].shown == last


def test_the_model_is_loaded_again_if_it_was(
    session: BackendSession, world: World, backend: SmallBackend
) -> None:
    listener = Listener(session)
    backend.die()
    listener.await_states("lost", "opened")
    assert world.sessions[1].loads == 0
    session.load_model()
    backend.die()
    listener.await_states("lost", "opened", "lost", "ready")
    assert world.sessions[2].loads == 1


def test_a_build_goes_on_in_the_next_backend(
    session: BackendSession, world: World, backend: SmallBackend
) -> None:
    seen: list[int] = []
    begun = threading.Event()

    def build(on_progress: Callable[[Progress], None], cancel: Cancellation) -> IndexSummary:
        on_progress(Progress("reading", len(world.sessions), 9))
        if len(world.sessions) < 3:
            begun.set()
            assert cancel.wait(PATIENCE)
            raise Cancelled
        return IndexSummary(files=3)

    world.build = build
    call = Call(lambda: session.build_index(lambda at: seen.append(at.done), Cancellation()))
    for count in (1, 2):
        assert begun.wait(PATIENCE)
        begun.clear()
        until(lambda count=count: len(seen) == count, "its progress")
        backend.die()
    assert call.result() == IndexSummary(files=3)
    assert seen == [1, 2, 3]


def test_a_build_that_waits_for_a_backend_can_be_cancelled(
    session: BackendSession, backend: SmallBackend, delays: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    stays_away = threading.Event()

    def late(name: str) -> BackendConnection:
        assert stays_away.wait(PATIENCE)
        raise SoothsayError("not yet")

    monkeypatch.setattr(session, "_connect", late)
    listener = Listener(session)
    backend.die()
    listener.await_states("lost")
    cancel = Cancellation()
    build = Call(lambda: session.build_index(lambda at: None, cancel))
    status = Call(session.index_status)
    until(lambda: cancel._callbacks, "the build to wait")
    cancel.set()
    with pytest.raises(Cancelled):
        build.result()
    assert not status.is_done
    session.close()
    with pytest.raises(Cancelled):
        status.result()
    stays_away.set()


def test_files_that_change_without_a_backend_are_indexed_by_the_next(
    session: BackendSession, world: World, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_come = threading.Event()
    connect_or_start = backend.connect_or_start

    def late(name: str) -> BackendConnection:
        assert may_come.wait(PATIENCE)
        return connect_or_start(name)

    monkeypatch.setattr(session, "_connect", late)
    listener = Listener(session)
    backend.die()
    listener.await_states("lost")
    assert session.update_files([Path("a"), Path("b"), Path("gone")]) == 0  # it waits for nothing
    assert session.remove_files([Path("gone")]) == 0
    may_come.set()
    listener.await_states("lost", "opened")
    until(lambda: len(world.sessions[1].asked) == 2, "both to be asked")
    assert world.sessions[1].asked == [
        ("update_files", (Path("a"), Path("b"))),
        ("remove_files", (Path("gone"),)),
    ]
    backend.die()
    listener.await_states("lost", "opened", "lost", "opened")
    session.index_status()
    assert world.sessions[2].asked == []


def test_after_many_failures_it_is_given_up(
    delays: list[float], open_session: OpenSession, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session()
    listener = Listener(session)
    backend.errors = [SoothsayError("no room")] * 100
    cancel = Cancellation()
    backend.die()
    build = Call(lambda: session.build_index(lambda at: None, cancel))
    listener.await_states("lost", "failed", "failed")
    assert listener.told[1][1] == "no room"
    assert listener.told[2][1].startswith("no room; it is not tried again")
    with pytest.raises(Cancelled):
        build.result()
    with pytest.raises(Cancelled):
        session.index_status()
    with pytest.raises(Cancelled):
        session.complete(REQUEST)
    assert session.update_files([Path("a")]) == 0
    assert backend.reached < 20


def test_a_build_does_not_ask_a_dead_backend_again_and_again(
    session: BackendSession, backend: SmallBackend
) -> None:
    link = session._link
    assert link is not None
    may_tell, asked = threading.Event(), [0]
    tell, ask = link._on_lost, link.ask

    def tell_late(link: Link, exit_: Exit) -> None:
        assert may_tell.wait(PATIENCE)
        tell(link, exit_)

    def count(*args: Any, **kwargs: Any) -> Any:
        asked[0] += 1
        return ask(*args, **kwargs)

    link._on_lost, link.ask = tell_late, count  # type: ignore[method-assign]
    backend.die()
    until(lambda: link.lost, "the loss")
    build = Call(lambda: session.build_index(lambda at: None, Cancellation()))
    until(lambda: asked[0])
    time.sleep(0.05)
    assert asked[0] == 1
    may_tell.set()
    assert build.result() == IndexSummary(files=1)


# -- what is told ---------------------------------------------------------------------------------------------


def test_a_person_is_told_from_the_second_death_of_one_cause_on(
    session: BackendSession, backend: SmallBackend
) -> None:
    listener = Listener(session)
    for count, name in enumerate(("SIGABRT", "SIGKILL", "SIGABRT", "SIGABRT"), 1):
        backend.die(name)
        until(lambda count=count: len(listener.told) == 2 * count, "the next backend")
    assert listener.states() == ["lost", "opened"] * 4
    messages = [message for state, message in listener.told if state == "lost"]
    assert messages[:2] == ["", ""]
    for message in messages[2:]:
        assert "SIGABRT" in message and "soothsay doctor" in message and "\n" not in message
    assert not any(message for state, message in listener.told if state == "opened")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("SIGKILL", "smaller model"), ("SIGILL", "soothsay doctor"), ("SIGSEGV", "soothsay status")],
)
def test_each_cause_has_its_remedy(
    session: BackendSession, backend: SmallBackend, name: str, remedy: str
) -> None:
    listener = Listener(session)
    for _ in range(2):
        count = len(listener.told)
        backend.die(name)
        until(lambda count=count: len(listener.told) == count + 2, "the next backend")
    assert name in listener.told[2][1] and remedy in listener.told[2][1]


def test_the_pauses_grow(
    delays: list[float], open_session: OpenSession, backend: SmallBackend, world: World
) -> None:
    session = open_session()
    listener = Listener(session)
    backend.errors = [SoothsayError("no room")] * 5
    backend.die()
    listener.await_states("lost", "failed", "opened")  # the same is told once
    assert listener.told[1] == ("failed", "no room")
    assert delays == [0, 1, 2, 4, 8, 16]
    assert backend.reached == 7


def test_pauses_have_an_end(session: BackendSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart, "_FIRST_DELAY", 1.0)
    found = []
    for failures in (0, 1, 2, 7, 8, 100, 5000):  # 2.0 ** 4999 is no float
        session._policy.failures = failures
        found.append(session._policy.delay())
    assert found == [0, 1, 2, 60, 60, 60, 60]


def test_a_backend_that_has_lived_long_is_replaced_at_once(
    delays: list[float], open_session: OpenSession, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session()
    listener = Listener(session)
    for _ in range(3):
        backend.die()
        until(
            lambda: (
                len(listener.told) % 2 == 0 and len(listener.told) > 0 and session.backend_pid == backend.pid
            )
        )
    assert delays == [0, 1, 2]
    monkeypatch.setattr(restart, "_STABLE_AFTER", 0.0)
    backend.die()
    until(lambda: len(listener.told) == 8)
    assert delays == [0, 1, 2, 0]


def test_a_workspace_that_cannot_be_opened_again(
    delays: list[float], open_session: OpenSession, world: World, backend: SmallBackend
) -> None:
    session = open_session()
    listener = Listener(session)
    failures: list[Exception] = [*[SoothsayError("free the folder")] * 3, *[OSError("defect")] * 2]

    def open_(_: StandInSession) -> None:
        if failures:
            raise failures.pop(0)

    world.open = open_
    backend.die()
    until(lambda: "opened" in listener.states())
    assert listener.states() == ["lost", "failed", "failed", "opened"]
    assert listener.told[1][1] == "free the folder"
    assert "log" in listener.told[2][1]
    assert session.complete(REQUEST).text == REQUEST.text
    until(lambda: len(backend.windows) == 1, "the windows of the failed tries to go")


def test_a_model_that_cannot_be_loaded_again(
    delays: list[float], open_session: OpenSession, world: World, backend: SmallBackend
) -> None:
    session = open_session()
    session.load_model()
    listener = Listener(session)
    failures = [SoothsayError("pull it")]

    def load(_: StandInSession) -> None:
        if failures:
            raise failures.pop(0)

    world.load = load
    backend.die()
    listener.await_states("lost", "failed", "ready")
    assert listener.told[1][1] == "pull it"
    assert world.sessions[-1].loads == 1


def test_a_backend_that_dies_while_it_is_opened(
    delays: list[float], open_session: OpenSession, world: World, backend: SmallBackend
) -> None:
    session = open_session()
    listener = Listener(session)
    deaths = ["SIGSEGV", "SIGSEGV"]

    def open_(_: StandInSession) -> None:
        if deaths:
            backend.die(deaths.pop())

    world.open = open_
    backend.die("SIGABRT")
    until(lambda: "opened" in listener.states())
    assert listener.states() == [
        "lost",
        "lost",
        "opened",
    ]  # of the first of each cause there is nothing to say
    assert [bool(message) for _, message in listener.told] == [False, True, False]
    assert "SIGSEGV" in listener.told[1][1]


def test_a_backend_that_dies_while_the_first_session_is_opened(
    open_session: OpenSession, world: World, backend: SmallBackend
) -> None:
    world.open = lambda _: backend.die("SIGSEGV")
    with pytest.raises(SoothsayError, match="SIGSEGV"):
        open_session()


def test_a_backend_that_dies_while_the_model_is_loaded(
    session: BackendSession, world: World, backend: SmallBackend
) -> None:
    deaths = ["SIGABRT"]

    def load(_: StandInSession) -> None:
        if deaths:
            backend.die(deaths.pop())

    world.load = load
    with pytest.raises(SoothsayError, match="SIGABRT"):
        session.load_model()
    until(lambda: world.sessions[-1].loads == 1, "the next one to load it")


def test_a_death_right_after_the_last_answer_is_noticed(
    session: BackendSession, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    links: list[Link] = []

    class Unlucky(Link):
        def ask(self, make: Any, *args: Any, **kwargs: Any) -> Any:
            answer = super().ask(make, *args, **kwargs)
            if isinstance(make(0), Open):
                links.append(self)
                if len(links) == 1:
                    backend.die()
                    until(lambda: self.lost, "the loss")
            return answer

    monkeypatch.setattr(reconnect, "Link", Unlucky)
    listener = Listener(session)
    backend.die("SIGSEGV")
    until(lambda: "opened" in listener.states(), "the third backend")
    assert session.complete(REQUEST).text == REQUEST.text
    assert len(links) == 2


def test_two_deaths_in_a_row_are_told_in_order(session: BackendSession, backend: SmallBackend) -> None:
    told: list[str] = []
    gone = threading.Event()

    def on_change(state: str, message: str) -> None:
        if state == "opened" and "opened" not in told:
            link = session._link
            backend.die()  # before anybody knows that this one is there
            until(lambda: session._link is not link, "the loss")
            gone.wait(0.02)
        told.append(state)

    session.listen(on_change)
    backend.die()
    until(lambda: told.count("opened") == 2)
    assert told == ["lost", "opened", "lost", "opened"]


def test_a_listener_that_fails_does_not_keep_it_from_coming_back(
    session: BackendSession, backend: SmallBackend
) -> None:
    def fail(state: str, message: str) -> None:
        raise RuntimeError("the loop is closed")

    session.listen(fail)
    backend.die()
    until(lambda: session.backend_pid == backend.pid, "the next backend")
    assert session.complete(REQUEST).text == REQUEST.text


def test_who_begins_to_listen_late_is_told_that_there_is_none(
    session: BackendSession, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_come = threading.Event()
    connect_or_start = backend.connect_or_start

    def late(name: str) -> BackendConnection:
        assert may_come.wait(PATIENCE)
        return connect_or_start(name)

    monkeypatch.setattr(session, "_connect", late)
    first = Listener(session)
    assert first.told == []
    backend.die()
    first.await_states("lost")
    second = Listener(session)
    assert second.told == [("lost", "")]
    may_come.set()
    second.await_states("lost", "opened")
    assert Listener(session).told == []


def test_the_proof_of_the_model_is_forgotten_after_an_illegal_instruction(
    session: BackendSession, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    from soothsay.model import proof
    from soothsay.model.files import resolve

    forgotten: list[Path] = []
    monkeypatch.setattr(resolve, "resolve_model", lambda name, path, weights: Path(name))
    monkeypatch.setattr(proof, "forget", forgotten.append)
    listener = Listener(session)
    backend.die("SIGABRT")
    listener.await_states("lost", "opened")
    assert forgotten == []
    backend.die("SIGILL")
    listener.await_states("lost", "opened", "lost", "opened")
    assert forgotten == [Path(session.settings.model.name)]


# -- the end --------------------------------------------------------------------------------------------------


def test_closing_is_harmless_twice_and_ends_the_threads(
    world: World, backend: SmallBackend, open_session: OpenSession
) -> None:
    before = set(threading.enumerate())
    session = open_session()
    session.complete(REQUEST)
    session.close()
    session.close()
    (closed,) = world.sessions
    assert closed.closes == 1  # it was closed before `close` returned
    until(lambda: not backend.windows, "the window to go")
    until(lambda: set(threading.enumerate()) <= before, "the threads' end")
    with pytest.raises(Cancelled):
        session.complete(REQUEST)
    with pytest.raises(Cancelled):
        session.build_index(lambda at: None, Cancellation())
    session.mirror(Path("a"), "")
    session.forget(Path("a"))
    assert session.backend_pid is None


def test_closing_ends_what_is_under_way(session: BackendSession, world: World) -> None:
    held = Held(world)
    call = Call(lambda: session.complete(REQUEST))
    held.wait()
    closing = Call(session.close)
    held.may_go.set()  # the session is closed after it
    closing.result()
    assert call.result() == completion("held")


def test_closing_does_not_wait_for_ever(
    session: BackendSession, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconnect, "_CLOSE_TIMEOUT_S", 0.05)
    stuck = threading.Event()

    def complete(*_: object) -> Completion:
        assert stuck.wait(PATIENCE)  # in native code: it cannot be cancelled
        return completion("late")

    world.complete = complete
    call = Call(lambda: session.complete(REQUEST))
    until(lambda: session._link is not None and session._link._pending)
    session.close()
    with pytest.raises(Cancelled):
        call.result()
    stuck.set()


def test_closing_while_the_next_backend_is_started(
    session: BackendSession, world: World, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    reaching, may_come = threading.Event(), threading.Event()
    connect_or_start = backend.connect_or_start

    def late(name: str) -> BackendConnection:
        reaching.set()
        assert may_come.wait(PATIENCE)
        return connect_or_start(name)

    monkeypatch.setattr(session, "_connect", late)
    listener = Listener(session)
    backend.die()
    assert reaching.wait(PATIENCE)
    session.close()  # returns
    may_come.set()
    revive = session._restarting
    assert revive is not None
    revive.join(PATIENCE)
    assert not revive.is_alive()
    assert session.backend_pid is None
    assert listener.states() == ["lost"]
    until(lambda: not backend.windows, "the window to go")
    until(lambda: world.sessions[-1].closes == 1, "its session to be closed")


def test_closing_during_a_pause(
    session: BackendSession, backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "_FIRST_DELAY", 3600.0)
    monkeypatch.setattr(restart, "_MAX_DELAY", 3600.0)
    listener = Listener(session)
    backend.errors = [SoothsayError("no room")]
    backend.die()
    listener.await_states("lost", "failed")
    session.close()
    assert session._restarting is not None
    session._restarting.join(PATIENCE)
    assert not session._restarting.is_alive()
    assert backend.reached == 2


def test_closing_from_a_listener(session: BackendSession, backend: SmallBackend) -> None:
    told: list[str] = []

    def on_change(state: str, message: str) -> None:
        told.append(state)
        session.close()

    session.listen(on_change)
    backend.die()
    until(lambda: told)
    assert session._restarting is not None
    session._restarting.join(PATIENCE)
    assert not session._restarting.is_alive()
    assert told == ["lost"]
    assert session.backend_pid is None
