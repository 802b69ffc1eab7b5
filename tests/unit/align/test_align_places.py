"""Places where calls are to be written: in real code, and made from documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from soothsay.align.places import CodeFile, call_sites, documented
from soothsay_index.sources.base import Harvest, OwnerFacts
from soothsay_index.types import Parameter, Symbol, SymbolKind
from soothsay_languages.registry import language_or_plain

PYTHON = language_or_plain("python")
CODE = """import json

def load(path):
    data = json.loads(path.read_text())  # all
    broken = json.(
    return [json.dumps(
        data,
    ), print(data)]
"""


def code(text: str) -> CodeFile:
    return CodeFile(Path("a.py"), text, PYTHON, "a.py")


def test_a_place_is_the_text_without_a_call_and_the_rest_of_its_line() -> None:
    text = "import json\n\nx = f(json.dumps(1), 2)\ny = 3\n"
    outer, inner = call_sites(code(text), 9, 0)
    assert (outer.receiver, outer.written, outer.tail) == ("", "f(json.dumps(1), 2)", "")
    assert (inner.receiver, inner.written, inner.tail) == ("json", "dumps(1)", ", 2)")
    for place in (outer, inner):
        whole = place.text[: place.offset] + place.written + place.tail + place.text[place.offset :]
        assert whole == text
    assert inner.line == "x = f(json."


def test_calls_that_are_broken_too_long_or_private_are_no_places() -> None:
    text = f"a.fits(1)\na.__init__(1)\na.long({'1, ' * 80})\nb.tail(1) or {'c' * 80}\n(a.x)(1)\n"
    assert [each.written for each in call_sites(code(text), 9, 0)] == ["fits(1)"]


def test_few_places_are_drawn_by_the_seed() -> None:
    text = "".join(f"a.call{n}(1)\n" for n in range(50))
    first = [each.written for each in call_sites(code(text), 5, 1)]
    assert len(first) == 5
    assert first == [each.written for each in call_sites(code(text), 5, 1)]
    assert first != [each.written for each in call_sites(code(text), 5, 2)]


def symbol(owner: str, name: str, kind: SymbolKind = "function", summary: str = "Does it.") -> Symbol:
    parameters = (Parameter("x"),)
    return Symbol(
        f"{owner}.{name}", name, owner, kind, "package", "pkg", "1", "file:x", 1, parameters, "", summary
    )


MEMBERS = [symbol("pkg.mod", f"f{n}", summary=f"Do  the\nwork {n}.") for n in range(4)]
METHODS = [symbol("pkg.mod.TableView", f"m{n}", "method") for n in range(3)]
HARVEST = Harvest(
    (*MEMBERS, symbol("pkg.mod", "TableView", "class", ""), *METHODS), (OwnerFacts("pkg.mod", closed=True),)
)


def test_documentation_asks_for_a_function_by_its_summary() -> None:
    found = documented(HARVEST, "pkg", Path("draft.py"), PYTHON, 20, 0)
    assert len(found) == 7
    place = next(each for each in found if each.wanted == MEMBERS[0])
    assert place.text == "import pkg.mod\n\n# Do the work 0.\npkg.mod.\n"
    assert place.text[: place.offset].endswith("pkg.mod.")
    assert place.closed and len(place.members) == 5


def test_documentation_asks_for_a_method_of_a_value() -> None:
    found = documented(HARVEST, "pkg", Path("draft.py"), PYTHON, 20, 0)
    place = next(each for each in found if each.wanted == METHODS[0])
    assert place.text.startswith(
        "from pkg.mod import TableView\n\n\ndef use(table_view: TableView):\n    # Does it.\n"
    )
    assert place.line == "    table_view."
    assert not place.closed


def test_no_owner_is_asked_for_more_than_others() -> None:
    found = documented(HARVEST, "pkg", Path("draft.py"), PYTHON, 4, 0)
    assert sorted(each.receiver for each in found) == ["pkg.mod", "pkg.mod", "table_view", "table_view"]


@pytest.mark.parametrize(
    ("owner", "is_class", "receiver"),
    [
        ("botocore:s3", False, "client"), ("a.b", False, "a.b"), ("a.HTTPClient2", True, "http_client2"),
        ("a.lower", True, "value"), ("Alone", True, None), ("a._private", False, None), ("a b", False, None),
    ],
)  # fmt: skip
def test_python_introduces_owners(owner: str, is_class: bool, receiver: str | None) -> None:
    assert PYTHON.introduces is not None
    begun = PYTHON.introduces()(owner, is_class=is_class)
    assert (begun and begun.receiver) == receiver
    if begun is not None:
        assert PYTHON.is_whole(f"{begun.text}{begun.indent}{begun.receiver}.x()\n")
