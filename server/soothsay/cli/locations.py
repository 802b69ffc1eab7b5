"""Positions on the command line (``FILE:LINE:COL``), and reading the file at one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from soothsay.errors import SoothsayError

MAX_BYTES = 5_000_000  # larger files are data


@dataclass(frozen=True, slots=True)
class FilePosition:
    """A position as editors show it: line and column are 1-based, the column counts code points."""

    path: Path
    line: int
    column: int


def parse_location(text: str) -> FilePosition:
    """Return the location written as ``FILE:LINE:COL``. Raises `SoothsayError`."""
    parts = text.rsplit(":", 2)  # from the right: a Windows path contains a colon
    try:
        path, line, column = parts[0], int(parts[1]), int(parts[2])
    except (IndexError, ValueError):
        raise SoothsayError(
            f"{text!r} is not a position: write FILE:LINE:COL, for example {_without_numbers(text)}:12:8"
        ) from None
    return FilePosition(Path(path), line, column)


def _without_numbers(text: str) -> str:
    """Return the path at the start of what was meant to be a location."""
    return re.sub(r"(:\d*)+$", "", text) or "FILE"


def read_document(path: Path) -> str:
    """Return the text of a source file. Raises `SoothsayError` if it is missing, too large or not UTF-8."""
    try:
        if path.is_dir():
            raise SoothsayError(f"{path} is a directory: name a file in it")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise SoothsayError(
                f"{path} has {size / 1e6:.1f} MB: files over {MAX_BYTES / 1e6:.0f} MB are not completed"
            )
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise SoothsayError(f"{path} does not exist") from None
    except UnicodeDecodeError as error:
        raise SoothsayError(f"{path} is not UTF-8 text (byte {error.start}): convert it first") from None
    except OSError as error:
        raise SoothsayError(f"cannot read {path}: {error.strerror}") from None


def offset_at(text: str, location: FilePosition) -> int:
    """Return the offset (code points) of ``location`` in ``text``. Raises `SoothsayError` outside the text."""
    lines = text.split("\n")
    if not 1 <= location.line <= len(lines):
        raise SoothsayError(f"{location.path} has lines 1 to {len(lines)}, not {location.line}")
    line = lines[location.line - 1].removesuffix("\r")
    if not 1 <= location.column <= len(line) + 1:
        raise SoothsayError(
            f"line {location.line} of {location.path} has columns 1 to {len(line) + 1}, not {location.column}"
        )
    return sum(len(above) + 1 for above in lines[: location.line - 1]) + location.column - 1
