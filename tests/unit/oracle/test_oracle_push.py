"""Diagnostics that the server pushes: late, stale, never, or from a server that dies."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from scripted import IMPATIENT, SLOW, Open, until

from soothsay.oracle.diagnostics import PushedDiagnostics
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.process import NoAnswer

PAGE = Path("/w/page.py")


class Wire:
    """Stands in for the session: keeps what is sent."""

    def __init__(self, quiet: float = 0.0, tells_end: bool = False) -> None:
        self.source = PushedDiagnostics(quiet, self.touch, self.ping, tells_end)
        self.version = 0
        self.pings: list[Path] = []
        self.change()

    def change(self, world: int = 0) -> None:
        self.version += 1
        self.source.on_change(PAGE, self.version, world)

    def touch(self, path: Path, world: int) -> None:
        assert path == PAGE
        self.change(world)

    def ping(self, path: Path) -> Future[Any]:
        self.pings.append(path)
        self.pong: Future[Any] = Future()
        return self.pong

    def publish(self, message: str, version: int | None = None) -> None:
        params: dict[str, Any] = {"uri": PAGE.as_uri(), "diagnostics": [{"message": message}]}
        self.source.on_publish(params if version is None else {**params, "version": version})

    def ask(self, world: int = 0) -> Future[Any]:
        return self.source.request(PAGE, world)


def messages(answer: Future[Any], seconds: float = 5) -> list[str]:
    return [item["message"] for item in answer.result(seconds)]


def test_a_publication_is_matched_by_its_version() -> None:
    wire = Wire()
    wire.change()
    answer = wire.ask()
    wire.publish("old", 1)
    assert not answer.done()
    wire.publish("new", 2)
    assert messages(answer) == ["new"]
    assert messages(wire.ask()) == ["new"], "it is known already"


def test_what_may_rest_on_other_files_as_they_were_does_not_count() -> None:
    wire = Wire(tells_end=True)
    answer = wire.ask()
    wire.source.on_idle(PAGE)  # with what went before
    wire.publish("first", 1)
    assert not answer.done()
    wire.source.on_rereading(PAGE)
    wire.source.on_idle(PAGE)
    assert not answer.done()
    wire.publish("last", 1)
    assert not answer.done()
    wire.source.on_idle(PAGE)
    assert messages(answer) == ["last"]
    wire.source.on_rereading(PAGE)  # for a version that is still to come
    assert messages(wire.ask()) == ["last"]


def test_where_nothing_is_published_again_the_first_counts() -> None:
    wire = Wire(tells_end=True)
    answer = wire.ask()
    wire.publish("all", 1)
    wire.source.on_rereading(PAGE)
    wire.source.on_idle(PAGE)
    assert not answer.done()
    wire.pong.set_result(None)
    assert messages(answer) == ["all"]


def test_of_publications_without_a_version_the_last_counts() -> None:
    wire = Wire(quiet=0.1)
    answer = wire.ask()
    wire.publish("syntax only")
    assert not answer.done()
    wire.publish("all")
    assert messages(answer) == ["all"]
    assert messages(wire.ask()) == ["all"]


def test_what_came_before_the_change_does_not_count() -> None:
    wire = Wire()
    wire.publish("before")
    assert messages(wire.ask()) == ["before"]
    waiting = wire.ask(world=0)
    assert waiting.done()
    wire.change()
    answer = wire.ask()
    assert not answer.done()
    wire.publish("after")
    assert messages(answer) == ["after"]


def test_a_change_ends_the_wait_for_the_version_before() -> None:
    wire = Wire()
    answer = wire.ask()
    wire.change()
    with pytest.raises(NoAnswer):
        answer.result(0)


def test_a_changed_world_is_asked_about_again() -> None:
    wire = Wire()
    wire.publish("before", 1)
    answer = wire.ask(world=1)
    assert wire.version == 2
    assert not answer.done()
    wire.publish("after", 2)
    assert messages(answer) == ["after"]
    assert messages(wire.ask(world=1)) == ["after"]
    assert wire.version == 2


def test_a_server_that_publishes_nothing_is_not_waited_for_forever() -> None:
    wire = Wire()
    for _ in range(3):
        answer = wire.ask()
        assert not answer.done()
        wire.source.is_late(PAGE, answer)
    assert wire.pings == [PAGE] * 3
    with pytest.raises(NoAnswer):
        wire.ask().result(0)
    wire.publish("at last", 1)
    assert messages(wire.ask()) == ["at last"]


def test_a_closed_document_has_no_diagnostics() -> None:
    wire = Wire()
    answer = wire.ask()
    wire.source.on_close(PAGE)
    wire.publish("late", 1)
    for each in (answer, wire.ask()):
        with pytest.raises(NoAnswer):
            each.result(0)


# with a process ---------------------------------------------------------------------------------------------


def test_what_is_late_is_found_the_next_time(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("push,slow", SLOW)
    path = tmp_path / "a.py"
    assert oracle.findings(path, "ok") == ()
    pid = oracle.pid
    assert oracle.findings(path, "slow bad") is None
    assert until(lambda: oracle.findings(path, "slow bad"))
    assert oracle.pid == pid, "it was only slow"


def test_of_a_server_that_publishes_nothing_the_rest_is_answered(open_fake: Open, tmp_path: Path) -> None:
    limits = TimeLimits(question=5000, first=1000, late=20_000, start=60_000, hang=60_000)
    oracle = open_fake("push,silent", limits, canary="", diagnostics_ms=100)
    path = tmp_path / "a.py"
    text = "def f(): ...\nf\n"
    assert until(lambda: oracle.definition(path, text, len(text) - 1), 60), "it has started"
    pid = oracle.pid
    for _ in range(5):
        assert oracle.findings(path, text) is None
        assert oracle.definition(path, text, len(text) - 1), "it is not dead"
        assert oracle.pid == pid, "and not started again"


@pytest.mark.parametrize("word", ["hang", "die"])
def test_one_that_hangs_or_dies_is_replaced(open_fake: Open, tmp_path: Path, word: str) -> None:
    oracle = open_fake(f"push,{word}", IMPATIENT)
    path = tmp_path / "a.py"
    assert oracle.findings(path, "ok") == ()
    pid = oracle.pid
    assert oracle.findings(path, word) is None
    assert until(lambda: oracle.findings(path, "bad"))
    assert oracle.pid != pid


def test_a_registered_capability_can_be_taken_back(open_fake: Open, tmp_path: Path, notes: Path) -> None:
    oracle = open_fake("register,unregister,push")
    found = oracle.findings(tmp_path / "a.py", "bad")
    assert [finding.kind for finding in found or ()] == ["unknown_name"]
    assert until(lambda: "registered None" in notes.read_text())


def test_an_unknown_request_of_the_server_is_refused(open_fake: Open, tmp_path: Path, notes: Path) -> None:
    open_fake("pull").findings(tmp_path / "a.py", "")
    assert until(lambda: "unheard-of -32601" in notes.read_text())


def test_what_a_server_does_not_provide_is_not_asked(open_fake: Open, tmp_path: Path, notes: Path) -> None:
    oracle = open_fake("push,poor")
    path = tmp_path / "a.py"
    assert oracle.hover(path, "def f(): ...", 5) is None
    assert oracle.definition(path, "def f(): ...", 5) is None
    assert oracle.findings(path, "bad")


def test_details_come_from_the_completion_item(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("pull")
    text = "class A:\n    def run(self): ...\n\na = A()\na."
    members = oracle.members(tmp_path / "a.py", text, len(text))
    assert members is not None
    details = oracle.details(members[0])
    assert details is not None
    assert (details.name, details.detail, details.documentation) == ("run", "a method", "What run does.")
