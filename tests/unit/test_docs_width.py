"""Code blocks of the pages are no wider than a page shows: what is wider is cut off where a person reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
WIDTH = 100  # characters


def wide_lines(text: str) -> list[str]:
    """Return the lines in code blocks of a page that are wider than it."""
    inside, found = False, []
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside and len(line) > WIDTH:
            found.append(line)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_blocks_fit_the_page(page: Path) -> None:
    assert wide_lines(page.read_text(encoding="utf-8")) == []


def test_a_wide_line_is_found_in_code_alone() -> None:
    wide = "x" * (WIDTH + 1)
    assert wide_lines(f"{wide}\n```sh\n{wide}\n{wide[1:]}\n```\n{wide}\n") == [wide]
