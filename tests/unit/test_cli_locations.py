"""Positions and files, good and bad."""

from pathlib import Path

import pytest

from soothsay.cli.locations import FilePosition, offset_at, parse_location, read_document
from soothsay.errors import SoothsayError


def test_location_keeps_the_colon_of_a_drive() -> None:
    assert parse_location("C:\\app.py:3:4") == FilePosition(Path("C:\\app.py"), 3, 4)


@pytest.mark.parametrize("text", ["app.py", "app.py:1", "app.py:x:1", ""])
def test_no_location(text: str) -> None:
    with pytest.raises(SoothsayError, match="FILE:LINE:COL"):
        parse_location(text)


@pytest.mark.parametrize(
    ("line", "column", "offset"), [(1, 1, 0), (1, 3, 2), (2, 1, 3), (2, 2, 4), (3, 1, 5)]
)
def test_offset(line: int, column: int, offset: int) -> None:
    assert offset_at("ab\né\n", FilePosition(Path("f"), line, column)) == offset


@pytest.mark.parametrize(("line", "column"), [(0, 1), (4, 1), (1, 0), (1, 4)])
def test_position_outside_the_file(line: int, column: int) -> None:
    with pytest.raises(SoothsayError):
        offset_at("ab\né\n", FilePosition(Path("f"), line, column))


def test_windows_line_ends_are_no_columns() -> None:
    assert offset_at("ab\r\ncd", FilePosition(Path("f"), 2, 1)) == 4
    with pytest.raises(SoothsayError):
        offset_at("ab\r\ncd", FilePosition(Path("f"), 1, 4))


def test_what_is_no_source_file(tmp_path: Path) -> None:
    latin = tmp_path / "latin.py"
    latin.write_bytes("x = 'é'".encode("latin-1"))
    huge = tmp_path / "huge.py"
    huge.write_bytes(b"#" * 10_000_000)
    for path, message in [
        (tmp_path, "is a directory"),
        (tmp_path / "none.py", "does not exist"),
        (latin, "not UTF-8"),
        (huge, "10.0 MB"),
    ]:
        with pytest.raises(SoothsayError, match=message) as error:
            read_document(path)
        assert "\n" not in str(error.value)
