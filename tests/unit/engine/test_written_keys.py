"""Which keys a completion writes, and what a schema makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from marked_site import site_of
from soothsay.engine.known import Known
from soothsay.engine.shadow import Shadow
from soothsay.engine.verify import judge
from soothsay.oracle.null import NullOracle
from soothsay.oracle.types import Finding, Member
from soothsay_languages.oracle import DiagnosticKind

FOLDER = Path("/w")


@pytest.mark.parametrize(
    ("name", "marked", "completion", "expected"),
    [
        ("a.yaml", "a:\n  |\n", "b: 1\n  c-d: [e, {f: g}]", ["b", "c-d", "f"]),
        ("a.yaml", "a: |\n", "b", ["b"]),
        ("a.yaml", "a:\n  - x\n|\n", "run-on: y", ["run-on"]),
        ("a.yaml", "ru|\n", "n-on: y", ["run-on"]),
        ("a.yaml", "a: |\n", "\n  b: 1", ["b"]),  # not the mapping that it is
        ("a.yaml", "a: |\n", "# b: c", []),
        ("a.yaml", 'a: "b: |"\n', "c", ['"b: c"']),
        ("a.json", '{"a": {|}}\n', '"b": 1, "c": {"d": 2}', ['"b"', '"c"', '"d"']),
        ("a.json", '{"a": |}\n', '"b"', ['"b"']),
        ("a.json", '{"a": |}\n', "[1, 2]", []),
        ("a.json", '{"a": {"b|": 1}}\n', "c", ['"bc"']),
        ("a.yaml", "a: {|}\n", "b: c", ["b"]),
    ],
)
def test_keys_that_a_completion_writes(name: str, marked: str, completion: str, expected: list[str]) -> None:
    site = site_of(FOLDER, marked, name)
    assert site.language.keys is not None
    shadow = Shadow(site, completion)
    assert [shadow.text[start:end] for start, end in shadow.written_keys(site.language.keys)] == expected


class Describing(NullOracle):
    """Says that ``wrong`` is of a kind wherever it stands, and proposes ``names``."""

    def __init__(
        self, names: Sequence[str] = (), wrong: str = "", kind: DiagnosticKind = "unknown_argument"
    ) -> None:
        self._names, self._wrong = names, wrong
        self._kind: DiagnosticKind = kind

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        at = text.find(self._wrong) if self._wrong else -1
        return [Finding(self._kind, at, at + len(self._wrong), "no", "513")] if at >= 0 else []

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        return [Member(name, "property", "") for name in self._names]


@pytest.mark.parametrize(
    ("oracle", "expected"),
    [
        (NullOracle(), "unverified"),
        (Describing(), "unverified"),
        (Describing(["size"]), "verified"),
        (Describing(["other"]), "unverified"),
        (Describing([], "size"), "rejected"),
        (Describing(["size"], "size"), "unverified"),  # of another way to write the object
        (Describing(["size"], "big", "wrong_type"), "unverified"),
        (Describing(["size"], "size: big", "syntax"), "unverified"),
        (Describing(["size"], "above", "syntax"), "verified"),  # not its fault
    ],
)
def test_verdicts_by_schema(oracle: NullOracle, expected: str) -> None:
    judgement = judge(site_of(FOLDER, "above: 1\n|\n", "a.yaml"), "size: big", oracle)
    assert judgement.verdict == expected
    assert (judgement.fault == "bad_arguments") == (expected == "rejected")


@pytest.mark.parametrize(
    ("completion", "wrong", "expected"),
    [
        ("{{ .key }}: 5", "{{ .key }}", "unverified"),
        ("a-{{ .key }}-b: 5", "a-{{ .key }}-b", "unverified"),
        ("{% if x %}size{% endif %}: 5", "size", "unverified"),
        ("size: {{ .value }}", "size", "rejected"),
        ("a: {{ .value }}\nsize: 5", "size", "rejected"),
    ],
)
def test_a_key_that_a_template_writes_is_not_judged(completion: str, wrong: str, expected: str) -> None:
    assert (
        judge(site_of(FOLDER, "above: 1\n|\n", "a.yaml"), completion, Describing([], wrong)).verdict
        == expected
    )


@pytest.mark.parametrize(("completion", "expected"), [("de: 1", "rejected"), (": 1", "unverified")])
def test_a_key_that_was_wrong_before_is_not_the_completions_fault(completion: str, expected: str) -> None:
    class Refusing(NullOracle):
        def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
            return [Finding("unknown_argument", 0, len(text.partition(":")[0].rstrip()), "no", "513")]

    assert judge(site_of(FOLDER, "si|\n", "a.yaml"), completion, Refusing()).verdict == expected


def test_of_a_language_without_calls_nothing_but_keys_is_asked() -> None:
    class Asked(NullOracle):
        def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
            raise AssertionError

        signature = members = names  # type: ignore[assignment]

    known = Known(site_of(FOLDER, "a: |\n", "a.yaml"), Asked())
    assert known.names() is None and known.members_of("a.") is None and known.parameters_of("f") is None
