"""16: a file of the second root is completed by a session of its own, with its own index and interpreter."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from soothsay.engine.types import CompletionRequest
from soothsay.errors import Cancelled, SoothsayError
from soothsay.frontend.project_sessions import _MOST_OTHERS, ProjectSessions
from soothsay_common.cancellation import Cancellation
from soothsay_index.runtime.projects import Project

ROOTS = [Path(f"/w/{name}") for name in "abcdefg"]


@dataclass
class Inner:
    """Remembers what it was asked."""

    project: Project
    asked: list[Any] = field(default_factory=list)
    shown: dict[Path, str] = field(default_factory=dict)
    builds: int = 0
    listener: object = None
    closed: bool = False
    warnings: tuple[str, ...] = ("searching by text alone",)
    evaluated: int = 2
    fails: bool = False

    def load_model(self) -> None:
        if self.fails:
            raise SoothsayError("no memory")

    def complete(self, request: CompletionRequest, cancel: object, on_text: object) -> Any:
        self.asked.append(request)
        return request.workspace

    speculate = prepare = lambda self, request, cancel: self.asked.append(request)

    def find_faults(self, path: Path, text: str, cancel: object, *, typed: bool) -> Any:
        self.asked.append(path)
        return ("fault",)

    def repair(self, path: Path, text: str, fault: object, cancel: object) -> Any:
        self.asked.append(path)

    def mirror(self, path: Path, text: str) -> None:
        self.shown[path] = text

    def forget(self, path: Path) -> None:
        self.shown.pop(path, None)

    def build_index(self, on_progress: object, cancel: Cancellation) -> None:
        self.builds += 1

    reindex = build_index

    def update_files(self, paths: list[Path]) -> None:
        self.asked += paths

    remove_files = update_files

    def listen(self, on_change: object) -> None:
        self.listener = on_change

    def close(self) -> None:
        self.closed = True


class World:
    """Sessions over folders, one project each."""

    def __init__(self) -> None:
        self.opened: dict[str, Inner] = {}
        self.failing = ""
        self.news = 0
        self.sessions: Any = ProjectSessions(self._open, Project(ROOTS[0]), self._project_of, self._on_open)  # type: ignore[arg-type]

    def _open(self, project: Project) -> Inner:
        name = project.folder.name
        self.opened[name] = Inner(project, fails=name == self.failing)
        return self.opened[name]

    def _on_open(self) -> None:
        self.news += 1

    @staticmethod
    def _project_of(path: Path) -> Project:
        return Project(Path(*path.parts[:3]), subfolders=path.parts[1] == "w")

    def complete(self, path: str) -> Path:
        return self.sessions.complete(CompletionRequest(Path(path), "x", 1, ROOTS[0]), Cancellation())

    def until_opened(self, *names: str) -> None:
        for _ in range(1_000):
            if self.news == len(names):
                break
            time.sleep(0.01)
        assert set(self.opened) == {"a", *names}


@pytest.fixture
def world() -> World:
    return World()


def test_each_root_has_a_session_of_its_own(world: World) -> None:
    assert world.complete("/w/a/x.py") == Path("/w/a")
    assert set(world.opened) == {"a"}, "the others are opened when they are needed"
    assert world.complete("/w/b/src/x.py") == Path("/w/b")
    assert world.complete("/w/b/src/y.py") == Path("/w/b")
    assert set(world.opened) == {"a", "b"} and world.news == 1
    assert [request.path.name for request in world.opened["b"].asked] == ["x.py", "y.py"]


def test_documents_are_shown_to_their_own_session_alone(world: World) -> None:
    world.sessions.mirror(Path("/w/a/helpers.py"), "one")
    world.sessions.mirror(Path("/w/b/helpers.py"), "two")
    world.sessions.mirror(Path("/w/b/gone.py"), "")
    world.sessions.forget(Path("/w/b/gone.py"))
    world.complete("/w/b/x.py")
    world.sessions.mirror(Path("/w/b/later.py"), "three")
    assert world.opened["a"].shown == {Path("/w/a/helpers.py"): "one"}
    assert world.opened["b"].shown == {Path("/w/b/helpers.py"): "two", Path("/w/b/later.py"): "three"}
    world.sessions.update_files([Path("/w/b/x.py"), Path("/w/a/x.py"), Path("/w/c/x.py")])
    assert world.opened["a"].asked == [Path("/w/a/x.py")] and set(world.opened) == {"a", "b"}


def test_a_document_that_is_shown_opens_its_project_before_the_first_completion(world: World) -> None:
    world.sessions.mirror(Path("/w/b/x.py"), "too early")
    assert world.opened.keys() == {"a"}, "that of the workspace comes first"
    world.sessions.load_model()
    for text in ("one", "two"):
        world.sessions.mirror(Path("/w/b/x.py"), text)
    world.until_opened("b")
    assert world.opened["b"].shown == {Path("/w/b/x.py"): "two"}
    world.sessions.build_index(print, Cancellation())
    assert world.opened["b"].builds == 1
    assert world.complete("/w/b/x.py") == Path("/w/b") and world.news == 1


def test_documents_that_are_looked_into_open_nothing_and_close_nothing(world: World) -> None:
    world.sessions.load_model()
    world.sessions.mirror(Path("/loose/b/x.py"), "")
    names = [root.name for root in ROOTS[1:]]
    for name in names:
        world.sessions.mirror(Path(f"/w/{name}/x.py"), "")
    world.until_opened(*names[:_MOST_OTHERS])
    assert not any(inner.closed for inner in world.opened.values())


def test_a_project_that_cannot_be_opened_ahead_is_opened_by_its_completion(world: World) -> None:
    world.failing = "b"
    world.sessions.load_model()
    world.sessions.mirror(Path("/w/b/x.py"), "")
    world.sessions.mirror(Path("/w/c/x.py"), "")
    for _ in range(1_000):
        if world.news:
            break
        time.sleep(0.01)
    assert world.opened["b"].closed and not world.opened["c"].closed
    world.failing = ""
    assert world.complete("/w/b/x.py") == Path("/w/b")


def test_only_a_document_or_a_completion_opens_a_project(world: World) -> None:
    path, cancel = Path("/w/b/x.py"), Cancellation()
    assert world.sessions.find_faults(path, "", cancel) == ()
    world.sessions.prepare(CompletionRequest(path, "", 0, ROOTS[0]), cancel)
    for work in (
        lambda: world.sessions.repair(path, "", "fault", cancel),
        lambda: world.sessions.speculate(CompletionRequest(path, "", 0, ROOTS[0]), cancel),
    ):
        with pytest.raises(Cancelled):
            work()
    assert set(world.opened) == {"a"}
    world.complete("/w/b/x.py")
    assert world.sessions.find_faults(path, "", cancel) == ("fault",)


def test_the_session_asked_longest_ago_is_closed_when_there_are_too_many(world: World) -> None:
    names = [root.name for root in ROOTS[1 : _MOST_OTHERS + 2]]
    for name in names[:-1]:
        world.complete(f"/w/{name}/x.py")
    world.complete(f"/w/{names[0]}/x.py")
    world.complete(f"/w/{names[-1]}/x.py")
    assert [name for name in names if world.opened[name].closed] == [names[1]]
    assert not world.opened["a"].closed, "that of the workspace stays"
    first = world.opened[names[1]]
    world.complete(f"/w/{names[1]}/x.py")
    assert world.opened[names[1]] is not first and not world.opened[names[1]].closed


def test_each_index_is_built_once_unless_it_is_asked_for(world: World) -> None:
    never = Cancellation()
    world.sessions.build_index(print, never)
    world.complete("/w/b/x.py")
    world.sessions.build_index(print, never)
    assert (world.opened["a"].builds, world.opened["b"].builds) == (1, 1)
    world.sessions.reindex(print, never)
    assert (world.opened["a"].builds, world.opened["b"].builds) == (2, 2)
    world.complete("/w/c/x.py")
    cancelled = Cancellation()
    cancelled.set()
    world.sessions.build_index(print, cancelled)
    world.sessions.build_index(print, never)
    assert world.opened["c"].builds == 2, "a build that was cancelled is done again"


def test_all_sessions_are_listened_to_counted_and_closed(world: World) -> None:
    def on_change(state: str, message: str) -> None: ...

    world.complete("/w/b/x.py")
    world.sessions.listen(on_change)
    world.complete("/w/c/x.py")
    assert all(inner.listener is on_change for inner in world.opened.values())
    assert world.sessions.warnings == ["searching by text alone"] and world.sessions.evaluated == 6
    world.sessions.close()
    assert all(inner.closed for inner in world.opened.values())
    with pytest.raises(Cancelled):
        world.complete("/w/d/x.py")


def test_a_project_that_cannot_be_opened_costs_no_other(world: World) -> None:
    world.failing = "b"
    with pytest.raises(SoothsayError, match="no memory"):
        world.complete("/w/b/x.py")
    assert world.opened["b"].closed and world.news == 0
    assert world.complete("/w/a/x.py") == Path("/w/a")
    world.failing = ""
    assert world.complete("/w/b/x.py") == Path("/w/b")
