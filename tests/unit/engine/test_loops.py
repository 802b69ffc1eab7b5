"""A model that says the same again and again."""

import pytest

from soothsay.engine.loops import loop_start


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x = 1-...-...-...-...-...-...-...", "x = 1-..."),
        ("[1, ..., ..., ..., ..., ..., ...", "[1, ..."),
        ("0" * 12, "0"),
        ("a = f(1)\nb = g(2)\n" * 3, "a = f(1)\nb = g(2)\n"),
        ("the crates and the crates and the crates and the crates and ", "the crates and "),
        ("'" + "-" * 120, "'-"),
    ],
)
def test_a_loop_is_kept_once(text: str, kept: str) -> None:
    start = loop_start(text)
    assert start is not None and text[:start] == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 100000000",
        "[0, 0, 0, 0, 0, 0",
        "# " + "-" * 70,
        "self.a = a\nself.b = b\nself.c = c\n",
        "a = f(1)\na = f(1)\n",
        "matrix = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]",
        "\n" * 40,
        " " * 60,
    ],
)
def test_what_is_alike_is_no_loop(text: str) -> None:
    assert loop_start(text) is None
