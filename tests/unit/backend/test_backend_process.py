"""The backend's program as a process of its own, without a model: how it starts, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from backend_stand_ins import PATIENCE, until

from soothsay.backend import launch
from soothsay.backend.address import FOLDER_VARIABLE, read_card
from soothsay.backend.deaths import read_death
from soothsay.backend.launch import Reached
from soothsay.backend.link import Link
from soothsay.backend.messages import BackendStatus, Describe, Stop
from soothsay_common.exits import Exit

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture
def reached(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reached]:
    """A backend that was started, and a connection to it."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(runtime))
    monkeypatch.setenv("SOOTHSAY_CACHE", str(runtime / "cache"))
    monkeypatch.setattr(launch, "build_id", lambda: "1-test")  # others may edit the code at this moment
    monkeypatch.setattr(launch, "_STARTS_WITHIN", PATIENCE)
    monkeypatch.setattr(launch, "_GREETS_WITHIN", PATIENCE)
    start = "import soothsay.backend.server as s; s.build_id = lambda: '1-test'; from soothsay.backend.__main__ import main; main()"
    monkeypatch.setattr(
        launch, "python_command", lambda _, *arguments: [sys.executable, "-P", "-c", start, *arguments]
    )
    reached = launch.reach("test")
    yield reached
    reached.channel.close()
    launch.kill(reached.card)


def await_end(reached: Reached) -> Exit:
    """Wait until the backend has ended; returns what it left word of."""
    until(lambda: not reached.card.is_alive(), "the backend's end")
    return read_death(reached.place.log, reached.card.pid)


def test_it_outlives_the_terminal_and_leaves_nothing(reached: Reached) -> None:
    process = psutil.Process(reached.card.pid)
    assert os.getpgid(process.pid) == process.pid != os.getpgid(0)  # Ctrl-C in the terminal is not for it
    assert Path(process.cwd()) == reached.place.folder.resolve()
    process.send_signal(signal.SIGHUP)
    lost: list[Exit] = []
    link = Link(reached, lambda warning: None, lambda _, exit_: lost.append(exit_))
    status = link.ask(Describe)
    assert isinstance(status, BackendStatus)
    assert (status.pid, [window.name for window in status.windows]) == (process.pid, ["test"])
    process.send_signal(signal.SIGTERM)
    assert await_end(reached) == Exit("ended")
    until(lambda: lost)
    assert lost == [Exit("ended")]
    assert read_card(reached.place) is None
    assert not list(reached.place.folder.glob("*.sock"))


def test_it_is_stopped_when_it_is_asked_to(reached: Reached) -> None:
    link = Link(reached, lambda warning: None, lambda _, exit_: None)
    assert link.ask(Stop) is None
    assert await_end(reached) == Exit("ended")
    link.close()


@pytest.mark.parametrize(("name", "cause"), [("SIGSEGV", "memory_access"), ("SIGKILL", "killed")])
def test_the_next_one_takes_its_place(reached: Reached, name: str, cause: str) -> None:
    os.kill(reached.card.pid, getattr(signal, name))
    death = await_end(reached)
    assert (death.cause, death.name) == (cause, name)
    assert read_card(reached.place) == reached.card  # it could not take it away
    following = launch.reach("test")
    try:
        assert following.place == reached.place
        assert following.card.pid != reached.card.pid
        assert read_death(reached.place.log, reached.card.pid).name == name  # its log is kept
        assert [path.name for path in reached.place.folder.glob("*.sock")] == [
            Path(following.card.address).name
        ]
    finally:
        following.channel.close()
        launch.kill(following.card)
