"""What the gate lets through: `|` is the cursor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeIndex

from soothsay.engine.draft import Written
from soothsay.engine.finish import finish
from soothsay.engine.gate import pass_gate
from soothsay.engine.nearby import Nearby
from soothsay.engine.place import place_at
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay_languages.analysis import analyse
from soothsay_languages.python import LANGUAGE as PYTHON


def shown(text: str, written: str, language: str = "python", *, complete: bool = True) -> tuple[str, int]:
    """What is shown of ``written`` at the cursor, and how much right of it is replaced."""
    at = text.index("|")
    request = CompletionRequest(Path("/w/a.py"), text.replace("|", "", 1), at, Path("/w"), language)
    passed, _ = finish(Site(request, FakeIndex()), Written(written, (), 0, complete))
    return passed.text, passed.replaced


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("def f(self):\n    return len(self.crat|es)\n", ")", ""),
        ("crates = 1\ndef f(self):\n    return len(self.cra|es)\n", "tes)", "t"),  # the rest of the word
        ("crates = 1\ndef f(self):\n    return len(self.cra|es)\n", "t", "t"),
        ("def f(self):\n    return len(self.cra|es)\n", "tes)", ""),  # who knows which word
        ("crates = 1\ndef f(self):\n    return len(self.cra|es)\n", "te_nam", ""),  # another word
        ("def f(self):\n    return len(self.crat|es)\n", "e_count)", ""),
        ("crates_of = crates\nreturn len(self.crat|es)\n", "e", ""),  # it is a word already
        ("def f(self):\n    return len(self.crat|es)\n", "es) + 1", ""),
        ("w = we|igh([])\n", "igh([1, 2])", ""),
    ],
)
def test_in_the_middle_of_a_word_only_its_rest_is_shown(text: str, written: str, expected: str) -> None:
    assert shown(text, written) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "written", "expected", "replaced"),
    [
        ("if len(crates|):\n    pass\n", ") > 1:", ") > 1:", 2),
        ("if len(crates|):\n    pass\n", ")", "", 0),
        ("x = f(|)\n", "1)", "1", 0),
        ("x = f(|)\n", "g(1)", "g(1)", 0),
        ("x = f(|)\n", "g(1))", "g(1)", 0),
        ("x = f(|, b)\n", "a", "a", 0),
        ("x = f(|, b)\n", "a, b)", "a", 0),
        ("x = f(|, b=1)\n", "a, b", "a", 0),
        ("x = [|] + y\n", "1, 2", "1, 2", 0),
        ("x = {'a': f(|), 'b': 1}\n", "2), 'b': 1}", "2", 0),
        ("x = |g(1)\n", "f(g(1))", "f(g(1))", 4),
        ("x = |g(1)\n", "f(2)", "", 0),
        ("x = a|  # why\n", " + b", " + b", 0),
        ("x = a|  # why\n", ".b()  # why", ".b()", 0),
        ("x = f(|)  # why\n", "[1, 2]", "[1, 2]", 0),
        ("os.unlink|(path)\n", "(path)", "", 0),
        ("os.unlink|(path)\n", "(path, dir_fd=1)", "(path, dir_fd=1)", 6),
        ("x = environ.get|('A')\n", "(key, None)", "", 0),
        ("x = environ|.get('A', 1)\n", ".get('A', 1)", "", 0),
        ("return a|, b\n", ", b", "", 0),
        ("return a|, b\n", ", c, b", ", c", 0),
        ("f(|'a', b)\n", "'a', b)", "", 0),
        ("f(|*args, **others)\n", "*args, **others)", "", 0),
        ("x = |(a, b)\n", "(a, b)", "", 0),
        ("x = f(a)|\n", "(a)", "", 0),
        ("x = a.f(b)|\n", ".f(b)", "", 0),
        ("x = a.f(b)|\n", ".g(b)", ".g(b)", 0),
        ("x = [(1, 2), (1, 2)|\n]\n", ", (1, 2)", ", (1, 2)", 0),
    ],
)
def test_the_rest_of_the_line_is_said_once(text: str, written: str, expected: str, replaced: int) -> None:
    assert shown(text, written) == (expected, replaced)


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ('PRICES = {"Cox": 3,|\n}\n', ' "Gala": 4}', ' "Gala": 4'),
        ('PRICES = {"Cox": 3,|\n}\n', ' "Gala": 4', ' "Gala": 4'),
        ('PRICES = {\n    "Cox": 3,\n    |\n}\n', '"Gala": 4,', '"Gala": 4,'),
        ("x = f(\n    a,\n    |\n)\ny = 2\n", "g(b", "g(b)"),
        ("x = [\n    1,|\n]\n", " 2]", " 2"),
        ("x = f(|\n", "a, b", "a, b)"),
        ("x = f(|\ny = 2\n", "a, b", "a, b)"),
    ],
)
def test_a_bracket_that_is_closed_below_is_not_closed_again(text: str, written: str, expected: str) -> None:
    assert shown(text, written) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("response = client.|\n", 'pause_recording TrailName="x"', ""),
        ("x = |\n", "f(a, b=", "f(a)"),
        ("x = |\n", "f(a, ", "f(a)"),
        ("x = |\n", 'f(a, "b', "f(a)"),
        ("x = |\n", "{'a': 1, 'b': 2, 'c", "{'a': 1, 'b': 2}"),
        ("x = |\n", "a +", ""),
        ("|\n", "a = f(1)\nb = f(", "a = f(1)"),
        ("x = |\n", "f(a, b", "f(a, b)"),
        ("|\n", "    a = 1", ""),  # indented by nothing
        ("if a:\n    b = 1\n    |\n", "c = 1\n      d = 2", "c = 1"),
        ("|\n", "f(a=1, 2)", "f(a=1)"),
    ],
)
def test_what_does_not_parse_is_cut_where_an_argument_or_a_statement_ends(
    text: str, written: str, expected: str
) -> None:
    assert shown(text, written) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("x = |\n", "f(alpha, bet", "f(alpha)"),
        ("x = |\n", "f(alpha, beta=g(1, 2", "f(alpha, beta=g(1))"),
        ("x = |\n", "f(bet", ""),
        ("x = |\n", "alpha + bet", ""),
        ("x = |\n", "'alpha", ""),
        ("|\n", "a = 1\nb = alp", "a = 1"),
        ("# |\n", "Weigh the crates. Then pa", "Weigh the crates."),
    ],
)
def test_what_a_limit_has_cut_loses_its_half_written_end(text: str, written: str, expected: str) -> None:
    assert shown(text, written, complete=False) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ('with open("|") as f:\n    pass\n', 'crates.csv", "r") as f:\n    for line in f:', "crates.csv"),
        ('import os\nx = os.environ["|"]\n', 'HOME"]\n\ndef f():\n    pass', "HOME"),
        ('x = "|"\n', "a\nb", "a"),
        ('x = f("|.csv")\n', 'crates.csv")', "crates"),
        ('def f():\n    """|"""\n    return 1\n', '"Weigh the crates."""', "Weigh the crates."),
        ('def f():\n    """|\n', '"Weigh the crates."""', 'Weigh the crates."""'),
        ('def f():\n    """|"""\n', '"""', ""),
        ('def f():\n    """|\n    """\n    return 1\n', 'Weigh.\n    """\n    return 2', "Weigh."),
        ("x = '|'\n", "it\\'s'", "it\\'s"),
        ('x = f"{|}"\n', "name}", "name"),
        ('x = f"{|}"\n', "name", "name"),
        ('x = "|', 'a"', 'a"'),  # still open: as code
        ("# |\nx = 1\n", "first\n# second\n# third", "first"),
        ("x = 1  # |\n", ")", ""),
    ],
)
def test_a_string_is_not_left_and_a_comment_is_one_line(text: str, written: str, expected: str) -> None:
    assert shown(text, written) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("for x in |\n", "y:", "y:"),  # under way already
        ("|\n", "for x in y:", ""),  # would break a file that parses
        ("|\n", "for x in y:\n    f(x)", "for x in y:\n    f(x)"),
        (
            "def f():\n    try:\n        a()\n    |\n",
            "except ValueError:\n        pass",
            "except ValueError:\n        pass",
        ),
        ("def f(|):\n    return a\n", "a, b", "a, b"),
        ("if a:\n    b()\nel|:\n    c()\n", "se", "se"),
    ],
)
def test_headers(text: str, written: str, expected: str) -> None:
    assert shown(text, written) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("config = dict(\n\ndef f():\n    x = |\n    return x\n", "f(1", "f(1)"),
        ("y = = 1\n\nx = |\n", "f(1", "f(1)"),
        ("y = = 1\n\nx = |\n", "f(1) g(2)", ""),
    ],
)
def test_where_the_file_is_broken_elsewhere_the_statement_counts(
    text: str, written: str, expected: str
) -> None:
    assert shown(text, written)[0] == expected


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        # the rest of its block, of another depth, is broken further down
        ("def f|():\n    a = 1\n    b = (\n    return a\n", "():\n  a = 1\n  return a", ""),
        ("def f|():\n    def g():\n        a()\n    b = (\n", "():\n  c()", ""),
        # the header above needs a block, and a dedented block needs one of its depth
        ("def f(a):\n    def g(b):\n    |    # why\n        c()\n        d = = 1\n", "e", ""),
        ("class A:\n    a = 1\n|\n\nclass B:\n    c = = 1\n", "        b = 2", ""),
        ("class A:\n    a = 1\n    def f(self,[\n        a):\n        b()\n|\n", "except E:\n    pass", ""),
        # a header below the decorator has no block of its own
        ("@mark(|)\ndef f():\n    a()\n    b = = 1\n", "1)\ndef f():", ""),
        # a string above that was left open: what is here is code all the same
        (
            '    """\n    if a ==| "b":\ndef f():\n    """\n    """',
            " 'b':\n        raise C(a)",
            "",
        ),
    ],
)
def test_where_the_file_is_broken_elsewhere_the_lines_around_count(
    text: str, written: str, expected: str
) -> None:
    assert shown(text, written)[0] == expected


@pytest.mark.parametrize(
    ("text", "written", "expected", "language"),
    [
        ("a:\n  b:\n    c: d\n|  e: f\ng: [\n", "some words", "", "yaml"),
        ("a:\n  b: c\n  |\nf: [\n", "d: e", "d: e", "yaml"),
        ("cat <<END\nit's\nEND\na |\nb\nif\n", "--c", "--c", "shellscript"),
        ("if [[ ${#a[@]|} -gt 0 ]]; then\n  b\nfi\nif\n", "with (a):", "", "shellscript"),
    ],
)
def test_where_the_file_is_broken_elsewhere_in_other_languages(
    text: str, written: str, expected: str, language: str
) -> None:
    assert shown(text, written, language)[0] == expected


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ('def f():\n    a = g("""|\\\nb\nc\n""")\n\nd = = 1\n', "]", ""),
        ('def f():\n    a = g("""\n|b\nc\n""")\n\nd = = 1\n', 'b\nc\n      """)', ""),
        ('a = |"""b\nc\n"""\n\nd = = 1\n', "f(", ""),
        ("a = [|\n[1, 2],\n[3, 4],\n]\n\nd = = 1\n", "\n[1, 2]]", "\n[1, 2]"),
    ],
)
def test_a_statement_goes_on_in_lines_that_are_not_indented(text: str, written: str, expected: str) -> None:
    assert shown(text, written)[0] == expected


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        # a block below that would be left without its header, or with another depth
        ("y = = 1\n\nfor a in b:|\n    f(a)\n", "lambda x: x", ""),
        ("y = = 1\n\n|class A:\n    b = 1\n", "class A:\n  b = 1", ""),
        ("y = = 1\n\nfor a in |:\n    f(a)\n", "g(b", "g(b)"),
        (
            "def f():\n    |match a:\n        case 1:\n            g()\n",
            "match a:\n      case 2:\n        h()",
            "",
        ),
        # clauses of the same statement below
        ("def f():\n    |if a: b()\n    elif c: d()\n", "if a: b()\n    else: d()", ""),
        ("def f():\n    |if a: b()\n    elif c: d()\n", "g()", ""),
        # dedented above the block that the cursor is in
        (
            "class A:\n    def f(self):\n        a()\n        |\n        b()\n\n    def g(self): ...\n",
            "c()\nif d:",
            "c()",
        ),
        (
            "class A:\n    def f(self):\n        a()\n        |\n\n    def g(self): ...\n",
            "b()\n\ndef h(): ...",
            "b()",
        ),
        (
            'def f():\n |       """Weigh\n        all.\n        """\n        g()\n',
            '\n           """Weigh\n        all.\n        """',
            "",
        ),
    ],
)
def test_the_block_around_stays_whole(text: str, written: str, expected: str) -> None:
    assert shown(text, written)[0] == expected


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("# |\nx = 1\n", "all crates\rx = 2", "all crates"),
        ("x = |\n", "f(1)\r\n", "f(1)"),
        ("# |\n", "all\x00 crates", "all"),
    ],
)
def test_other_line_ends_and_control_characters_are_not_shown(text: str, written: str, expected: str) -> None:
    assert shown(text, written) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "written", "expected", "language"),
    [
        ("a: [1, |]\nb: 2\n", "2, 3]", "2, 3", "yaml"),
        ("a: |\nb: 2\n", "[1, 2", "[1, 2]", "yaml"),
        ("a: |\nb: 2\n", "'x", "", "yaml"),
        ('echo "|"\n', 'packed $1"\nrm -rf /', "packed $1", "shellscript"),
        ("x=|\necho done\n", "$(cat f", "$(cat f)", "shellscript"),
        ("|\necho done\n", "for f in *; do", "", "shellscript"),
    ],
)
def test_other_languages(text: str, written: str, expected: str, language: str) -> None:
    assert shown(text, written, language)[0] == expected


METHODS = "".join(f"    def lift_{n}(self, tons):\n        return [tons] * {n}\n\n" for n in range(300))


@pytest.mark.parametrize(
    ("head", "written", "expected"),
    [
        ("class Crane(|):\n", "Machine, slow=True", "Machine, slow=True"),
        ("class Crane(|):\n", "Machine slow", ""),
        ("class Crane|:\n", "(Machine)", "(Machine)"),
        ("@|\nclass Crane:\n", "final", "final"),
        ("@dataclass(|)\nclass Crane:\n", "frozen=True", "frozen=True"),
        ("@|\n@final\nclass Crane:\n", "other", "other"),
        ("|\nclass Crane:\n", "@final", "@final"),
        ("|\nclass Crane:\n", "x = 1", "x = 1"),
        ("|\nclass Crane:\n", "x x", ""),
        ("class Crane:\n    |\n", "tons = 1", "tons = 1"),
        ("class Crane:\n    |\n", "def lift(self):\n        pass", "def lift(self):\n        pass"),
        ("class Crane:\n    |\n", "tons tons", ""),
    ],
)
def test_of_a_large_class_only_what_is_near_is_read(head: str, written: str, expected: str) -> None:
    text = f"import os\n\n{head}{METHODS}"
    at, read = text.index("|"), list[int]()
    whole = PYTHON.whole
    assert whole is not None

    def recorded(code: str) -> bool:
        read.append(len(code))
        return whole()(code)

    analysis = analyse(text.replace("|", "", 1), replace(PYTHON, whole=lambda: recorded))
    passed = pass_gate(Nearby(analysis, at, place_at(analysis, at)), written)
    assert (passed.text, max(read) < 1000) == (expected, True)


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("x = |\n", "f(1))", "f(1)"),
        ("config = dict(\n\n\ndef g():\n    x = |\n", "f(1))", "f(1)"),
        ("config = [\n\n\ndef g():\n    return |\n", "a[1]]", "a[1]"),
        ("x = |\n", "f(1))\ny = 2", "f(1)"),
        ("x = |\n", ")", ""),
    ],
)
def test_a_bracket_that_closes_nothing_is_left_out(text: str, written: str, expected: str) -> None:
    assert shown(text, written) == (expected, 0)


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize(
    "stray", ['"""\n', "'''\n", 'NOTE = """\n', "pack('''\n", '"""Half of a docstring.\n']
)
@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("CRATES = [\n    'a',|\n    'b',\n]\n", " value) > 1", ""),
        ("CRATES = [\n    'a',|\n    'b',\n]\n", " 'c',", " 'c',"),
        ("CRATES = [\n    'a',\n    |\n]\n", "\ndef pack(crate):\n    if crate.full:", ""),
        ("x = f(|\n", "a, b", "a, b)"),
        ("def f():\n    return |\n", "weigh(1", "weigh(1)"),
        ("def f():\n    return |\n", "weigh 1", ""),
        ('def f():\n    """|"""\n', "Weigh it.", "Weigh it."),
    ],
)
def test_what_stands_at_a_place_is_not_told_by_a_string_left_open_elsewhere(
    text: str, written: str, expected: str, stray: str, above: bool
) -> None:
    code = "def lift(tons):\n    return tons * 2\n\n\nclass Crane:\n    slow = True\n"
    whole = f"{code}\n{stray}{code}\n{text}" if above else f"{text}\n{code}\n{stray}{code}"
    assert shown(whole, written)[0] == expected


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("f() {\n  a\n  |\n}\n", "b }", "b }"),
        ("f() {\n  a\n  |\n}\n", "}\nb", ""),
        ("if a; then\n  |\nfi\n", "b\nfi\nfi", "b"),
        ("for a in b; do\n  |\ndone\n", "c; done", ""),
        ("|\n", "if a; then\nfi", ""),
        ("|\n", "f() {\n}", ""),
        ("|\n", "while a; do\ndone", ""),
        (
            "|\n",
            "if a; then\n  b\nelif c; then\n  d\nelse\n  e\nfi",
            "if a; then\n  b\nelif c; then\n  d\nelse\n  e\nfi",
        ),
        ("|\n", "echo fi done }", "echo fi done }"),
        # strings hold code, and that holds strings
        ('a="$(b "c d")|"\necho e\n', "/f", "/f"),
        ('a="${b:-"c\'d"}"\n|\necho \'e\'\n', "echo 'f'", "echo 'f'"),
        ("a=$(b \"$(c 'd|\n", "e", "e')\")"),
        ('a="b\n', "", ""),
        ('|a="b\nc"\nif\n', 'a="b', ""),
    ],
)
def test_blocks_and_strings_of_a_shell(text: str, written: str, expected: str) -> None:
    assert shown(text if "|" in text else f"{text}|", written, "shellscript")[0] == expected


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        # several lines below what opened it: it may be code below a string that was left open
        ('if a:\n    b()\nx = """\nelif c: d()\nelif e: |\n', "f()\nelif g", ""),
        ('def f():\n    """Weigh |', "the crates.", 'the crates."""'),
        ('def f():\n    """Weigh\n    |', 'the crates.\n    """', 'the crates.\n    """'),
    ],
)
def test_a_string_is_closed_on_the_line_that_opens_it(text: str, written: str, expected: str) -> None:
    assert shown(text, written)[0] == expected


def test_a_broken_document_gets_no_further_errors() -> None:
    rows = "".join(f"  - b: {number}\n    c: |\n      text\n" for number in range(20))
    text = f"a:\n{rows}  - b: 1\n    c: @\n      text\n{rows}d: {{\n".replace("|", ">").replace("@", "|")
    written = "\n\ndef pack(crate):\n    if crate.full:\n        return None"
    assert shown(text, written, "yaml")[0] == ""


@pytest.mark.parametrize(
    ("text", "written", "expected", "replaced"),
    [
        ("pack(|a)\nload()\n", "b, a)\nload()", "b, a)", 2),
        ("pack(|a)\nload()\ny = = 1\n", "b, a)\nload()", "b, a)", 2),
        ("pack(|a,\n     c)\n", "b, a,", "b, ", 0),
    ],
)
def test_no_more_than_the_statement_is_said_anew(
    text: str, written: str, expected: str, replaced: int
) -> None:
    assert shown(text, written) == (expected, replaced)


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("a: it's # |\nb: c\n", "why\nd: e", "why"),
        ("a: 'it''s'  # |\nb: c\n", "why\nd: e", "why"),
        ("a: b  # it's |\nb: c\n", "why\nd: e", "why"),
        ("a: [b, # |\n  c]\n", "why\n d", "why"),
        ('a: "b # |"\n', 'c"\nd: e', "c"),
        ("a: >\n  # |\n  x\n", "text\nd: e", "text"),
    ],
)
def test_a_comment_of_yaml_is_one_line(text: str, written: str, expected: str) -> None:
    assert shown(text, written, "yaml")[0] == expected
