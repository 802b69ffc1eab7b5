"""C and C++: where statements begin, what is in scope, which calls there are. `|` is the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay_languages.analysis import analyse
from soothsay_languages.base import Language
from soothsay_languages.calls import calls_of
from soothsay_languages.cpp import CPP, C
from soothsay_languages.cpp.known_values import CppValues
from soothsay_languages.cpp.oracle import ClangdSignatures
from soothsay_languages.parameters import Parameter
from soothsay_languages.registry import language_of_file
from soothsay_languages.scan import close, scan

LEXIS = CPP.lexis
PIECES = [
    *("'", '"', "//", "/*", "*/", "(", ")", "[", "]", "{", "}", ") {", "= {", "struct A {", 'R"(', ')"'),
    *("\n", "\\", "a", "1", " ", ".", "->", "::", "=", "|", "é"),
]
CODE = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)

MODULE = """#include <string>
using std::string;
namespace fs = std::filesystem;
struct Shop { int total; };
enum class Colour { Red };
using Sum = int;
template <class T> T twice(T value, int (*then)(int), const char* text = nullptr) { return value; }
static int count = 0, *other, many[3];
int Shop::pay(const Order& order, Item&&... more) {
  for (const auto& item : order.items) {
    auto [first, second] = item.parts;
    if (auto found = find(first)) { go(found); }
    auto later = [own = 1](int given) { return given; };
    |
  }
  int unseen = 1;
}
"""


def split(marked: str) -> tuple[str, int]:
    """Return the text without its mark ``|``, and the offset of that."""
    offset = marked.index("|")
    return marked[:offset] + marked[offset + 1 :], offset


def statement(marked: str, language: Language = CPP) -> str:
    """Return the statement up to the cursor."""
    text, offset = split(marked)
    return analyse(text, language).statement_before(offset).strip()


@pytest.mark.parametrize("language", [C, CPP])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int f() {\n  a();\n  b.|\n}\n", "b."),
        ("int f()\n{\n  a();\n  b->|\n}\n", "b->"),
        ("if (a) {\n  b();\n} else if (c.|\n", "if (a) {\n  b();\n} else if (c."),
        ("int x[] = {\n  1,\n  b.|\n};\n", "int x[] = {\n  1,\n  b."),
        ("struct A {\n  int x;\n  int y|\n};\n", "struct A {\n  int x;\n  int y"),
        ("switch (a) {\n  case 1: {\n    b.|\n  }\n}\n", "b."),
        ("int q =\n  a.|\n", "int q =\n  a."),
        ("out << a\n    << b.|\n", "out << a\n    << b."),
        ("#include <a.h>\nb.|\n", "b."),
        ("// one, two,\nb.|\n", "b."),
        ("/* it's (open\n{ */\nb.|\n", "b."),
        ("int n = 1'000'000;\nb.|\n", "b."),
        ('auto s = R"x(\n it\'s ( " )x";\nb.|\n', "b."),
        ("auto c = L'(';\nb.|\n", "b."),
        ("#define TWICE(a) \\\n  (a) + (a)\nb.|\n", "b."),
        ("do {\n  b.|\n} while (a);\n", "b."),
    ],
)
def test_a_statement_begins_in_its_block(language: Language, text: str, expected: str) -> None:
    assert statement(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("namespace a::b {\nint x;\nb.|\n}\n", "b."),
        ("class A {\n public:\n  void m() override {\n    b.|\n  }\n};\n", "b."),
        ("A::A(int x)\n    : x_(x),\n      y_{1} {\n  b.|\n}\n", "b."),
        ("auto f = [&](int a) {\n  a();\n  b.|\n};\n", "b."),
        ("f(std::vector<int>{1, b.|\n", "f(std::vector<int>{1, b."),
        ("return Point{\n  .x = 1,\n  .y = b.|\n};\n", "return Point{\n  .x = 1,\n  .y = b."),
        ("template <class T>\nvoid f(T t) {\n  t.|\n}\n", "t."),
        ("try {\n  b.|\n} catch (...) {}\n", "b."),
        ("auto f() -> std::vector<int> {\n  b.|\n}\n", "b."),
        ('extern "C" {\nint x;\nb.|\n}\n', "b."),
    ],
)
def test_a_statement_of_cpp_begins_in_its_block(text: str, expected: str) -> None:
    assert statement(text) == expected


def test_names_in_scope() -> None:
    text, offset = split(MODULE)
    names = analyse(text, CPP).names_before_statement(offset)
    assert names is not None
    found = {name: each.kind for name, each in names.visible().items()}
    classes = dict.fromkeys(("Shop", "Colour", "Sum", "T"), "class")
    values = dict.fromkeys(
        ("fs", "Red", "count", "other", "many", "item", "first", "second", "later", "unseen"), "value"
    )
    parameters = dict.fromkeys(("order", "more"), "parameter")
    assert found == classes | values | parameters | {"string": "import", "twice": "function"}


def test_names_in_scope_in_c() -> None:
    text, offset = split(
        "typedef struct { int a; } pair;\nstruct shop { int b; };\n#define MOST 3\nstatic int *count(void) { return 0; }\n"
        "int main(int argc, char **argv) {\n  char *name = 0, rest[2];\n  |\n  int later;\n}\n"
    )
    names = analyse(text, C).names_before_statement(offset)
    assert names is not None
    assert set(names.visible()) == {
        *("pair", "shop", "MOST", "count", "main", "argc", "argv", "name", "rest"),
    }


def test_calls() -> None:
    text = (
        "void f() {\n a.b->c(1, d...); ns::e(2); ns::in::g<int>(3); a::b::c::h(4); i<T>(5); ::j(6);"
        " x.template k<int>(7); new L(8); new ns::M(9); static_cast<int>(10); int(11); n[0].o(12); }\n"
    )
    analysis = analyse(text, CPP)
    assert analysis.parsed is not None
    found = calls_of(CPP, analysis.parsed.tree.root_node)
    assert [(*c.owner, c.name.text, c.given.positional, c.given.splat) for c in found] == [
        ("a.b", "->", b"c", 1, True),
        ("ns", "::", b"e", 1, False),
        ("ns::in", "::", b"g", 1, False),
        ("a::b::c", "::", b"h", 1, False),
        ("", "", b"i", 1, False),
        ("", "", b"j", 1, False),
        ("", "", b"L", 1, False),
        ("ns", "::", b"M", 1, False),
        ("", "", b"static_cast", 1, False),
        ("n[0]", ".", b"o", 1, False),
    ]


@pytest.mark.parametrize(
    ("code", "closed"),
    [
        ("if (a) {\n  b(", "if (a) {\n  b()}"),
        ("f({1, g(", "f({1, g()})"),
        ("f(/* a", "f(/* a*/)"),
        ("f(1'000, ", "f(1'000, )"),
        ("f(a, // it's\n", "f(a, // it's\n)"),
    ],
)
def test_close_appends_what_is_missing(code: str, closed: str) -> None:
    assert close(code, LEXIS) == closed


@given(CODE)
def test_closed_code_is_closed(code: str) -> None:
    state = scan(close(code, LEXIS), LEXIS)
    if not code.endswith(("\\", '"', "'", "/", "*")) and 'R"' not in code:  # it would change what closes it
        assert (state.quote, state.closers) == ("", "")


@given(CODE)
def test_a_statement_is_found_anew_from_its_start(code: str) -> None:
    start = analyse(code, CPP).statement_start(len(code))
    assert scan(code[start:], LEXIS).statement <= len(code) - start


def test_imports_are_whole_lines() -> None:
    text = '#include <a.h>\n  # include "b.h" // c\nusing std::string;\nusing A = int;\nint x; using d;\n'
    assert CPP.imports is not None
    assert "".join(match.group() for match in CPP.imports.finditer(text)) == "".join(
        text.splitlines(keepends=True)[:3]
    )


@pytest.mark.parametrize(
    ("name", "language"), [("a.c", C), ("a.h", CPP), ("a.hpp", CPP), ("a.cc", CPP), ("A.CPP", CPP)]
)
def test_files_are_of_a_language(name: str, language: Language) -> None:
    from pathlib import Path

    assert language_of_file(Path(name)) is language


@pytest.mark.parametrize(
    ("label", "parts", "expected"),
    [
        (
            "pay(int amount, const char *note = nullptr) -> bool",
            ["int amount", "const char *note = nullptr"],
            [("amount", True, "int", ""), ("note", False, "const char *", "nullptr")],
        ),
        ("on(void (*then)(int)) -> void", ["void (*then)(int)"], [("then", True, "void (*then)(int)", "")]),
        (
            "f(int, unsigned long, const Shop &, Shop) -> void",
            ["int", "unsigned long", "const Shop &", "Shop"],
            [
                ("parameter1", True, "int", ""),
                ("parameter2", True, "unsigned long", ""),
                ("parameter3", True, "const Shop &", ""),
                ("parameter4", True, "Shop", ""),
            ],
        ),
        ("g(value_type &&x, int many[3])", ["value_type &&x", "int many[3]"], [
            ("x", True, "value_type &&", ""), ("many", True, "int", "")]),
    ],
)  # fmt: skip
def test_parameters_of_a_signature(
    label: str, parts: list[str], expected: list[tuple[str, bool, str, str]]
) -> None:
    spans = [(label.index(part), label.index(part) + len(part)) for part in parts]
    found = ClangdSignatures().parameters(label, spans)
    assert [(p.name, p.required, p.annotation, p.default) for p in found] == expected
    assert {p.kind for p in found} == {"positional_only"}


def test_packs_and_dots_take_any_number() -> None:
    label = "emplace(A &&args, ...) -> void"
    found = ClangdSignatures().parameters(label, [(8, 16), (18, 21)])
    assert [(p.name, p.kind) for p in found] == [("args", "positional_only"), ("arguments", "var_positional")]
    (pack,) = ClangdSignatures().parameters("emplace(A &&...args)", [(8, 19)])
    assert (pack.name, pack.kind, pack.required) == ("args", "var_positional", False)
    assert ClangdSignatures().parameters("f() -> int", []) == ()
    (any_number,) = ClangdSignatures(open_if_empty=True).parameters("f() -> int", [])
    assert any_number.kind == "var_positional"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Point(const Point &)", True),
        ("Point(Point &&)", True),
        ("Point()", True),
        ("Point{Point &&}", True),
        ("Point(int)", False),
        ("point() -> Point", False),
    ],
)
def test_what_a_constructor_that_is_not_written_says_nothing_of(label: str, expected: bool) -> None:
    assert ClangdSignatures().takes_anything(label, ()) is expected


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        ("int", "0"),
        ("const std::string &", '""'),
        ("const char *", '""'),
        ("std::size_t", "0"),
        ("unsigned long", "0"),
        ("double", "0.0"),
        ("bool", "false"),
        ("Shop *", "nullptr"),
        ("const Shop &", "{}"),
        ("std::vector<int>", "{}"),
    ],
)
def test_literals_for_values_that_nobody_knows(annotation: str, text: str) -> None:
    blank = CppValues().blank(Parameter("x", "positional_only", True, annotation), '"', "", "")
    assert blank.text == text
    ((start, end, label),) = blank.spots
    assert label == "x" and 0 <= start <= end <= len(text)
