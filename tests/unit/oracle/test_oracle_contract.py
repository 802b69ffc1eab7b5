"""What every oracle does: one suite for servers that pull, servers that push, the real ty, and the real TypeScript compiler."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from scripted import scripted_spec

from soothsay.oracle.client import LspOracle
from soothsay.oracle.combined import CombinedOracle
from soothsay.oracle.installed import command_of
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.recording import QuestionLog
from soothsay.oracle.types import Oracle
from soothsay_languages.parameters import Parameter, ParameterKind
from soothsay_languages.python.oracle import TY
from soothsay_languages.typescript.oracle import COMPILER

PATIENT = TimeLimits(question=10_000, members=10_000, first=20_000, start=20_000, hang=60_000)


@dataclass(frozen=True)
class Words:
    """What the suite says, in one language: a class with the methods ``open`` and ``close``, and ``till``, an object of it."""

    till: str
    suffix: str
    other: str  # a file that says something else
    unknown: str  # ends with a receiver whose type is not known
    kind: ParameterKind = "positional_or_keyword"


PYTHON = Words(
    "class Till:\n    def open(self, amount): ...\n    def close(self): ...\n\ntill = Till()\n",
    ".py",
    "x = 1\n",
    "def f(other):\n    other.",
)
TYPESCRIPT = Words(
    "class Till {\n  open(amount: number) {}\n  close() {}\n}\nconst till = new Till();\n",
    ".ts",
    "let x = 1;\n",
    "function f(other: any) {\n  other.",
    "positional_only",
)
JAVASCRIPT = replace(
    TYPESCRIPT,
    till=TYPESCRIPT.till.replace("(amount", "(/** @type {number} */ amount").replace(": number", ""),
    suffix=".js",
    unknown="function f(other) {\n  other.",
)
compiled = pytest.mark.requires(
    command_of(COMPILER) is not None, "the TypeScript compiler: soothsay judges install typescript"
)


@pytest.fixture(
    params=["pull", "push", "push,unversioned", "push,unversioned,twice", "push,stale", "register", "string-ids",
            "utf16", "ty", "two",
            pytest.param("typescript", marks=compiled), pytest.param("javascript", marks=compiled)]
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
    elif request.param.endswith("script"):
        opened = LspOracle(COMPILER, tmp_path, None, PATIENT, questions=questions)
    else:
        opened = scripted(request.param)
    yield opened
    opened.close()


@pytest.fixture
def words(request: pytest.FixtureRequest, oracle: Oracle) -> Words:
    """The words of the oracle's language."""
    param = request.node.callspec.params["oracle"]
    return {"typescript": TYPESCRIPT, "javascript": JAVASCRIPT}.get(param, PYTHON)


@pytest.fixture
def page(tmp_path: Path, words: Words) -> Path:
    return tmp_path / f"page{words.suffix}"


def till_of(page: Path) -> str:
    return next(each.till for each in (PYTHON, TYPESCRIPT, JAVASCRIPT) if each.suffix == page.suffix)


def found(oracle: Oracle, page: Path, code: str) -> list[tuple[str, str]]:
    text = till_of(page) + code
    findings = oracle.findings(page, text)
    assert findings is not None
    return [(finding.kind, text[finding.start : finding.end]) for finding in findings]


def test_findings_are_of_the_text_that_was_given(oracle: Oracle, page: Path) -> None:
    assert found(oracle, page, "till.open(1)\n") == []
    assert found(oracle, page, "'😀'; till.opne(1)\n") == [("not_a_member", "opne")]
    assert found(oracle, page, "till.open(2)\n") == []
    assert found(oracle, page, "bad\n") == [("unknown_name", "bad")]
    assert found(oracle, page, "'😀'; till.opne(1)\n") == [("not_a_member", "opne")], "from memory or not"


def test_findings_are_asked_for_again_when_another_file_changes(
    oracle: Oracle, page: Path, words: Words
) -> None:
    for number in range(3):
        assert found(oracle, page, "till.opne(1)\n") == [("not_a_member", "opne")]
        oracle.mirror(page.with_name(f"other{page.suffix}"), words.other.replace("1", str(number)))


def test_findings_name_their_server(oracle: Oracle, page: Path, words: Words) -> None:
    findings = oracle.findings(page, words.till + "bad\n")
    assert findings is not None
    assert {finding.source for finding in findings} <= {"ty", "scripted", "typescript"}


def test_members_of_a_known_receiver(oracle: Oracle, page: Path, words: Words) -> None:
    text = words.till + "till."
    members = oracle.members(page, text, len(text))
    assert members is not None
    assert {member.name for member in members} == {"open", "close"}
    details = oracle.details(members[0])
    assert details is None or details.name == members[0].name


def test_members_of_an_unknown_receiver(oracle: Oracle, page: Path, words: Words) -> None:
    text = words.till + words.unknown
    assert oracle.members(page, text, len(text)) is None


def test_what_resolves(oracle: Oracle, page: Path, words: Words) -> None:
    text = words.till + "till.open(1)\ntill.opne(1)\n"
    assert oracle.resolves(page, text, text.index("open(1)")) is True
    assert oracle.resolves(page, text, text.index("opne(1)")) is False
    assert oracle.resolves(page, text, 0) is not False


def test_the_signature_of_a_call(oracle: Oracle, page: Path, words: Words) -> None:
    text = words.till + "till.open("
    signatures = oracle.signature(page, text, len(text))
    assert signatures is not None
    (parameters,) = (signature.parameters for signature in signatures)
    annotation = "" if words is PYTHON else "number"
    assert parameters == (Parameter("amount", words.kind, required=True, annotation=annotation),)
    assert signatures[0].active == 0
    assert oracle.signature(page, words.till, len(words.till)) is None


def test_hover_and_definition(oracle: Oracle, page: Path, words: Words) -> None:
    text = words.till + "till.close()\n"
    page.write_text(text)
    at = text.rindex("close") + 1
    assert "close" in (oracle.hover(page, text, at) or "")
    places = oracle.definition(page, text, at)
    assert places is not None
    assert [(place.path.name, place.line) for place in places] == [(page.name, 2)]
    assert list(places[0].lines(1)) == [words.till.splitlines(keepends=True)[2]]
    assert oracle.definition(page, text + "\n\n", len(text) + 1) is None


def test_questions_are_recorded(oracle: Oracle, page: Path, words: Words) -> None:
    with oracle.asking() as asked:
        oracle.findings(page, words.till)
        oracle.hover(page, words.till, len(words.till))
    assert ("findings", True) in [(question.what, question.answered) for question in asked]
    assert ("hover", False) in [(question.what, question.answered) for question in asked]


def test_after_closing_nothing_is_answered(oracle: Oracle, page: Path) -> None:
    assert found(oracle, page, "") == []
    oracle.close()
    oracle.close()
    assert oracle.findings(page, till_of(page) + "bad\n") is None
