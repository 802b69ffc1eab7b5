"""The tests that `docs/reliability.md` names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").splitlines()
    if "](../tests/" in line
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:40])
def test_the_test_that_holds_a_promise_exists(row: str):
    cell = row.split("|")[5]
    file = re.search(r"\]\(\.\./(tests/[^)]+)\)", cell)
    assert file is not None
    text = (ROOT / file[1]).read_text(encoding="utf-8")
    for name in re.findall(r"`(\w+)`", cell):
        assert f"def {name}(" in text
