"""The anchored layout and token healing."""

import pytest

from soothsay.model.fim import Window, build_prompt, place_anchor, still_fits
from soothsay.model.healing import split_for_healing
from soothsay_languages.registry import language_or_plain

PYTHON, SHELL, PLAIN = (language_or_plain(name) for name in ("python", "shellscript", "klingon"))

CODE = "import numpy as np\n\nx = 1\n# split it\nparts = np."


@pytest.mark.parametrize(
    ("text", "stable", "forced"),
    [
        ("parts = np.", "parts = np", "."),
        ("client.cre", "client", ".cre"),
        ("logging::", "logging", "::"),  # operators that are one token
        ("sink->set", "sink", "->set"),
        ("shop?.", "shop", "?."),
        ("x = f", "x =", " f"),
        ("x = ", "x =", " "),
        ("\n    ", "\n", "    "),
        ("f(a, b", "f(a,", " b"),
        ("x = 1\n", "x = 1\n", ""),
        ("", "", ""),
        ("größ", "", "größ"),
        ('f():\n    """', "f():\n", '    """'),  # three quotes are one token
        ('x = f("', "x = f(", '"'),
    ],
)
def test_healing_takes_out_the_unfinished_end(text: str, stable: str, forced: str) -> None:
    assert split_for_healing(text) == (stable, forced)


def test_the_prompt_says_exactly_the_text() -> None:
    offset = len(CODE)
    text = CODE + "\nprint(parts)\n"
    prompt = build_prompt(place_anchor(text, offset, Window(), PYTHON), text, offset)
    assert prompt.prefix + prompt.middle + prompt.forced == CODE
    assert prompt.suffix == "\nprint(parts)\n"


def test_documentation_goes_above_the_comment() -> None:
    anchor = place_anchor(CODE, len(CODE), Window(), PYTHON)
    prompt = build_prompt(anchor, CODE, len(CODE), "# np.split(ary)\n")
    assert prompt.prefix.endswith("x = 1\n")
    assert prompt.middle.startswith("# np.split(ary)\n# split it\n")


def test_typing_keeps_the_anchor_and_only_appends() -> None:
    first = place_anchor(CODE, len(CODE), Window(), PYTHON)
    longer = CODE + "split(x, 2)\ny = "
    assert still_fits(first, longer, len(longer))
    assert build_prompt(first, longer, len(longer)).middle.startswith("# split it\nparts = np.split")


def test_an_edit_above_or_below_moves_the_anchor() -> None:
    first = place_anchor(CODE, len(CODE), Window(), PYTHON)
    edited = "import os\n" + CODE
    assert not still_fits(first, edited, len(edited))
    assert not still_fits(first, CODE + "\nmore", len(CODE))


LONG = "import os\nfrom a.b import (\n    c,\n    d,\n)\n" + "".join(
    f"line_{i} = {i}\n" for i in range(2_000)
)


def test_a_long_file_is_cut_at_a_line() -> None:
    anchor = place_anchor(LONG, len(LONG), Window(prefix=64), PYTHON)
    assert 64 <= len(anchor.prefix) <= 64 * 3
    assert anchor.prefix.startswith("line_")


def test_places_near_each_other_begin_alike() -> None:
    window = Window(prefix=640)
    starts = {
        place_anchor(LONG, LONG.index(f"line_{at} ="), window, PYTHON).start for at in range(1_000, 1_100)
    }
    assert len(starts) <= 3


def test_of_a_long_file_the_imports_are_kept() -> None:
    anchor = place_anchor(LONG, len(LONG), Window(), PYTHON)
    assert anchor.imports == LONG[: LONG.index("line_0")]
    assert build_prompt(anchor, LONG, len(LONG)).prefix == anchor.imports + anchor.prefix
    assert place_anchor(LONG, LONG.index("line_9"), Window(), PYTHON).imports == ""  # they are in sight
    assert place_anchor(LONG, len(LONG), Window(imports=4), PYTHON).imports == "import os\n"


def test_an_import_more_moves_the_anchor() -> None:
    first = place_anchor(LONG, len(LONG), Window(), PYTHON)
    more = "import re\n" + LONG
    assert not still_fits(first, more, len(more))


@pytest.mark.parametrize("closed", [")", '")', ")])  ", "\"'"])
def test_what_an_editor_has_closed_is_not_in_the_suffix(closed: str) -> None:
    below = "\nprint(parts)\n"
    before = place_anchor(CODE + below, len(CODE), Window(), PYTHON)
    assert still_fits(before, CODE + "(" + closed + below, len(CODE) + 1)


@pytest.mark.parametrize("rest", ["):", ") + 1", "x)"])
def test_what_stands_behind_the_cursor_is_in_the_suffix(rest: str) -> None:
    assert place_anchor(CODE + rest + "\n", len(CODE), Window(), PYTHON).suffix == rest + "\n"


def test_comments_and_imports_are_those_of_the_language() -> None:
    text = "import this\n\n# Copy it.\ncp a "
    window = Window(imports=100)
    shell, plain = (place_anchor(text, len(text), window, language) for language in (SHELL, PLAIN))
    assert shell.prefix == "import this\n\n"  # documentation goes above the comment
    assert plain.prefix == "import this\n\n# Copy it.\n"
    long = "import this\n" + "".join(f"x_{number} = 1\n" for number in range(2_000))
    assert place_anchor(long, len(long), Window(), PYTHON).imports == "import this\n"
    assert place_anchor(long, len(long), Window(), SHELL).imports == ""
