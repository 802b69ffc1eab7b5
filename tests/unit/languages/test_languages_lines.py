"""Offsets, positions and bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay_languages.lines import Encoding, LineTable, units

TEXT = st.lists(st.sampled_from(["a", "é", "日", "😀", "\n", "\r\n", "\r", "\u2028", "\f"]), max_size=20).map(
    "".join
)
ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")


@pytest.fixture(scope="module", autouse=True, params=[1, 3, 4096])
def block(request: pytest.FixtureRequest) -> Iterator[None]:
    """The number of code points after which line ends and bytes are counted anew."""
    with patch("soothsay_languages.lines._BLOCK", request.param):
        yield


@given(TEXT, st.sampled_from(ENCODINGS))
def test_every_offset_comes_back(text: str, encoding: Encoding) -> None:
    table = LineTable(text)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] == "\r\n":
            continue  # inside of a line end is no position
        line, column = table.position(offset, encoding)
        before = re.split(r"\r\n|\n|\r", text[:offset])
        assert (line, column) == (len(before) - 1, units(before[-1], encoding))
        assert table.offset(line, column, encoding) == offset


@given(TEXT)
def test_bytes_and_code_points(text: str) -> None:
    table = LineTable(text)
    for offset in range(len(text) + 1):
        byte = len(text[:offset].encode())
        assert table.to_bytes(offset) == byte
        assert table.to_code_points(byte) == offset


@pytest.mark.parametrize(
    ("line", "column", "offset"), [(0, 99, 2), (1, 99, 5), (9, 0, 5), (0, 1, 1), (1, 0, 3)]
)
def test_positions_outside_are_pulled_back(line: int, column: int, offset: int) -> None:
    assert LineTable("ab\ncd").offset(line, column, "utf-16") == offset


@given(TEXT)
def test_lines_begin_behind_line_ends(text: str) -> None:
    ends = [match.end() for match in re.finditer(r"\r\n|\n|\r", text)]
    table = LineTable(text)
    assert [table.start(line) for line in range(len(ends) + 2)] == [0, *ends, None]


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 3), ("utf-8", 5), ("utf-16", 2)])
def test_a_column_inside_of_a_character_is_before_it(encoding: Encoding, column: int) -> None:
    assert LineTable("é\né😀x").offset(1, column, encoding) == 3
