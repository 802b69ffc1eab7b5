"""What is shown in C and C++: whole statements and members, and files that parse. `|` is the cursor."""

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

BODY = "int f(A* a, B& b) {\n%s\n  return 1;\n}\n"
CLASS = "class A {\n public:\n  explicit A(int x);\n\n  |\n};\n"


def shown(marked: str, written: str, language: str = "cpp") -> str:
    """What is shown of ``written``, up to where the stop rule ends it; a file that parses does so with it."""
    at = marked.index("|")
    text = marked.replace("|", "", 1)
    site = Site(CompletionRequest(Path("/w/a.cpp"), text, at, Path("/w"), language), FakeIndex())
    cuts = (site.rule.cut(written[:size]) for size in range(1, len(written) + 1))
    cut = next((each for each in cuts if each is not None), None)
    passed, _ = finish(site, Written(written[:cut], (), 0, cut is not None))
    grammar = language_or_plain(language).tree_sitter
    assert grammar is not None
    file = text[:at] + passed.text + text[at + passed.replaced :]
    if passed.text and not tree_sitter.Parser(grammar).parse(text.encode()).root_node.has_error:
        assert not tree_sitter.Parser(grammar).parse(file.encode()).root_node.has_error
    return passed.text


@pytest.mark.parametrize("language", ["c", "cpp"])
@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        (BODY.replace("& b", "* b") % "  if (a->x |", "== 1) {\n    go(a);\n  }\n  more();\n", "== 1) {\n    go(a);\n  }"),
        (BODY.replace("& b", "* b") % "  int y = |", "b->c(1);\n  d();", "b->c(1);"),
        (BODY.replace("& b", "* b") % "  int y[] = {1, |", "2, 3};\n  c();\n", "2, 3};"),
        ("int f(void) {\n  |", "go();\n  return 1;\n}\n\nint g(void) {}", "go();\n  return 1;\n"),
        ("struct s {\n  int a;\n  |\n};\n", "char *b;\n  int c;\n", "char *b;"),
        ("/* Adds |\nint a;\n", "the numbers. */\nb", "the numbers. */"),
        (BODY.replace("& b", "* b") % "  // Adds |", "the numbers.\n  b();", "the numbers."),
        ("#include |\n", "<stdio.h>\n#include <a.h>\n", "<stdio.h>"),
    ],
)  # fmt: skip
def test_what_is_shown(language: str, text: str, written: str, expected: str) -> None:
    assert shown(text, written, language) == expected.rstrip()


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        (BODY % "  b.each([&](int x) |", "{\n    go(x);\n  });\n  c();\n", "{\n    go(x);\n  });"),
        (BODY % "  auto y = b\n      .map(c)|", "\n      .go();\n  d();", "\n      .go();"),
        (BODY % "  std::cout << a|", "->name\n            << b.c() << std::endl;\n  d();", "->name\n            << b.c() << std::endl;"),
        (BODY % "  |", "std::vector<int> v{1, 2};\n  go(v);", "std::vector<int> v{1, 2};"),
        ("|", "int g(A& a) {\n  return a.b();\n}\n\nint h", "int g(A& a) {\n  return a.b();\n}"),
        (CLASS, "int get() const {\n    return x_;\n  }\n\n  void set();", "int get() const {\n    return x_;\n  }"),
        (CLASS, "int open = 1;\n  int b;\n", "int open = 1;"),
        ("namespace n {\nint x;\n|\n}  // namespace n\n", "int y = 1;\nint z;\n", "int y = 1;"),
        ("A::A(int x)\n    : x_(x)|\n", ", y_(1) {\n  go();\n}\n\nint f", ", y_(1) {\n  go();\n}"),
    ],
)  # fmt: skip
def test_what_is_shown_in_cpp(text: str, written: str, expected: str) -> None:
    assert shown(text, written) == expected.rstrip()


@pytest.mark.parametrize("written", ["x +", ")", "})", "= ;", "go(", "if (a) {\n"])
@pytest.mark.parametrize("language", ["c", "cpp"])
def test_what_breaks_the_file_is_not_shown(language: str, written: str) -> None:
    shown(BODY.replace("& b", "* b") % "  int y = |;", written, language)
