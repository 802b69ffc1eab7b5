"""Where a completion ends."""

import pytest

from soothsay.engine.stop import StopRule
from soothsay.engine.stop import stop_rule as rule_of
from soothsay_languages.analysis import analyse
from soothsay_languages.python import LANGUAGE
from soothsay_languages.shell import LANGUAGE as SHELL


def stop_rule(text: str, offset: int) -> StopRule:
    return rule_of(analyse(text, LANGUAGE), offset)


@pytest.mark.parametrize(
    ("text", "draft", "kept"),
    [
        ("x = ", "f(1)\ny = 2", "f(1)"),
        ("x = ", "f(\n    1,\n)\ny", "f(\n    1,\n)"),
        ("x = f(", "1, 2)\n", "1, 2)"),
        ("x = f(", "1, 2))", "1, 2)"),  # the second bracket closes nothing
        ("# do it\n", "x = 1\ny = 2", "x = 1"),
        ("# do it", "\nx = 1\ny", "\nx = 1"),
        ("", "# first\nx = 1\ny", "# first\nx = 1"),
        ("x = ", "'a\\nb'\n", "'a\\nb'"),
        ("x = ", "f(1): Returns one", "f(1)"),  # as the documentation in the prompt goes on
        ("x = ", "{f(1): 2}\n", "{f(1): 2}"),
        ("if ", "f(1): return\n", "f(1): return"),
        ("def f():\n    ", "a = 1\n    return a\n\ndef", "a = 1\n    return a"),
        ("def f():\n    ", "a = 1\n    return a\nx = 2", "a = 1\n    return a"),
        ("", "for x in y:\n    print(x)\nz = 1", "for x in y:\n    print(x)"),
        ("if a:\n    b()\n    ", "c()\n    d()", "c()"),  # one statement, though inside a block
        ("", "@fixture\ndef shed(path):\n    return path\n\n", "@fixture\ndef shed(path):\n    return path"),
        (
            "",
            '@fixture(scope="module")\ndef shed(path):\n    pass\nx',
            '@fixture(scope="module")\ndef shed(path):\n    pass',
        ),
        (
            "",
            "# weigh (all)\nfor crate in f(crates):\n    pass\nx",
            "# weigh (all)\nfor crate in f(crates):\n    pass",
        ),
        ("@pack(1)\n", "class Crate(Box):\n    pass\nx", "class Crate(Box):\n    pass"),
        ("a + \\", "\n    b\nc", "\n    b"),
        ("x = ", "f(1)  # Replace with", "f(1)"),  # what is remarked on a statement is not awaited
        ("x = f(", '"#")  # a', '"#")'),
        ("# do it\n", "x = 1  # one", "x = 1"),
    ],
)
def test_cut(text: str, draft: str, kept: str) -> None:
    cut = stop_rule(text, len(text)).cut(draft)
    assert cut is not None
    assert draft[:cut] == kept


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("x = ", "f(1"),
        ("x = ", "f(1)"),
        ("def f():\n    ", "a = 1\n    b"),
        ("", "for x in y:\n"),
        ("x = ", "'''a\n"),
        ("x = f(1)", "  # one"),
        ("x = ", "f(  # one"),
        ("def f():\n    ", "a = 1  # one"),
        ("", "for x in y:  # each"),
        ("", "# one"),
    ],
)
def test_goes_on(text: str, draft: str) -> None:
    assert stop_rule(text, len(text)).cut(draft) is None


@pytest.mark.parametrize(
    ("text", "draft", "kept"),
    [
        ("for x in ", "y:\n    a()\n    b", "y:\n    a()"),
        ("for x in ", "y:\n    a(1,\n2", "y:"),  # a line that a bracket holds open has not ended
        ("for x in ", "y:\n    # why\n\n", "y:"),
        ("for x in ", "y", ""),
        ("", "# first\n", ""),
        ("def f():\n    ", "a = 1\n    return a", "a = 1"),
    ],
)
def test_the_last_whole_line(text: str, draft: str, kept: str) -> None:
    assert draft[: stop_rule(text, len(text)).late_end(draft)] == kept


@pytest.mark.parametrize(
    ("text", "draft", "kept"),
    [
        ('open("|")', 'crates.csv", "r")\n', "crates.csv"),
        ('x = ["|"]', "Cox\n", "Cox"),
        ('x = """|"""', 'Weigh.\n"""\n', "Weigh.\n"),
        ('x = """|"""', "\n    Weigh.\n\n    More.", "\n    Weigh."),
        ("# |\nx = 1", "weigh\n# and pack\n", "weigh"),
        ("# weigh|\nx = 1", "\n# a = 1\n# b = 2\n# c = 3\n", ""),
        ("# weigh|", "\na = 1\nb", "\na = 1"),
        ("|", "# one\n# two\n# three\n# four\n", "# one\n# two\n# three"),
        ("x = cra|es", "t(1)", "t"),
        ("x = |", "[" + "1, " * 20, "[" + "1, " * 11 + "1"),
        ("x = {'a': 1, |", "'b, c': f(1, 2), " * 20, ("'b, c': f(1, 2), " * 12)[:-2]),
        ("f(\n    a=|\n    b=2,\n)\n", "1,\n    c=3,\n    d=4,\n", "1,"),
        ("f(\n    a=|\n    b=2,\n)\n", "g(\n        1,\n    ),\n    c=3,\n", "g(\n        1,\n    ),"),
        ("f(\n    a=1,|\n)\n", "\n    b=2,\n)\nprint(1)\n", "\n    b=2,\n"),
        ("def f(\n    a,|\n):\n    pass\n", "\n    b,\n) -> g:\n", "\n    b,\n"),
    ],
)
def test_each_place_has_its_own_end(text: str, draft: str, kept: str) -> None:
    offset = text.index("|")
    cut = stop_rule(text.replace("|", "", 1), offset).cut(draft)
    assert cut is not None
    assert draft[:cut] == kept


def test_a_call_needs_all_of_its_arguments() -> None:
    assert stop_rule("", 0).cut("x = f(" + "1, " * 30) is None
    assert stop_rule("", 0).late_end("x = f(1, 2, 3, 4, ") == 0


@pytest.mark.parametrize(
    ("text", "draft", "kept"),
    [
        ("x = |", "[1, 2, 3, 4", "[1, 2, 3"),
        ("x = |", "[1, 2, 3", ""),
        ("|", "for x in y:\n", ""),  # alone it would break the file
        ("|", "for x in y:\n    f(x)\n", "for x in y:\n    f(x)"),
        ("|", "@fixture\n", ""),
        ('"""|"""', "Weigh the crates\nand pa", "Weigh the crates"),
    ],
)
def test_late_it_ends_where_something_is_whole(text: str, draft: str, kept: str) -> None:
    offset = text.index("|")
    rule = stop_rule(text.replace("|", "", 1), offset)
    assert draft[: rule.late_end(draft)] == kept


@pytest.mark.parametrize(
    ("draft", "kept"),
    [
        ("for f in *; do\n  echo $f\ndone\necho", "for f in *; do\n  echo $f\ndone"),
        ("if a; then\n  if b; then\n    c\n  fi\nfi\nd", "if a; then\n  if b; then\n    c\n  fi\nfi"),
        ("echo a\nfor", "echo a"),
    ],
)
def test_a_block_between_words_is_written_to_its_end(draft: str, kept: str) -> None:
    rule = rule_of(analyse("", SHELL), 0)
    assert draft[: rule.cut(draft)] == kept
