"""TypeScript and JavaScript with the real compiler as judge: verdicts, names among members, calls filled in. No model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from marked_site import site_of
from soothsay.engine.constrain import CallConstraint
from soothsay.engine.known import Known
from soothsay.engine.verify import Judgement, judge
from soothsay.oracle.combined import WorkspaceOracle
from soothsay.oracle.installed import command_of
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.opening import open_workspace_oracle
from soothsay.oracle.types import Oracle
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
VIEWS = """export interface Props { label: string; wide?: boolean; onPress?: () => void; "aria-label"?: string; style?: { width?: number } }
export function Button(props: Props): JSX.Element { return null!; }
export const Menu = { Item(props: { to: string }): JSX.Element { return null!; } };
export function Open(props: { id: string; [key: string]: unknown }): JSX.Element { return null!; }
export function Plain(props: any): JSX.Element { return null!; }
"""
ELEMENTS = """declare namespace JSX {
  interface Element {}
  interface ElementAttributesProperty { props: {} }
  interface IntrinsicAttributes { key?: string }
  interface IntrinsicElements { a: { href?: string }; p: {} }
}
"""
HEAD = 'import { Shop, open } from "./shop.js";\n\nconst shop = open("a");\n'
BODY = HEAD + "export function work(amount: number, untyped: any) {\n  %s\n}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in (("shop.ts", SHOP), ("views.tsx", VIEWS), ("elements.d.ts", ELEMENTS)):
        (folder / name).write_text(text, encoding="utf-8")
    options = '{"strict": true, "module": "nodenext", "target": "es2022", "noEmit": true, "jsx": "preserve"}'
    (folder / "tsconfig.json").write_text(f'{{"compilerOptions": {options}}}', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[Oracle]:
    opened = open_workspace_oracle(folder, {}, PATIENT)
    yield opened
    opened.close()


def constraint_at(oracle: Oracle, folder: Path, body: str) -> CallConstraint:
    """Return the constraint at the cursor ``|`` of a function's body."""
    site = site_of(folder, BODY % body, "page.ts")
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
        ("shop.pay(amount) = 1;", "rejected"),  # nothing is assigned to what a call returns
        ("Math.max(1, amount)++;", "rejected"),
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
        return judge(site_of(folder, "|\n", "page.ts"), line, oracle).verdict

    assert verdict("import { Shap } from './shop.js';") == "rejected"
    assert verdict("import left from 'left-pad-that-nobody-has';") == "rejected"
    assert verdict("import { Shop } from './shop.js';") != "rejected"


def test_members_and_parameters_are_known(oracle: Oracle, folder: Path) -> None:
    known = Known(site_of(folder, BODY % "if (amount) {\n    |\n  }", "page.ts"), oracle)
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


def test_a_property_that_is_written_in_quotes_is_no_member(oracle: Oracle, folder: Path) -> None:
    text = "const sizes = { 'on-sale': 1, full: 2 };\nsizes."
    members = oracle.members(folder / "page.ts", text, len(text))
    assert members is not None and [each.name for each in members] == ["full"]


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


BUTTON = """interface Props { label: string; wide?: boolean; at?: { x: number } }
interface Size { width: number; height: number }
function Button(props: Props): JSX.Element { return null!; }
function Box(props: Size): JSX.Element { return null!; }
const page = |;
"""


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ('<Button label="a" wide />', "unverified"),  # it calls nothing
        ('<Button label="a" colour="red" />', "rejected"),
        ("<Button wide />", "rejected"),  # a label is missing
        ("<Box />", "rejected"),  # two are
        ("<Button label={1} />", "unverified"),  # of a wrong type
        ("<Button label='a' at='b' />", "unverified"),
    ],
)
def test_attributes_of_elements_are_judged(oracle: Oracle, folder: Path, element: str, expected: str) -> None:
    assert judge(site_of(folder, BUTTON, "page.tsx"), element, oracle).verdict == expected


PAGE = """import { Button, Menu, Open, Plain } from "./views.js";

export function Page() {
  const all = { wide: true };
  return (
    <p>
      %s
    </p>
  );
}
function Below(_: { depth?: number }): JSX.Element { return <p />; }
const label = 3, wide = 4;
"""


def element_constraint(oracle: Oracle, folder: Path, body: str, name: str = "page.tsx") -> CallConstraint:
    """Return the constraint at the cursor ``|`` of an element's content."""
    page = PAGE if name.endswith("tsx") else PAGE.partition("function Below")[0]
    site = site_of(folder, page % body, name)
    known = Known(site, oracle)
    return CallConstraint(
        site.rule.before, site.language, known.members_of, known.parameters_of, keys_of=known.keys_of
    )


@pytest.mark.parametrize(
    ("written", "piece", "accepted"),
    [
        ("<Button ", "la", True),
        ("<Button ", "colour", False),
        ("<Button", " colour", False),
        ("<Button\n  ", "on", True),
        ("<Button onP", "ress", True),
        ("<Button onP", "ush", False),
        ("<Button onP", "={", False),  # ended
        ("<Button onPress", "={() => ", True),
        ("<Button wid", " ", False),
        ("<Button wide", " />", True),
        ("<Button wid", "/>", False),
        ("<Button label='a'\n  ", "lab", False),  # given
        ("<Button label={1 > 2} ", "la", False),
        ("<Button label={", "anything", True),
        ("<Button {...all} ", "lab", True),
        ("<Button {...all} ", "col", False),
        ("<Button ", "{...", True),
        ("<Button ", "/>", True),
        ("<Button ", "key", True),
        ("<Button ", "aria", True),
        ("<Button aria", "-label", True),
        ("<Button aria", "-labl", False),
        ("<Button ", "da", True),
        ("<Button data", "-what", True),
        ("<Button data", "=", False),
        ("<Button label='colour ", "of", True),  # a string
        ("<Button label='a'>", "colour ", True),  # text
        ("<Button label='a' /> <Button ", "col", False),
        ("<Button label='a'><Menu.Item ", "to", True),
        ("<Button label='a'><Menu.Item ", "la", False),
        ("<Menu.", "It", True),
        ("<Menu.", "En", False),
        ("<a ", "hr", True),
        ("<a ", "on", False),
        ("<Below ", "de", True),  # declared below
        ("<Below ", "wi", False),
        ("<Open ", "anything", True),
        ("<Plain ", "anything", True),
        ("<Nowhere ", "anything", True),
        ("<Button style={{ ", "wi", True),
        ("<Button style={{ ", "hei", False),
        ("{[1].map((each) => <Button ", "col", False),
        ("{[1].map((each) => (\n  <Button ", "lab", True),
    ],
)
def test_attributes_are_decoded_among_those_of_the_element(
    oracle: Oracle, folder: Path, written: str, piece: str, accepted: bool
) -> None:
    constraint = element_constraint(oracle, folder, "|")
    assert constraint.accepts(written.encode(), piece.encode()) is accepted


def test_attributes_are_decoded_in_javascript(oracle: Oracle, folder: Path) -> None:
    for name in ("page.jsx", "page.js"):
        constraint = element_constraint(oracle, folder, "<Button |", name)
        assert constraint.accepts(b"", b"on") and not constraint.accepts(b"", b"colour")


def test_what_else_would_be_an_attribute_is_known(oracle: Oracle, folder: Path) -> None:
    def possible(body: str) -> set[bytes]:
        return {*element_constraint(oracle, folder, body).possible(b"")}

    assert possible("<Button label='a' |") == {b"wide", b"onPress", b"aria-label", b"style", b"key"}
    assert possible("<Button label='a' ar|") == {b"ia-label"}
    assert possible("<Button style={{ |") == {b"width"}
    # nor are those offered that stand behind the cursor
    assert possible("<Button |wide label='a' />") == {b"onPress", b"aria-label", b"style", b"key"}
    assert possible("<Button\n        |\n        wide\n        label='a'\n      />") == {
        *(b"onPress", b"aria-label", b"style", b"key")
    }


@pytest.mark.parametrize(
    ("type_", "written", "piece", "accepted"),
    [
        ("{ fast?: boolean; [key: string]: unknown }", "run({ ", "any", True),  # takes any
        ("Partial<{ fast: boolean }>", "run({ ", "any", False),
        ("{ fast?: boolean; slow?: boolean }", "run({ fast: 'a', ", "any", False),  # of a wrong type
        ("{ fast?: boolean }, more: number", "run({ ", "any", False),  # a call that lacks an argument
        ("{ fast?: boolean; 'a-b'?: 1 }", "run({ 'a", "-b", True),
    ],
)
def test_keys_are_only_decoded_where_the_type_takes_no_others(
    oracle: Oracle, folder: Path, type_: str, written: str, piece: str, accepted: bool
) -> None:
    site = site_of(folder, f"declare function run(options: {type_}): void;\n|\n", "page.ts")
    known = Known(site, oracle)
    constraint = CallConstraint(
        site.rule.before, site.language, known.members_of, known.parameters_of, keys_of=known.keys_of
    )
    assert constraint.accepts(written.encode(), piece.encode()) is accepted


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
