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
from soothsay.backend.address import FOLDER_VARIABLE, read_connection_info
from soothsay.backend.crash_log import read_exit_from_log
from soothsay.backend.launch import BackendConnection
from soothsay.backend.link import Link
from soothsay.backend.messages import BackendStatus, Describe, Stop
from soothsay_common.exits import Exit

pytestmark = [pytest.mark.process, pytest.mark.skipif(sys.platform == "win32", reason="signals")]


@pytest.fixture
def connection(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BackendConnection]:
    """A backend that was started, and a connection to it."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(runtime))
    monkeypatch.setenv("SOOTHSAY_CACHE", str(runtime / "cache"))
    monkeypatch.setattr(launch, "build_id", lambda: "1-test")  # others may edit the code at this moment
    monkeypatch.setattr(launch, "_START_TIMEOUT_S", PATIENCE)
    monkeypatch.setattr(launch, "_WELCOME_TIMEOUT_S", PATIENCE)
    start = "import soothsay.backend.server as s; s.build_id = lambda: '1-test'; from soothsay.backend.__main__ import main; main()"
    monkeypatch.setattr(
        launch, "python_command", lambda _, *arguments: [sys.executable, "-P", "-c", start, *arguments]
    )
    connection = launch.connect_or_start("test")
    yield connection
    connection.stream.close()
    launch.kill_backend(connection.info)


def await_end(connection: BackendConnection) -> Exit:
    """Wait until the backend has ended; returns what it left word of."""
    until(lambda: not connection.info.is_alive(), "the backend's end")
    return read_exit_from_log(connection.files.log, connection.info.pid)


def test_it_outlives_the_terminal_and_leaves_nothing(connection: BackendConnection) -> None:
    process = psutil.Process(connection.info.pid)
    assert os.getpgid(process.pid) == process.pid != os.getpgid(0)  # Ctrl-C in the terminal is not for it
    assert Path(process.cwd()) == connection.files.folder.resolve()
    process.send_signal(signal.SIGHUP)
    lost: list[Exit] = []
    link = Link(connection, lambda warning: None, lambda _, exit_: lost.append(exit_))
    status = link.ask(Describe)
    assert isinstance(status, BackendStatus)
    assert (status.pid, [window.name for window in status.windows]) == (process.pid, ["test"])
    process.send_signal(signal.SIGTERM)
    assert await_end(connection) == Exit("ended")
    until(lambda: lost)
    assert lost == [Exit("ended")]
    assert read_connection_info(connection.files) is None
    assert not list(connection.files.folder.glob("*.sock"))


def test_it_is_stopped_when_it_is_asked_to(connection: BackendConnection) -> None:
    link = Link(connection, lambda warning: None, lambda _, exit_: None)
    assert link.ask(Stop) is None
    assert await_end(connection) == Exit("ended")
    link.close()


@pytest.mark.parametrize(("name", "cause"), [("SIGSEGV", "memory_access"), ("SIGKILL", "killed")])
def test_the_next_one_takes_its_place(connection: BackendConnection, name: str, cause: str) -> None:
    os.kill(connection.info.pid, getattr(signal, name))
    death = await_end(connection)
    assert (death.cause, death.name) == (cause, name)
    assert read_connection_info(connection.files) == connection.info  # it could not take it away
    following = launch.connect_or_start("test")
    try:
        assert following.files == connection.files
        assert following.info.pid != connection.info.pid
        assert read_exit_from_log(connection.files.log, connection.info.pid).name == name  # its log is kept
        assert [path.name for path in connection.files.folder.glob("*.sock")] == [
            Path(following.info.address).name
        ]
    finally:
        following.stream.close()
        launch.kill_backend(following.info)


@pytest.mark.parametrize(
    ("platform", "environ", "policy"),
    [
        ("linux", {}, "active"),
        ("linux", {"OMP_WAIT_POLICY": "passive"}, "passive"),
        ("linux", {"GOMP_SPINCOUNT": "5"}, None),  # the user's own choice is left alone
        ("darwin", {}, None),
    ],
)
def test_how_threads_wait_for_each_other(platform: str, environ: dict[str, str], policy: str | None) -> None:
    found = launch.environment(environ, platform)
    assert found.get("OMP_WAIT_POLICY") == policy
    assert found["GGML_NO_BACKTRACE"] == "1"
