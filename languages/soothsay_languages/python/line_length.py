"""How long the lines of a Python project may be, as the settings of its formatter or linter say."""

from __future__ import annotations

import configparser
from collections.abc import Hashable, Iterator
from functools import lru_cache
from pathlib import Path

from soothsay_common.file_identity import file_identity
from soothsay_languages.python.environment.tools import read_toml, table

_PROJECTS_KEPT = 16
_RUFF, _PROJECT = ("ruff.toml", ".ruff.toml"), "pyproject.toml"
_FLAKE8, _EDITOR = (".flake8", "setup.cfg", "tox.ini"), ".editorconfig"
_FILES = (*_RUFF, _PROJECT, *_FLAKE8, _EDITOR)


def line_length(root: Path) -> int:
    """Return the length that the first of the settings in ``root`` names, 0 where none does."""
    return _line_length(root, tuple(file_identity(root / name) for name in _FILES))


@lru_cache(maxsize=_PROJECTS_KEPT)
def _line_length(root: Path, _as_they_are: Hashable) -> int:
    return next((length for length in _lengths(root) if length > 0), 0)


def _lengths(root: Path) -> Iterator[int]:
    for name in _RUFF:
        yield _number(read_toml(root / name).get("line-length"))
    tools = table(read_toml(root / _PROJECT), "tool")
    for tool in ("ruff", "black"):
        yield _number(table(tools, tool).get("line-length"))
    for name in _FLAKE8:
        yield _number(_ini(root / name).get("flake8", "max-line-length", fallback=""))
    editor = _ini(root / _EDITOR)
    for section in ("*.py", "*"):
        yield _number(editor.get(section, "max_line_length", fallback=""))


def _ini(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        text = path.read_text(encoding="utf-8")
        parser.read_string(text if text.lstrip().startswith("[") else f"[.]\n{text}")
    except (OSError, ValueError, configparser.Error):
        return configparser.ConfigParser()
    return parser


def _number(value: object) -> int:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else 0
