"""TypeScript and JavaScript: where statements begin, what is in scope, which calls there are. `|` is the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay_languages.analysis import analyse
from soothsay_languages.base import Language
from soothsay_languages.calls import calls_of
from soothsay_languages.scan import close, scan
from soothsay_languages.syntax import text_of
from soothsay_languages.typescript import JAVASCRIPT, TSX, TYPESCRIPT

LEXIS = TYPESCRIPT.lexis
PIECES = [
    *("`", '"', "'", "//", "/*", "*/", "(", ")", "[", "]", "{", "}", "=> {", ") {", "= {", "class A {"),
    *("\n", "\\", "a", " ", ".", "=", "|", "é"),
]
CODE = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)

MODULE = """import fs, { readFile as read, type Stats } from "node:fs";
import * as path from "node:path";
export class Shop extends Base {
  private open = true;
  constructor(readonly name: string) { super(); }
  pay(order: Order, { amount, tax: rest = 0 }: Sum, ...more: Item[]): void {
    for (const item of more) {
      const [first, , ...others] = item.parts;
      try { item.go(); } catch (error) { log(error); }
      |
    }
    const later = 1;
  }
}
interface Sum { amount: number }
enum Colour { Red }
type Maybe = Sum | undefined;
const local = (a: number, b?: string) => a;
function helper(secret = 1) {}
"""


def split(marked: str) -> tuple[str, int]:
    """Return the text without its mark ``|``, and the offset of that."""
    offset = marked.index("|")
    return marked[:offset] + marked[offset + 1 :], offset


def statement(marked: str, language: Language = TYPESCRIPT) -> str:
    """Return the statement up to the cursor."""
    text, offset = split(marked)
    return analyse(text, language).statement_before(offset).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("function f() {\n  a();\n  b.|\n}\n", "b."),
        ("function f() { a(); b.|\n}\n", "a(); b."),
        ("app.get('/', async (req, res) => {\n  const u = await db.|\n});\n", "const u = await db."),
        ("app.get('/', () => {\n  a();\n}, |\n", "app.get('/', () => {\n  a();\n},"),
        ("if (a) {\n  b();\n} else if (c.|\n", "if (a) {\n  b();\n} else if (c."),
        ("const x = {\n  a: 1,\n  b: y.|\n};\n", "const x = {\n  a: 1,\n  b: y."),
        ("f({\n  a: () => {\n    go();\n    b.|\n  },\n});\n", "b."),
        ("class A {\n  x = 1;\n\n  m(): Promise<void> {\n    a();\n    b.|\n  }\n}\n", "b."),
        ("class A {\n  x = y.|\n}\n", "class A {\n  x = y."),
        ("switch (a) {\n  case 1: {\n    b.|\n  }\n}\n", "b."),
        ("const q = items\n  .map((x) => x.y)\n  .|\n", "const q = items\n  .map((x) => x.y)\n  ."),
        ("const q =\n  a.|\n", "const q =\n  a."),
        ("const q = a\nb.|\n", "b."),
        ("// one, two,\nb.|\n", "b."),
        ("i++\nb.|\n", "b."),
        ("/* it's (open\n{ */\nb.|\n", "b."),
        ("const s = `${a\n} it's (`;\nb.|\n", "b."),
        ("type A = {\n  a: string;\n  b: |\n};\n", "type A = {\n  a: string;\n  b:"),
        ("function f(): { a: number } {\n  b.|\n}\n", "b."),
        ("function f(a: { b: number }) {\n  b.|\n}\n", "b."),
        ("return {\n  a: b.|\n};\n", "return {\n  a: b."),
    ],
)
def test_a_statement_begins_in_its_block(text: str, expected: str) -> None:
    assert statement(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo(a, (b\n\nconst z = 1;\nz.|\n", "z."),
        ("function f() {\n  foo(a,\n}\nfunction g() {\n  b.|\n}\n", "b."),
        ("function f() {\n  foo(a,\n}\nb.|\n", "b."),
        ("const s = `open;\n\nconst a = 1;\nfunction f() {\n  return a;\n}\nb.|\n", "b."),
    ],
)
def test_what_was_left_open_above_stays_above(text: str, expected: str) -> None:
    assert statement(text) == expected


def test_elements_are_part_of_their_statement() -> None:
    text = "const El = () => {\n  return (\n    <ul className={a}>\n      {items.map((i) => i.|)}\n    </ul>\n  );\n};\n"
    for language in (TSX, JAVASCRIPT):
        assert statement(text, language).endswith("{items.map((i) => i.")
        assert analyse(text.replace("i.|", "i.a"), language).parsed is not None


def test_an_object_is_part_of_its_element() -> None:
    for value in ("{{ width: w.|", "{ { width: w.|", "{{\n    width: w.|"):
        assert statement(f"return (\n  <p style={value}", TSX).startswith("return (")
    assert statement("const f = () => { { w.|", TSX) == "w."


def test_names_in_scope() -> None:
    text, offset = split(MODULE)
    names = analyse(text, TYPESCRIPT).names_before_statement(offset)
    assert names is not None
    found = {name: each.kind for name, each in names.visible().items()}
    imported = dict.fromkeys(("fs", "read", "Stats", "path"), "import")
    parameters = {"order": "parameter"}
    values = dict.fromkeys(("amount", "rest", "more", "item", "first", "others", "later", "local"), "value")
    classes = dict.fromkeys(("Shop", "Sum", "Colour", "Maybe"), "class")
    assert found == imported | parameters | values | classes | {"helper": "function"}


def test_names_of_a_function_are_its_own() -> None:
    text, offset = split("function f(a, { b }, [c], d = 1) {\n  const e = (g) => g;\n}\nlet h;\n|\n")
    names = analyse(text, JAVASCRIPT).names_before_statement(offset)
    assert names is not None and set(names.visible()) == {"f", "h"}
    text, offset = split("function f(a, { b }, [c], d = 1) {\n  const e = (g) => |g;\n}\n")
    fragment = analyse(text, JAVASCRIPT).fragment(offset, "g")
    assert fragment.names_at_end is not None
    assert set(fragment.names_at_end.visible()) == {"f", "a", "b", "c", "d", "e", "g"}


def test_a_function_that_is_being_written_is_in_scope() -> None:
    text = "const a = 1;\nfunction f(b) {\n  const c = () => (d) => "
    fragment = analyse(text, TSX).fragment(len(text), "_")
    assert fragment.names_at_end is not None
    assert set(fragment.names_at_end.visible()) == {"a", "f", "b", "c", "d"}


def test_calls() -> None:
    text = "a.b?.c(1, ...d);\nnew e.F(x => x);\ng<T>(h);\nsuper(1);\nimport('x');\n`${i(1)}`;\n"
    analysis = analyse(text, TYPESCRIPT)
    assert analysis.parsed is not None
    found = calls_of(TYPESCRIPT, analysis.parsed.tree.root_node)
    assert [(text_of(c.receiver), text_of(c.name), c.given.positional, c.given.splat) for c in found] == [
        ("a.b", "c", 1, True),
        ("e", "F", 1, False),
        ("", "g", 1, False),
        ("", "i", 1, False),
    ]


@pytest.mark.parametrize(
    ("code", "closed"),
    [
        ("if (a) {\n  b(", "if (a) {\n  b()}"),
        ("f({ a: `x", "f({ a: `x`})"),
        ("f(/* a", "f(/* a*/)"),
        ("f(a, // it's\n", "f(a, // it's\n)"),
    ],
)
def test_close_appends_what_is_missing(code: str, closed: str) -> None:
    assert close(code, LEXIS) == closed


@given(CODE)
def test_closed_code_is_closed(code: str) -> None:
    state = scan(close(code, LEXIS), LEXIS)
    if not code.endswith(("\\", "`", '"', "'", "/", "*")):  # it would change what closes it
        assert (state.quote, state.closers) == ("", "")


@given(CODE)
def test_a_statement_is_found_anew_from_its_start(code: str) -> None:
    start = analyse(code, TYPESCRIPT).statement_start(len(code))
    assert scan(code[start:], LEXIS).statement <= len(code) - start


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('import a, {\n  b,\n} from "./x";\nconst c = 1;\n', 'import a, {\n  b,\n} from "./x";\n'),
        ("const { a } = require('b');\n", "const { a } = require('b');\n"),
        ("export { a } from './b';\n", "export { a } from './b';\n"),
        ("export const a = 'b';\nexport function f(a = 'b') {}\n", ""),
        ("import './styles.css';\n", "import './styles.css';\n"),
    ],
)
def test_imports_are_whole_lines(text: str, found: str) -> None:
    assert TYPESCRIPT.imports is not None
    assert "".join(match.group() for match in TYPESCRIPT.imports.finditer(text)) == found
