"""Literals for values that nobody knows, and how long lines may be."""

from pathlib import Path

import pytest

from soothsay_languages.base import Blank
from soothsay_languages.parameters import Parameter
from soothsay_languages.python.blanks import blank_of_shape, blank_of_type
from soothsay_languages.python.line_length import line_length
from soothsay_languages.python.request_shapes import Shapes

SHAPES: Shapes = {
    "Job": {"type": "structure", "required": ["name", "size", "dry"], "members": {
        "name": {"shape": "Name"}, "size": {"shape": "Size"}, "dry": {"shape": "Flag"}, "note": {"shape": "Name"}}},
    "Name": {"type": "string"},
    "Kind": {"type": "string", "enum": ["FULL", "LORA"]},
    "Size": {"type": "integer", "min": 1},
    "Flag": {"type": "boolean"},
    "Jobs": {"type": "list", "member": {"shape": "Job"}},
    "Sizes": {"type": "list", "member": {"shape": "Sizes"}},
    "Tags": {"type": "map"},
    "Loop": {"type": "structure", "required": ["again"], "members": {"again": {"shape": "Loop"}}},
}  # fmt: skip


def marked(blank: Blank) -> str:
    """The literal, what is to be written over between angle brackets."""
    text = blank.text
    for start, end, label in reversed(blank.spots):
        text = f"{text[:start]}<{label}>{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("str", '"<key>"'),
        ("str | None", '"<key>"'),
        ("int", "<0>"),
        ("bool", "<False>"),
        ("list[str]", "<[]>"),
        ("Mapping[str, int]", "<{}>"),
        ('Literal["a", "b"]', '"<a>"'),
        ("Literal[3]", "<3>"),
        ("Client", "<None>"),
        ("", "<None>"),
    ],
)
def test_of_a_type(annotation: str, expected: str) -> None:
    assert marked(blank_of_type(Parameter("key", annotation=annotation), '"')) == expected


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("Name", "'<it>'"),
        ("Kind", "'<FULL>'"),
        ("Job", "{'name': '<name>', 'size': <1>, 'dry': <False>}"),
        ("Jobs", "[{'name': '<name>', 'size': <1>, 'dry': <False>}]"),
        ("Sizes", "<[]>"),
        ("Tags", "<{}>"),
        ("", "<None>"),
    ],
)
def test_of_a_request(shape: str, expected: str) -> None:
    assert marked(blank_of_shape(shape, SHAPES, "it", "'")) == expected


def test_a_shape_that_holds_itself_ends() -> None:
    assert blank_of_shape("Loop", SHAPES, "it", "'").text.count("again") == 4


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", "[tool.ruff]\nline-length = 110\n", 110),
        ("pyproject.toml", "[tool.black]\nline-length = 99\n", 99),
        ("ruff.toml", "line-length = 120\n", 120),
        (".flake8", "[flake8]\nmax-line-length = 100\n", 100),
        (".editorconfig", "root = true\n\n[*.py]\nmax_line_length = 88\n", 88),
        (".editorconfig", "[*]\nmax_line_length = off\n", 0),
        ("pyproject.toml", "[tool.ruff\n", 0),
        ("pyproject.toml", "tool = 1\n", 0),
        ("pyproject.toml", "[tool]\nruff = 1\nblack = { line-length = 99 }\n", 99),
    ],
)
def test_the_length_of_lines(tmp_path: Path, name: str, text: str, expected: int) -> None:
    (tmp_path / name).write_text(text)
    assert line_length(tmp_path) == expected


def test_the_length_of_lines_is_that_of_the_settings_as_they_are_now(tmp_path: Path) -> None:
    assert line_length(tmp_path) == 0
    settings = tmp_path / "pyproject.toml"
    for length in (99, 100):
        settings.write_text(f"[tool.ruff]\nline-length = {length}\n")
        assert line_length(tmp_path) == length
    settings.unlink()
    assert line_length(tmp_path) == 0
