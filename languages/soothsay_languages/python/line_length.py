"""How long the lines of a Python project may be, as the settings of its formatter or linter say."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from soothsay_languages.python.environment.tools import read_toml, table

_PROJECTS_KEPT = 16


@lru_cache(maxsize=_PROJECTS_KEPT)
def line_length(root: Path) -> int:
    """Return the length that the first of the settings in ``root`` names, 0 where none does."""
    return next((length for length in _lengths(root) if length > 0), 0)


def _lengths(root: Path) -> Iterator[int]:
    for name in ("ruff.toml", ".ruff.toml"):
        yield _number(read_toml(root / name).get("line-length"))
    tools = table(read_toml(root / "pyproject.toml"), "tool")
    for tool in ("ruff", "black"):
        yield _number(table(tools, tool).get("line-length"))
    for name in (".flake8", "setup.cfg", "tox.ini"):
        yield _number(_ini(root / name).get("flake8", "max-line-length", fallback=""))
    editor = _ini(root / ".editorconfig")
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
