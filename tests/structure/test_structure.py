"""The structure holds: imports point one way, public names have docstrings, one folder knows Python, classes do not share names."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.structure.counts import (
    Module,
    modules,
    python_places,
    script_places,
    shared_names,
    undocumented,
    wrong_arrows,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def source() -> list[Module]:
    return modules(ROOT)


def test_imports_point_one_way(source: list[Module]) -> None:
    assert wrong_arrows(source) == []


def test_every_public_name_has_a_docstring(source: list[Module]) -> None:
    assert undocumented(source) == []


def test_nothing_outside_of_its_folder_knows_python(source: list[Module]) -> None:
    assert python_places(source) == []


def test_nothing_outside_of_its_folder_knows_typescript(source: list[Module]) -> None:
    assert script_places(source) == []


def test_no_two_classes_share_a_name(source: list[Module]) -> None:
    assert shared_names(source) == {}
