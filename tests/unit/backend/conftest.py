"""A backend in this process, for one test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from backend_stand_ins import SmallBackend, StandInSession, World

from soothsay.backend import link, restart, window
from soothsay.backend.client import BackendSession
from soothsay.config import Settings

OpenSession = Callable[..., BackendSession]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """What sessions do."""
    world = World()
    monkeypatch.setattr(window, "Session", partial(StandInSession, world))
    monkeypatch.setattr(window, "_STOP_TIMEOUT_S", 0.2)
    monkeypatch.setattr(link, "_DIES_WITHIN", 0.0)
    monkeypatch.setattr(restart, "_FIRST_DELAY", 0.0)
    return world


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A folder for sockets: pytest's own paths are too long."""
    folder = Path(tempfile.mkdtemp(prefix="soothsay-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def backend(world: World, runtime: Path) -> Iterator[SmallBackend]:
    backend = SmallBackend(runtime)
    yield backend
    backend.close()


@pytest.fixture
def open_session(backend: SmallBackend) -> Iterator[OpenSession]:
    """Open sessions, which are closed after the test."""
    opened: list[BackendSession] = []

    def open_session(settings: Settings | None = None, workspace: Path = Path("/w")) -> BackendSession:
        session = BackendSession(
            settings or Settings(),
            workspace,
            name="test",
            environ={"A": "1"},
            connect=backend.connect_or_start,
        )
        opened.append(session)
        return session

    yield open_session
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: OpenSession) -> BackendSession:
    return open_session()
