"""Several servers of one language, and several languages of one workspace."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from soothsay.oracle.client import LspOracle
from soothsay.oracle.combined import CombinedOracle, WorkspaceOracle
from soothsay.oracle.null import NullOracle
from soothsay.oracle.opening import open_oracle, open_workspace_oracle
from soothsay.oracle.recording import QuestionLog
from soothsay.oracle.types import Finding, Oracle

PAGE = Path("/w/page.py")


class Fake(NullOracle):
    """Answers what it is given, and notes what it is told."""

    def __init__(
        self, *findings: Finding, answers: bool = True, hover: str | None = None, resolves: bool | None = None
    ) -> None:
        self.found = findings if answers else None
        self.shown = hover
        self.resolved = resolves
        self.told: list[str] = []

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        return self.found

    def hover(self, path: Path, text: str, offset: int) -> str | None:
        return self.shown

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        return self.resolved

    def mirror(self, path: Path, text: str) -> None:
        self.told.append(f"mirror {path.name}")

    def files_changed(self, paths: Sequence[Path]) -> None:
        self.told.append("changed")

    def start(self) -> None:
        self.told.append("start")

    def close(self) -> None:
        self.told.append("close")


def finding(start: int, source: str) -> Finding:
    return Finding("unknown_name", start, start + 1, "no", "code", source)


def test_findings_of_all_servers_in_the_order_of_the_text() -> None:
    one, other = Fake(finding(1, "a"), finding(7, "a")), Fake(finding(4, "b"))
    found = CombinedOracle([one, Fake(answers=False), other], QuestionLog()).findings(PAGE, "")
    assert found is not None
    assert [(each.start, each.source) for each in found] == [(1, "a"), (4, "b"), (7, "a")]


def test_no_answer_and_no_findings_are_not_the_same() -> None:
    silent = Fake(answers=False)
    assert CombinedOracle([silent, silent], QuestionLog()).findings(PAGE, "") is None
    assert CombinedOracle([silent, Fake()], QuestionLog()).findings(PAGE, "") == ()


def test_the_first_that_knows_answers() -> None:
    oracle = CombinedOracle(
        [Fake(), Fake(hover="first", resolves=False), Fake(hover="second", resolves=True)], QuestionLog()
    )
    assert oracle.hover(PAGE, "x", 0) == "first"
    assert oracle.resolves(PAGE, "x", 0) is False, "no is an answer"
    assert oracle.members(PAGE, "x", 0) is None


def workspace(**oracles: Oracle) -> WorkspaceOracle:
    return WorkspaceOracle(
        oracles, lambda path: {".py": "python", ".go": "go"}.get(path.suffix), QuestionLog()
    )


def test_the_language_of_a_file_decides() -> None:
    oracle = workspace(python=Fake(finding(1, "py")), go=Fake(finding(2, "go")))
    assert [each.source for each in oracle.findings(Path("a.go"), "") or ()] == ["go"]
    assert [each.source for each in oracle.findings(Path("a.py"), "") or ()] == ["py"]
    assert oracle.findings(Path("a.txt"), "") is None


def test_servers_start_when_a_file_of_their_language_is_open() -> None:
    python, go = Fake(), Fake()
    oracle = workspace(python=python, go=go)
    oracle.mirror(PAGE, "x")
    oracle.mirror(Path("notes.txt"), "x")
    oracle.start()
    assert (python.told, go.told) == (["mirror page.py", "start"], [])
    oracle.mirror(Path("a.go"), "x")
    oracle.mirror(Path("a.go"), "xy")
    assert go.told == ["mirror a.go", "start", "mirror a.go"]


def test_without_open_files_all_servers_start() -> None:
    python, go = Fake(), Fake()
    oracle = workspace(python=python, go=go)
    oracle.start()
    oracle.files_changed([Path("go.mod")])
    oracle.close()
    assert python.told == go.told == ["start", "changed", "close"]


def test_a_server_that_not_everybody_wants_waits_for_a_file() -> None:
    python, go = Fake(), Fake()
    language_of = {".py": "python", ".go": "go", ".mod": "mod"}.get
    oracle = WorkspaceOracle(
        {"python": python, "go": go, "mod": go},
        lambda path: language_of(path.suffix),
        QuestionLog(),
        frozenset({"go", "mod"}),
    )
    oracle.start()
    assert (python.told, go.told) == (["start"], [])
    oracle.mirror(Path("go.mod"), "x")
    oracle.files_changed([PAGE])
    oracle.close()
    assert go.told == ["mirror go.mod", "start", "changed", "close"]


def test_a_workspace_has_the_oracles_that_languages_name(tmp_path: Path) -> None:
    oracle = open_workspace_oracle(tmp_path, {})
    try:
        assert oracle.findings(tmp_path / "values.yaml", "a: b\n") is None
        with oracle.asking() as asked:
            assert oracle.resolves(tmp_path / "a.py", "  ", 1) is None
        assert asked == []
    finally:
        oracle.close()


def test_a_language_is_opened_by_its_id(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert isinstance(open_oracle(tmp_path, "python"), LspOracle)
    assert isinstance(open_oracle(tmp_path, "shell"), NullOracle)
    assert isinstance(open_oracle(tmp_path, "klingon"), NullOracle)
    assert "unverified" in caplog.text
