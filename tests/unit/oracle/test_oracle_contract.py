"""What every oracle does: one suite for servers that pull, servers that push, and the real ty."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import scripted_spec

from soothsay.oracle.client import LspOracle
from soothsay.oracle.combined import CombinedOracle
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.recording import QuestionLog
from soothsay.oracle.types import Oracle
from soothsay_languages.parameters import Parameter
from soothsay_languages.python.oracle import TY

PATIENT = TimeLimits(question=10_000, members=10_000, first=20_000, start=20_000, hang=60_000)
TILL = """class Till:
    def open(self, amount): ...
    def close(self): ...

till = Till()
"""


@pytest.fixture(
    params=["pull", "push", "push,unversioned", "push,unversioned,twice", "push,stale", "register", "string-ids",
            "utf16", "ty", "two"]
)  # fmt: skip
def oracle(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Oracle]:
    def scripted(words: str, name: str = "scripted", **others: Any) -> LspOracle:
        spec = scripted_spec(words, tmp_path / f"{name}.txt", name=name, **others)
        return LspOracle(spec, tmp_path, None, PATIENT, questions=questions)

    questions = QuestionLog()
    if request.param == "ty":
        opened: Oracle = LspOracle(TY, tmp_path, Path(sys.executable), PATIENT, questions=questions)
    elif request.param == "two":
        # the first gives nothing but diagnostics, and has none
        poor = scripted("push,poor,clean", "poor", canary="")
        opened = CombinedOracle([poor, scripted("push")], questions)
    else:
        opened = scripted(request.param)
    yield opened
    opened.close()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.py"


def found(oracle: Oracle, page: Path, code: str) -> list[tuple[str, str]]:
    text = TILL + code
    findings = oracle.findings(page, text)
    assert findings is not None
    return [(finding.kind, text[finding.start : finding.end]) for finding in findings]


def test_findings_are_of_the_text_that_was_given(oracle: Oracle, page: Path) -> None:
    assert found(oracle, page, "till.open(1)\n") == []
    assert found(oracle, page, "'😀'; till.opne(1)\n") == [("not_a_member", "opne")]
    assert found(oracle, page, "till.open(2)\n") == []
    assert found(oracle, page, "bad\n") == [("unknown_name", "bad")]
    assert found(oracle, page, "'😀'; till.opne(1)\n") == [("not_a_member", "opne")], "from memory or not"


def test_findings_are_asked_for_again_when_another_file_changes(oracle: Oracle, page: Path) -> None:
    for number in range(3):
        assert found(oracle, page, "till.opne(1)\n") == [("not_a_member", "opne")]
        oracle.mirror(page.with_name("other.py"), f"x = {number}\n")


def test_findings_name_their_server(oracle: Oracle, page: Path) -> None:
    findings = oracle.findings(page, TILL + "bad\n")
    assert findings is not None
    assert {finding.source for finding in findings} <= {"ty", "scripted"}


def test_members_of_a_known_receiver(oracle: Oracle, page: Path) -> None:
    text = TILL + "till."
    members = oracle.members(page, text, len(text))
    assert members is not None
    assert {member.name for member in members} == {"open", "close"}
    details = oracle.details(members[0])
    assert details is None or details.name == members[0].name


def test_members_of_an_unknown_receiver(oracle: Oracle, page: Path) -> None:
    text = TILL + "def f(other):\n    other."
    assert oracle.members(page, text, len(text)) is None


def test_what_resolves(oracle: Oracle, page: Path) -> None:
    text = TILL + "till.open(1)\ntill.opne(1)\n"
    assert oracle.resolves(page, text, text.index("open(1)")) is True
    assert oracle.resolves(page, text, text.index("opne(1)")) is False
    assert oracle.resolves(page, text, 0) is not False


def test_the_signature_of_a_call(oracle: Oracle, page: Path) -> None:
    text = TILL + "till.open("
    signatures = oracle.signature(page, text, len(text))
    assert signatures is not None
    assert [signature.parameters for signature in signatures] == [
        (Parameter("amount", "positional_or_keyword", required=True),)
    ]
    assert signatures[0].active == 0
    assert oracle.signature(page, TILL, len(TILL)) is None


def test_hover_and_definition(oracle: Oracle, page: Path) -> None:
    text = TILL + "till.close()\n"
    page.write_text(text)
    at = text.rindex("close") + 1
    assert "close" in (oracle.hover(page, text, at) or "")
    places = oracle.definition(page, text, at)
    assert places is not None
    assert [(place.path.name, place.line) for place in places] == [("page.py", 2)]
    assert list(places[0].lines(1)) == ["    def close(self): ...\n"]
    assert oracle.definition(page, text + "\n\n", len(text) + 1) is None


def test_questions_are_recorded(oracle: Oracle, page: Path) -> None:
    with oracle.asking() as asked:
        oracle.findings(page, TILL)
        oracle.hover(page, TILL, len(TILL))
    assert ("findings", True) in [(question.what, question.answered) for question in asked]
    assert ("hover", False) in [(question.what, question.answered) for question in asked]


def test_after_closing_nothing_is_answered(oracle: Oracle, page: Path) -> None:
    assert found(oracle, page, "") == []
    oracle.close()
    oracle.close()
    assert oracle.findings(page, TILL + "bad\n") is None
