"""Of a long list or block, the gate reads what is near the cursor: `|`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeIndex

from soothsay.engine.draft import Written
from soothsay.engine.finish import finish
from soothsay.engine.gate import pass_gate
from soothsay.engine.nearby import nearby
from soothsay.engine.place import place_at
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay_languages.analysis import analyse
from soothsay_languages.python import LANGUAGE as PYTHON
from soothsay_languages.registry import language_or_plain

MANY = 6_000


def shown(text: str, written: str, language: str = "python") -> str:
    """What is shown of ``written`` at the cursor."""
    at = text.index("|")
    request = CompletionRequest(Path("/w/a.py"), text.replace("|", "", 1), at, Path("/w"), language)
    return finish(Site(request, FakeIndex()), Written(written, (), 0, complete=True))[0].text


def near(text: str, language: str = "python") -> str:
    """What is near the cursor, which it holds again."""
    at = text.index("|")
    analysis = analyse(text.replace("|", "", 1), language_or_plain(language))
    found = nearby(analysis, at, place_at(analysis, at))
    return f"{found.analysis.text[: found.offset]}|{found.analysis.text[found.offset :]}"


def rows(item: str, count: int = MANY) -> str:
    """As many lines, each an ``item`` with its number."""
    return "".join(item.replace("#", str(number)) for number in range(count))


LISTS = [
    ("X = [\n", '    "crate #",\n', "]\ny = 1\n"),
    ("X = [", '"crate #", ', "]\ny = 1\n"),
    ("X = {\n", '    "crate #": [#, {"at": #}],\n', "}\n"),
    ("X = {\n", "    'crate #',\n", "}\n"),
    ("def f():\n    return pack(\n", "        crate_#=g(#),\n", "    )\n"),
    ("y = = 1\n\nX = [\n", '    "crate #",\n', "]\ny = 1\n"),
    ("X = [\n", '    "crate #",\n', "]\n\ny = = 1\n"),
]


@pytest.mark.parametrize(("head", "item", "tail"), LISTS)
@pytest.mark.parametrize("above", [20, MANY // 2, MANY - 20])
def test_an_item_is_shown_wherever_it_is_in_a_long_list(head: str, item: str, tail: str, above: int) -> None:
    written = item.replace("#", "9").strip().removesuffix(",")
    text = head + rows(item, above) + "    |\n" + rows(item, MANY - above) + tail
    assert shown(text, f"{written},") == f"{written},"
    assert shown(text, f"{written} x y,") == ""
    assert len(near(text)) < 3_000


@pytest.mark.parametrize(
    ("text", "written"),
    [
        # what no place beside the cursor says, but one of each kind that is kept
        ("pack(a=1, " + rows("*crates[#], ") + "|)\n", "2"),
        ("def f(a=1, " + rows("b#: int = 1, ") + "|):\n    pass\n", "c"),
        ("if a:\n    b()\nelse:\n    c()\n" + rows("d(#)\n") + "|\n", "elif e:\n    f()"),
    ],
)
def test_what_is_far_may_forbid_a_text(text: str, written: str) -> None:
    assert shown(text, written) == ""


@pytest.mark.parametrize(
    ("text", "expected", "language"),
    [
        (
            "def f():\n" + rows("    a(#)\n") + "    |\n    b()\n",
            "def f():\n    a(5994)\n    a(5995)\n    a(5996)\n    a(5997)\n    a(5998)\n    a(5999)\n    |\n    b()\n",
            "python",
        ),
        (
            "X = [\n" + rows("  #,\n") + "  |\n  a,\n]\n",
            "X = [\n  0,\n  5997,\n  5998,\n  5999,\n  |\n  a,\n]\n",
            "python",
        ),
        (
            "a:\n" + rows("  b#: [#]\n") + "  |\nc: d\n",
            "a:\n  b5994: [5994]\n  b5995: [5995]\n  b5996: [5996]\n  b5997: [5997]\n  b5998: [5998]\n  b5999: [5999]\n  |\nc: d\n",
            "yaml",
        ),
    ],
)
def test_rows_that_are_far_are_left_out(text: str, expected: str, language: str) -> None:
    assert near(text, language) == expected


def test_errors_that_are_far_are_kept() -> None:
    text = "X = [\n" + rows("    #,\n", 3_000) + "    = 1,\n" + rows("    #,\n", 3_000) + "    |\n]\n"
    assert "= 1," in near(text)


def test_how_much_is_parsed_does_not_depend_on_the_length_of_a_list() -> None:
    read = list[int]()
    whole = PYTHON.whole
    assert whole is not None

    def recorded(code: str) -> bool:
        read.append(len(code))
        return whole()(code)

    text = "X = [\n" + rows("    #,\n") + "    |\n" + rows("    #,\n") + "]\n"
    at = text.index("|")
    analysis = analyse(text.replace("|", "", 1), replace(PYTHON, whole=lambda: recorded))
    place = nearby(analysis, at, place_at(analysis, at))
    read.clear()
    assert pass_gate(place, "a,").text
    assert max(read) < 1_000
