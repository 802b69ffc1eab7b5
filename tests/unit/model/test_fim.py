"""The anchored layout and token healing."""

import pytest

from soothsay.model.fim import Window, build_prompt, place_anchor
from soothsay.model.healing import split_for_healing

CODE = "import numpy as np\n\nx = 1\n# split it\nparts = np."


@pytest.mark.parametrize(
    ("text", "stable", "forced"),
    [
        ("parts = np.", "parts = np", "."),
        ("client.cre", "client", ".cre"),
        ("x = f", "x =", " f"),
        ("x = ", "x =", " "),
        ("\n    ", "\n", "    "),
        ("f(a, b", "f(a,", " b"),
        ("x = 1\n", "x = 1\n", ""),
        ("", "", ""),
        ("größ", "", "größ"),
    ],
)
def test_healing_takes_out_the_unfinished_end(text: str, stable: str, forced: str) -> None:
    assert split_for_healing(text) == (stable, forced)


def test_the_prompt_says_exactly_the_text() -> None:
    offset = len(CODE)
    text = CODE + "\nprint(parts)\n"
    prompt = build_prompt(place_anchor(text, offset, Window()), text, offset)
    assert prompt.prefix + prompt.middle + prompt.forced == CODE
    assert prompt.suffix == "\nprint(parts)\n"


def test_documentation_goes_above_the_comment() -> None:
    anchor = place_anchor(CODE, len(CODE), Window())
    prompt = build_prompt(anchor, CODE, len(CODE), "# np.split(ary)\n")
    assert prompt.prefix.endswith("x = 1\n")
    assert prompt.middle.startswith("# np.split(ary)\n# split it\n")


def test_typing_keeps_the_anchor_and_only_appends() -> None:
    first = place_anchor(CODE, len(CODE), Window())
    longer = CODE + "split(x, 2)\ny = "
    assert place_anchor(longer, len(longer), Window(), first) is first
    assert build_prompt(first, longer, len(longer)).middle.startswith("# split it\nparts = np.split")


def test_an_edit_above_or_below_moves_the_anchor() -> None:
    first = place_anchor(CODE, len(CODE), Window())
    edited = "import os\n" + CODE
    assert place_anchor(edited, len(edited), Window(), first) is not first
    assert place_anchor(CODE + "\nmore", len(CODE), Window(), first) is not first


def test_a_long_file_is_cut_at_a_line() -> None:
    text = "".join(f"line_{i} = {i}\n" for i in range(2_000))
    anchor = place_anchor(text, len(text), Window(prefix=64))
    assert len(anchor.prefix) <= 64 * 3
    assert anchor.prefix.startswith("line_")
