"""TypeScript and JavaScript with the real compiler as judge: verdicts, names among members, calls filled in. No model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.backend.session import NoIndex
from soothsay.engine.constrain import CallConstraint
from soothsay.engine.known import Known
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay.engine.verify import Judgement, judge
from soothsay.oracle.combined import WorkspaceOracle
from soothsay.oracle.installed import command_of
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.opening import open_workspace_oracle
from soothsay.oracle.types import Oracle
from soothsay_languages.registry import language_of_file
from soothsay_languages.typescript.oracle import COMPILER

pytestmark = [
    pytest.mark.process,
    pytest.mark.requires(
        command_of(COMPILER) is not None, "the TypeScript compiler: soothsay judges install typescript"
    ),
]

PATIENT = TimeLimits(question=10_000, members=10_000, first=20_000, start=20_000, hang=60_000)
SHOP = """/** A shop. */
export class Shop {
  constructor(readonly name: string) {}
  /** Pays it. */
  pay(amount: number, note?: string): boolean { return amount > 0 && !!note; }
  get size(): number { return 0; }
  find(id: string): { id: string; $ref: number } | undefined { return undefined; }
  on(event: "open" | "close", then: (at: number) => void, options: { once?: boolean }): void {}
}
export function open(name: string, opts: { fast?: boolean } = {}): Shop { return new Shop(name); }
"""
HEAD = 'import { Shop, open } from "./shop.js";\n\nconst shop = open("a");\n'
BODY = HEAD + "export function work(amount: number, untyped: any) {\n  %s\n}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop.ts").write_text(SHOP, encoding="utf-8")
    options = '{"strict": true, "module": "nodenext", "target": "es2022", "noEmit": true, "jsx": "preserve"}'
    (folder / "tsconfig.json").write_text(f'{{"compilerOptions": {options}}}', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[Oracle]:
    opened = open_workspace_oracle(folder, {}, PATIENT)
    yield opened
    opened.close()


def site_of(folder: Path, marked: str, name: str = "page.ts") -> Site:
    """Return the place of the cursor ``|``."""
    at, path = marked.index("|"), folder / name
    language = language_of_file(path)
    assert language is not None
    return Site(CompletionRequest(path, marked.replace("|", "", 1), at, folder, language.id), NoIndex())


def constraint_at(oracle: Oracle, folder: Path, body: str) -> CallConstraint:
    """Return the constraint at the cursor ``|`` of a function's body."""
    site = site_of(folder, BODY % body)
    known = Known(site, oracle)
    return CallConstraint(
        site.rule.before, site.language, known.members_of, known.parameters_of, keys_of=known.keys_of
    )


def judged(oracle: Oracle, folder: Path, text: str, name: str = "page.ts", before: str = "") -> Judgement:
    return judge(site_of(folder, BODY % f"{before}|", name), text, oracle)


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("shop.pay(amount);", "verified"),
        ("shop.pai(amount);", "rejected"),
        ("shop.name();", "rejected"),  # no function
        ("shop.size();", "rejected"),  # nor is this, which is computed
        ("shop.pay();", "rejected"),
        ("shop.pay(1, 'a', 3);", "rejected"),
        ("shop.pay('1');", "unverified"),  # of a wrong type
        ("const sum = Math.max(1, 2);", "verified"),
        ("const sum = Math.maximum(1, 2);", "rejected"),
        ("const other = open('b', { fast: true });", "verified"),
        ("const other = open('b', { fsat: true });", "rejected"),
        ("const other = new Shop('b');", "verified"),
        ("shop.find('a')?.$ref.toFixed(2);", "verified"),
        ("shop.find('a')?.ref.toFixed(2);", "rejected"),
        ("untyped.anything(1);", "unverified"),
        ("[1, 2].map((each) => each.toFixed(1));", "verified"),
        ("[1, 2].map((each) => each.toFxied(1));", "rejected"),
        ("shop.on('close', () => shop.pay(1), {});", "verified"),
        ("shop.on('closed', () => shop.pay(1), {});", "rejected"),
        ("if (shop.pay(amount)) {\n    shop.find('a');\n  }", "verified"),
        ("shop.pay(", "verified"),  # unfinished
        ("nowhere(1);", "rejected"),
    ],
)
def test_verdicts(oracle: Oracle, folder: Path, completion: str, expected: str) -> None:
    assert judged(oracle, folder, completion).verdict == expected


@pytest.mark.parametrize("name", ["page.tsx", "page.js", "page.mjs", "page.jsx"])
def test_files_of_all_kinds_are_judged(oracle: Oracle, folder: Path, name: str) -> None:
    typed = name.endswith("tsx")
    text = BODY if typed else BODY.replace(": number", "").replace(": any", "")

    def verdict(completion: str) -> str:
        return judge(site_of(folder, text % "|", name), completion, oracle).verdict

    assert verdict("shop.pay(1);") == "verified"
    assert verdict("shop.pai(1);") == "rejected"
    assert verdict("shop.pay();") == "rejected"


def test_imports_are_checked(oracle: Oracle, folder: Path) -> None:
    def verdict(line: str) -> str:
        return judge(site_of(folder, "|\n"), line, oracle).verdict

    assert verdict("import { Shap } from './shop.js';") == "rejected"
    assert verdict("import left from 'left-pad-that-nobody-has';") == "rejected"
    assert verdict("import { Shop } from './shop.js';") != "rejected"


def test_members_and_parameters_are_known(oracle: Oracle, folder: Path) -> None:
    known = Known(site_of(folder, BODY % "if (amount) {\n    |\n  }"), oracle)
    members = known.members_of("shop.")
    assert members is not None and members.endings(b"") is not None
    assert all(each in members for each in (b"name", b"pay", b"find", b"on")) and b"pai" not in members
    assert known.members_of("untyped.") is None
    parameters = known.parameters_of("shop.pay")
    assert parameters is not None
    assert [(p.name, p.required, p.annotation) for p in parameters] == [
        ("amount", True, "number"),
        ("note", False, "string"),
    ]
    assert dict(known.named("shop.pay")) == {"amount": "amount"}
    assert dict(known.named("open")) == {}
    names = known.names()
    assert names is not None and b"amount" in names and b"shop" in names


@pytest.mark.parametrize(
    ("written", "piece", "accepted"),
    [
        ("shop.", "pay", True),
        ("shop.", "pai", False),
        ("shop.find('a')", "?.anything", True),  # no name
        ("found?.", "id", True),
        ("found?.", "$ref", True),
        ("found?.", "name", False),
        ("shop.pay(", ")", False),
        ("shop.pay(1, 'a'", ", 3", False),
        ("shop.pay(1, (x) =", "> x", True),
        ("items.map((each) => each.", "to", True),
    ],
)
def test_names_are_decoded_among_real_members(
    oracle: Oracle, folder: Path, written: str, piece: str, accepted: bool
) -> None:
    constraint = constraint_at(oracle, folder, "const found = shop.find('a');\n  |")
    assert constraint.accepts(written.encode(), piece.encode()) is accepted


@pytest.mark.parametrize(
    ("written", "piece", "accepted"),
    [
        ("open('b', { ", "fa", True),
        ("open('b', { ", "fs", False),
        ("open('b', {", " fast: true }", True),
        ("open('b', { fas", ":", False),
        (
            "open('b', { fast: true, ",
            "slow",
            True,
        ),  # where all are given, nothing is listed: the verdict tells
        ("open('b', { fast: true, ", "...", True),
        ("open('b', { 'key", "':", True),  # a string
        ("const plain = f({ ", "any", True),  # of no type that is known
        ("shop.on('open', () => { ", "shop", True),  # statements
        ("shop.on('open', () => {}, { ", "onc", True),
        ("shop.on('open', () => {}, { ", "one", False),
    ],
)
def test_keys_are_decoded_among_those_of_the_type(
    oracle: Oracle, folder: Path, written: str, piece: str, accepted: bool
) -> None:
    constraint = constraint_at(oracle, folder, "|")
    assert constraint.accepts(written.encode(), piece.encode()) is accepted


def test_what_else_would_be_a_key_is_known(oracle: Oracle, folder: Path) -> None:
    constraint = constraint_at(oracle, folder, "|")
    assert constraint.possible(b"open('b', { ") == [b"fast"]
    assert constraint.possible(b"open('b', { fa") == [b"st"]


BUTTON = """declare namespace JSX { interface Element {} interface ElementAttributesProperty { props: {} } }
interface Props { label: string; wide?: boolean }
function Button(props: Props): JSX.Element { return null!; }
const page = |;
"""


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ('<Button label="a" wide />', "unverified"),  # it calls nothing
        ('<Button label="a" colour="red" />', "rejected"),
        ("<Button wide />", "rejected"),  # a label is missing
        ("<Button label={1} />", "unverified"),  # of a wrong type
    ],
)
def test_attributes_of_elements_are_judged(oracle: Oracle, folder: Path, element: str, expected: str) -> None:
    assert judge(site_of(folder, BUTTON, "page.tsx"), element, oracle).verdict == expected


def test_one_compiler_judges_all_languages(folder: Path) -> None:
    opened = open_workspace_oracle(folder, {}, PATIENT)
    assert isinstance(opened, WorkspaceOracle)
    try:
        assert opened.findings(folder / "one.ts", "zz;\n") and opened.findings(folder / "two.js", "zz;\n")
        pid = opened.pid
        assert opened.findings(folder / "three.tsx", "zz;\n") and opened.pid == pid
    finally:
        opened.close()


def test_a_warm_question_is_answered_at_once(oracle: Oracle, folder: Path) -> None:
    judged(oracle, folder, "shop.pay(amount);")
    began = time.perf_counter()
    judged(oracle, folder, "shop.pay(amount, 'b');")
    assert time.perf_counter() - began < 5  # milliseconds on a machine that does nothing else
