"""Type checkers that are scripted, closed after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import LIMITS, Open, scripted_spec

from soothsay.oracle.client import LspOracle
from soothsay.oracle.limits import TimeLimits


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes.txt"


@pytest.fixture
def open_fake(tmp_path: Path, notes: Path) -> Iterator[Open]:
    opened: list[LspOracle] = []

    def open_one(
        words: str, limits: TimeLimits = LIMITS, command: list[str] | None = None, **others: Any
    ) -> LspOracle:
        opened.append(LspOracle(scripted_spec(words, notes, command, **others), tmp_path, None, limits))
        return opened[-1]

    yield open_one
    for oracle in opened:
        oracle.close()
