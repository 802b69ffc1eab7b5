"""What is shown in TypeScript and JavaScript: whole statements and members, and files that parse. `|` is the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest
import tree_sitter
from fakes import FakeIndex

from soothsay.engine.draft import Written
from soothsay.engine.finish import finish
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay_languages.registry import language_or_plain

BODY = "function f(a: A) {\n%s\n  return a;\n}\n"
CLASS = "class A {\n  constructor(private x: X) {}\n\n  |\n}\n"
LIST = "const El = () => {\n  return (\n    <ul>\n      {items.map((i) => |)}\n    </ul>\n  );\n};\n"


def shown(marked: str, written: str, language: str) -> str:
    """What is shown of ``written``, up to where the stop rule ends it; a file that parses does so with it."""
    at = marked.index("|")
    text = marked.replace("|", "", 1)
    site = Site(CompletionRequest(Path("/w/a.ts"), text, at, Path("/w"), language), FakeIndex())
    cuts = (site.rule.cut(written[:size]) for size in range(1, len(written) + 1))
    cut = next((each for each in cuts if each is not None), None)
    passed, _ = finish(site, Written(written[:cut], (), 0, cut is not None))
    grammar = language_or_plain(language).tree_sitter
    assert grammar is not None
    file = text[:at] + passed.text + text[at + passed.replaced :]
    if passed.text and not tree_sitter.Parser(grammar).parse(text.encode()).root_node.has_error:
        assert not tree_sitter.Parser(grammar).parse(file.encode()).root_node.has_error
    return passed.text


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        (BODY % "  if (a.x |", "=== 1) {\n    go(a);\n  }\n  more();\n", "=== 1) {\n    go(a);\n  }"),
        (BODY % "  if (a.x |)", "=== 1) {\n    go(a);\n  }\n  more();\n", "=== 1) {\n    go(a);\n  }"),
        (BODY % "  b.each((x) => |", "{\n    go(x);\n  });\n  c();\n", "{\n    go(x);\n  });"),
        (BODY % "  b.each((x) => {\n    |\n  });", "go(x);\n    go(x);\n  });\n", "go(x);\n    go(x);"),
        (BODY % "  const y = |", "b\n    .map(c)\n    .go();\n  d()", "b\n    .map(c)\n    .go();"),
        (BODY % "  const y = b\n    .map(c)|", "\n    .go();\n  d()", "\n    .go();"),
        (BODY % "  const y = {\n    a: 1,\n    |\n  };", "b: 2,\n    c,\n  };\n", "b: 2,\n    c,"),
        (BODY % "  const y = g({ a: |", "1, b: 2 });\n  c();\n", "1, b: 2 });"),
        (BODY % "  |", "return b ? c(a) : d(a);\n  go();", "return b ? c(a) : d(a);"),
        ("function f() {\n  |", "go();\n  return 1;\n}\n\nfunction g() {}", "go();\n  return 1;\n"),
        ("|", "export const g = (a: B): C => {\n  return a;\n};\n\nh", "export const g = (a: B): C => {\n  return a;\n};"),
        (CLASS, "get(a: B): C {\n    return a;\n  }\n\n  set() {}", "get(a: B): C {\n    return a;\n  }"),
        (CLASS, "open = true;\n  b = 1;\n", "open = true;"),
        ("class A {\n  m() {\n    const r = this.x.|\n  }\n}\n", "find(1);\n    return r;\n  }", "find(1);"),
        ("interface A {\n  |\n}\n", "a: string;\n  b: number;\n", "a: string;"),
        ("foo(a, (b\n\nconst z = 1;\nz.|\n", "bar(1);\nc", "bar(1);"),
        ("/** Adds |\nexport const a = 1;\n", "the numbers. */\nb", "the numbers. */"),
        (BODY % "  // Adds |", "the numbers.\n  b()", "the numbers."),
        ("import { | } from './x';\n", "b, c } from './x';\nd", "b, c"),
    ],
)  # fmt: skip
def test_what_is_shown(text: str, written: str, expected: str) -> None:
    assert shown(text, written, "typescript") == expected.rstrip()


@pytest.mark.parametrize("language", ["typescriptreact", "javascript"])
def test_elements(language: str) -> None:
    assert shown(LIST, "<li key={i.id}>{i.name}</li>)}\n", language) == "<li key={i.id}>{i.name}</li>"


def test_without_semicolons() -> None:
    text = "const a = 1\nconst b = a.|\nconst d = 1\n"
    assert shown(text, "foo()\nconst c = 2\n", "javascript") == "foo()"


@pytest.mark.parametrize("written", ["x +", ")", "})", "= ;", "go(", "if (a) {\n"])
def test_what_breaks_the_file_is_not_shown(written: str) -> None:
    shown(BODY % "  const y = |;", written, "typescript")


def test_late_a_member_or_a_statement_is_whole() -> None:
    text = CLASS.replace("|", "")
    at = CLASS.index("|")
    site = Site(CompletionRequest(Path("/w/a.ts"), text, at, Path("/w"), "typescript"), FakeIndex())
    draft = "a = 1;\n  get(b: B): C {\n    return b;\n  }\n  set(c"
    assert draft[: site.rule.late_end(draft)] == "a = 1;\n  get(b: B): C {\n    return b;\n  }"
