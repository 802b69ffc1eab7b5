"""What is never shown."""

import pytest

from soothsay.engine.postfilter import tidy


@pytest.mark.parametrize(
    ("completion", "before", "after", "shown"),
    [
        ("f(1)\n", "x = ", "", "f(1)"),
        ("   \n", "x = ", "", ""),
        ("f(1)", "x = ", "\nx = f(1)\n", ""),  # the line below says it already
        ("a()\nb()\nb()\nb()\nc()", "", "", "a()\nb()"),
        ("a = 1\nreturn a", "", "\nreturn a\n", "a = 1"),
        ('f("1' + "0" * 40, "x = ", "", ""),  # it has lost its way
        ("'" + "-" * 40 + "'", "print(", ")", "'" + "-" * 40 + "'"),  # a ruler is none
    ],
)
def test_tidy(completion: str, before: str, after: str, shown: str) -> None:
    assert tidy(completion, before, after) == shown
