"""Places are cut so that the file with the answer in it is the file that was there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from bench.places.cutting import KINDS, PROSE, File, Place
from bench.places.tasks import HERE, choose, read
from hypothesis import given, settings
from hypothesis import strategies as st

SOURCE = '''"""A shed, and what is kept in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

LIMITS = {
    "apples": (1, 20),
    "pears": (2, max(3, 40)),
}
FIRST = 1


@dataclass(frozen=True)
class Crate:
    """A crate of fruit, as it is carried into the shed."""

    kind: str = field(default="apples")
    kilos: int = 0


# how heavy all of them are together, without the wood
def weigh(crates: list[Crate]) -> int:
    total = sum(crate.kilos for crate in crates)
    print(json.dumps({"total": total}, indent=2))
    if total > LIMITS["apples"][1]:
        # a crate of more than that breaks the shelf
        raise ValueError("that is too heavy for the shelf")
    return total


def main() -> None:
    crates = [
        Crate("pears", kilos=7),
        Crate("plums", kilos=9),
    ]
    weighed = weigh(crates)
    print(weighed, len(crates))
'''
OWN = sorted(Path(__file__).parents[2].glob("bench/*/*.py"))


def restored(place: Place) -> str:
    """The file that was there."""
    text = place.text[: place.offset] + place.answer + place.text[place.offset :]
    start, end = place.broken
    return text[:start] + text[end:]


def line_of(place: Place) -> str:
    """The cursor's line, with the cursor in it."""
    before, after = place.text[: place.offset], place.text[place.offset :]
    return before.rpartition("\n")[2] + "‸" + after.partition("\n")[0]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "new file"])
def test_every_kind_is_found_and_the_answer_mends_it(kind: str) -> None:
    places = list(KINDS[kind](File(SOURCE)))
    assert places
    for place in places:
        assert restored(place).replace("\r\n", "\n") == SOURCE
        assert 0 <= place.offset <= len(place.text)


@given(st.sampled_from(OWN), st.sampled_from([kind for kind in KINDS if kind != "new file"]), st.randoms())
@settings(max_examples=25, deadline=None)
def test_it_holds_in_real_files(path: Path, kind: str, chance) -> None:
    source = path.read_text(encoding="utf-8")
    places = list(KINDS[kind](File(source)))
    for place in chance.sample(places, min(20, len(places))):
        assert restored(place).replace("\r\n", "\n") == source


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("middle of a line", "    total = ‸sum(crate.kilos for crate in crates)"),
        ("begun word", "    total = sum(crate.ki‸"),
        ("attribute", "    total = sum(crate.‸"),
        ("argument", "    print(json.dumps({\"total\": total}, ‸"),
        ("expression", "    return ‸"),
        ("statement", "    ‸"),
        ("after a finished statement", "    weighed = weigh(crates)‸"),
        ("before a closer", "    weighed = weigh(‸)"),
        ("closer on the next line", '        Crate("plums", kilos=9),‸'),
        ("closer on the next line", "        ‸"),
        ("in an item of several lines", '        Crate("pears", ‸'),
        ("string", '        raise ValueError("‸")'),
        ("comment", "        # a crate ‸"),
        ("docstring", '    """‸"""'),
        ("header", "def ‸"),
        ("header below a decorator or comment", "class ‸"),
        ("header below a decorator or comment", "def weigh‸"),
        ("import", "from dataclasses import ‸"),
    ],
)  # fmt: skip
def test_where_the_cursor_is(kind: str, lines: str) -> None:
    assert lines in [line_of(place) for place in KINDS[kind](File(SOURCE))]


def test_nothing_is_removed_where_something_is_finished() -> None:
    for kind in ("middle of a line", "middle of a word", "after a finished statement"):
        assert all(place.text == SOURCE and not place.answer for place in KINDS[kind](File(SOURCE)))


@pytest.mark.parametrize("kind", ["unclosed bracket above", "unclosed quote above"])
def test_what_is_broken_stands_far_above(kind: str) -> None:
    for place in KINDS[kind](File(SOURCE)):
        start, end = place.broken
        assert place.text.count("\n", end, place.offset) >= 14
        answered = place.text[: place.offset] + place.answer + place.text[place.offset :]
        with pytest.raises(SyntaxError):
            ast.parse(answered)
        ast.parse(answered[:start] + answered[end:])


def test_a_new_file_holds_no_more_than_its_beginning() -> None:
    texts = [place.text for place in KINDS["new file"](File(SOURCE))]
    assert {"", "\n", "# -*- coding: utf-8 -*-\n", "import ", "class "} <= set(texts)
    assert all(
        SOURCE.startswith(text.rpartition("\n")[0]) or text.startswith(("#", "\n", "from")) for text in texts
    )


def test_a_file_that_does_not_parse_has_no_places() -> None:
    with pytest.raises(ValueError, match="does not parse"):
        File("def f(:\n")


def test_the_choice_is_the_same_each_time_and_of_every_repository() -> None:
    files = {(name, "a.py"): File(SOURCE) for name in ("one", "two", "three")}
    first, again = choose(files, "attribute"), choose(files, "attribute")
    assert first == again
    assert {name for name, *_ in first} == {"one", "two", "three"}


def test_the_committed_places() -> None:
    tasks = read()
    assert len(tasks) >= 500
    assert {task["kind"] for task in tasks} == set(KINDS)
    assert set(PROSE) < set(KINDS)
    assert all(task["licence"] and task["pin"].startswith(task["repository"]) for task in tasks)
    halves = {(task["repository"], task["split"]) for task in tasks}
    assert len(halves) == len({name for name, _ in halves})  # a repository is in one split
    assert len({task["id"] for task in tasks}) == len(tasks)
    assert (HERE / "tasks.jsonl.gz").stat().st_size < 1_000_000
    assert {task["kind"] for task in tasks[: 3 * len(KINDS)]} == set(KINDS)  # a sample has all kinds
