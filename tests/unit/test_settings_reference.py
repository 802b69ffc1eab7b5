"""`docs/settings.md` is what the generator makes of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.docs.settings_reference import page, settings_of

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_committed_page_is_what_the_generator_prints() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"


@dataclass
class Section:
    """A section."""

    max_size: int = 3


def test_a_setting_without_a_description_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"Section\.max_size"):
        list(settings_of(Section))
